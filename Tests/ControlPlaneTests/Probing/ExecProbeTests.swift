import Foundation
import Health
import Linux
import Testing

@testable import ControlPlane

@Suite("Exec probes")
struct ExecProbeTests {
    private static func sh(_ script: String) -> Probe {
        .exec(Probe.Command(arguments: ["/bin/sh", "-c", script]))
    }

    @Test("Exit status 0 is the success; other endings are failures")
    func endings() async throws {
        ThisProcess.ignoreBrokenPipes()
        try await ProbeBench.run(allowsExec: true) { bench in
            func probe(_ script: String) async -> FailureReason? {
                await bench.probe(Self.sh(script), port: 5432)
            }
            #expect(await probe("exit 0") == nil)
            #expect(await probe("exit 3") == .exited(3))
            #expect(await probe("exit 255") == .exited(255))
            #expect(await probe("kill -9 $$") == .killed(9))
            // Ignored signals of this process are not inherited.
            #expect(await probe("kill -15 $$") == .killed(15))
            #expect(await probe("kill -13 $$") == .killed(13))
        }
    }

    @Test("A node that does not allow commands runs none")
    func notAllowed() async throws {
        try await ProbeBench.run { bench in
            let mark = "\(bench.folder)/mark"
            #expect(
                await bench.probe(Self.sh("touch \(mark)"), port: 1)
                    == .other("exec checks are not allowed on this node"))
            #expect(!FileManager.default.fileExists(atPath: mark))
        }
    }

    @Test("A command learns which backend it is to check, and nothing else")
    func environment() async throws {
        try await ProbeBench.run(allowsExec: true) { bench in
            setenv("SKEIN_TEST_SECRET", "secret", 1)
            let seen = "\(bench.folder)/seen"
            let script = "env > \(seen); ls -l /proc/self/fd >> \(seen); test -t 0; cat"
            #expect(await bench.probe(Self.sh(script), port: 5432) == nil)
            let text = try String(contentsOfFile: seen, encoding: .utf8)
            #expect(text.contains("SKEIN_ADDRESS=\(bench.ip)\n"))
            #expect(text.contains("SKEIN_PORT=5432\n"))
            #expect(text.contains("PATH=/usr/"))
            #expect(!text.contains("secret"))
            // Input and error output; the output is this file, and `ls` reads the folder.
            #expect(text.components(separatedBy: "/dev/null").count == 3)
            #expect(!text.contains("socket:") && !text.contains("anon_inode"))
        }
    }

    @Test("At the deadline the command goes, and what it started")
    func hanging() async throws {
        try await ProbeBench.run(allowsExec: true) { bench in
            let pids = "\(bench.folder)/pids"
            let script = """
                trap '' TERM
                sleep 300 & echo $! >> \(pids)
                (trap '' TERM; sleep 301) & echo $! >> \(pids)
                echo $$ >> \(pids); wait
                """
            let start = ContinuousClock.now
            let reason = await bench.probe(
                Self.sh(script), port: 1, timeout: .milliseconds(500))
            #expect(reason == .timedOut)
            #expect(ContinuousClock.now - start < .seconds(3))
            try await expectNoneRuns(pids, bench)
        }
    }

    @Test("What a command leaves behind when it ends goes as well")
    func leftovers() async throws {
        try await ProbeBench.run(allowsExec: true) { bench in
            let pids = "\(bench.folder)/pids"
            let script = "sleep 300 & echo $! > \(pids); exit 0"
            #expect(await bench.probe(Self.sh(script), port: 1) == nil)
            try await expectNoneRuns(pids, lastIsOurs: false, bench)
        }
    }

    /// Waits until none of the processes whose numbers are in a file runs any more.
    ///
    /// - Parameter lastIsOurs: whether the last one is the command itself, which must be reaped;
    ///   orphans are adopted and reaped by others, if at all.
    private func expectNoneRuns(
        _ file: String, lastIsOurs: Bool = true, _ bench: ProbeBench
    ) async throws {
        let text = try String(contentsOfFile: file, encoding: .utf8)
        let pids = text.split(separator: "\n").compactMap { pid_t($0) }
        #expect(!pids.isEmpty)
        try await bench.until("all of them have ended") {
            pids.allSatisfy { kill($0, 0) != 0 || isZombie($0) }
        }
        guard lastIsOurs, let own = pids.last else { return }
        try await bench.until("the command is reaped") { kill(own, 0) != 0 }
    }

    private func isZombie(_ pid: pid_t) -> Bool {
        let status = try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)
        return status?.contains("State:\tZ") ?? false
    }

    @Test("What cannot be run is a failure that says why")
    func missing() async throws {
        try await ProbeBench.run(allowsExec: true) { bench in
            let missing = Probe.exec(Probe.Command(arguments: ["/nowhere/check"]))
            #expect(
                await bench.probe(missing, port: 1)
                    == .other("/nowhere/check: No such file or directory"))
            let folder = Probe.exec(Probe.Command(arguments: [bench.folder]))
            #expect(
                await bench.probe(folder, port: 1) == .other("\(bench.folder): Permission denied"))
            #expect(
                await bench.probe(.exec(Probe.Command(arguments: [])), port: 1)
                    == .other("the check has no command"))
        }
    }

    @Test("Endless output bothers nobody")
    func output() async throws {
        try await ProbeBench.run(allowsExec: true) { bench in
            let probe = Self.sh("head -c 50000000 /dev/zero; head -c 50000000 /dev/zero >&2")
            #expect(await bench.probe(probe, port: 1) == nil)
        }
    }

    @Test("Sixteen run at once; others wait for them, and no longer than their timeout")
    func slots() async throws {
        try await ProbeBench.run(allowsExec: true) { bench in
            func results(of count: Int, sleeping: String, timeout: Duration) async
                -> [FailureReason?]
            {
                await withTaskGroup(of: FailureReason?.self) { tasks in
                    for _ in 0..<count {
                        tasks.addTask {
                            await bench.probeOnly(
                                Self.sh("sleep \(sleeping)"), port: 1, timeout: timeout)
                        }
                    }
                    return await tasks.reduce(into: []) { $0.append($1) }
                }
            }
            let start = ContinuousClock.now
            let quick = await results(of: 40, sleeping: "0.3", timeout: .seconds(10))
            #expect(quick.count { $0 == nil } == 40)
            // Three rounds.
            #expect(ContinuousClock.now - start >= .milliseconds(900))
            let slow = await results(of: 40, sleeping: "60", timeout: .milliseconds(700))
            #expect(slow.count { $0 == .timedOut } >= CommandRunner.runningMax)
            #expect(!slow.contains(nil))
            // All slots are free again.
            let after = await results(of: 16, sleeping: "0.1", timeout: .seconds(10))
            #expect(after.count { $0 == nil } == 16)
        }
    }

    @Test("A cancelled probe kills its command, and so does the end of the prober")
    func cancelled() async throws {
        try await ProbeBench.run(allowsExec: true) { bench in
            let pids = "\(bench.folder)/pids"
            let script = "echo $$ > \(pids).new; mv \(pids).new \(pids); exec sleep 300"
            let first = Task { await bench.probeOnly(Self.sh(script), port: 1) }
            try await bench.until("it runs") { FileManager.default.fileExists(atPath: pids) }
            first.cancel()
            #expect(await first.value != nil)
            try await expectNoneRuns(pids, bench)
            try FileManager.default.removeItem(atPath: pids)
            let second = Task { await bench.probeOnly(Self.sh(script), port: 1) }
            try await bench.until("it runs") { FileManager.default.fileExists(atPath: pids) }
            await bench.prober.shutdown()
            #expect(await second.value == .killed(9))
            try await expectNoneRuns(pids, bench)
        }
    }

    @Test("No descriptor of a command that ended stays open")
    func descriptors() async throws {
        try await ProbeBench.run(allowsExec: true) { bench in
            for _ in 0..<50 { #expect(await bench.probe(Self.sh("exit 0"), port: 1) == nil) }
            try await bench.until("all are closed") { Self.deadProcessDescriptors() < 10 }
        }
    }

    /// How many descriptors of this process are of processes that have been reaped.
    private static func deadProcessDescriptors() -> Int {
        let folder = "/proc/self/fdinfo"
        let numbers = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return numbers.count { number in
            let text = try? String(contentsOfFile: "\(folder)/\(number)", encoding: .utf8)
            return text?.contains("Pid:\t-1\n") ?? false
        }
    }
}
