import Foundation
import Synchronization
import Testing

/// What one test starts and writes; all of it is gone when the test ends, however it ends.
final class Stage: Sendable {
    /// A folder of this test's own.
    let folder: String
    /// Every process that descends from this test has it in its environment.
    private let mark = "\(UUID())"
    private static let markName = "SKEIN_TEST_STAGE"

    private let cleanUps = Mutex<[@Sendable () async -> Void]>([])
    private let fileCount = Mutex(0)

    private init() throws {
        folder = "/tmp/skein-test-\(getpid())-\(mark.prefix(8))"
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true)
    }

    /// Gives `body` a stage when there is room for it, and cleans up behind it.
    ///
    /// - Parameter alone: whether no other test may run meanwhile.
    static func run(alone: Bool = false, _ body: (Stage) async throws -> Void) async throws {
        try await Gate.pass(alone: alone) {
            let stage = try Stage()
            do {
                try await body(stage)
            } catch {
                await stage.cleanUp()
                throw error
            }
            await stage.cleanUp()
        }
    }

    /// Has `action` run at the end, before what was registered earlier.
    func atEnd(_ action: @escaping @Sendable () async -> Void) {
        cleanUps.withLock { $0.append(action) }
    }

    private func cleanUp() async {
        let actions = cleanUps.withLock { $0 }
        for action in actions.reversed() { await action() }
        var left = markedProcesses()
        if !left.isEmpty {
            let commands = left.map { "\($0) \(ProcessFacts.commandLine(of: $0))" }
            Issue.record("left running: \(commands.joined(separator: "; "))")
        }
        // A supervisor among them may start a process while the others are killed.
        while !left.isEmpty {
            for pid in left { kill(pid, SIGKILL) }
            left = markedProcesses()
        }
        try? FileManager.default.removeItem(atPath: folder)
    }

    // MARK: Processes

    /// Starts a process that is stopped at the end.
    func start(
        _ executable: String, _ arguments: [String], environment: [String: String] = [:]
    ) throws -> RunningProcess {
        let process = try spawn(executable, arguments, environment)
        atEnd { await process.stop() }
        return process
    }

    /// Runs a command to its end.
    func run(
        _ executable: String, _ arguments: [String], environment: [String: String] = [:],
        within limit: Duration = .seconds(20)
    ) async throws -> Finished {
        let process = try spawn(executable, arguments, environment)
        do {
            let status = try await process.exitStatus(within: limit)
            return Finished(
                status: status, output: process.output, error: process.errorOutput)
        } catch {
            await process.stop(grace: .zero)
            throw Failure("\(executable) \(arguments.joined(separator: " ")): \(error)")
        }
    }

    private func spawn(
        _ executable: String, _ arguments: [String], _ environment: [String: String]
    ) throws -> RunningProcess {
        let path = freshPath((executable as NSString).lastPathComponent)
        return try RunningProcess(
            executable, arguments, environment: environment.merging([Self.markName: mark]) { $1 },
            outputPath: path + ".out", errorPath: path + ".err")
    }

    /// The processes that still run and descend from this test.
    func markedProcesses() -> [pid_t] {
        ProcessFacts.all().filter {
            ProcessFacts.hasEnvironment($0, "\(Self.markName)=\(mark)")
        }
    }

    // MARK: Files

    /// A path in the folder that nothing has yet.
    func freshPath(_ name: String) -> String {
        let number = fileCount.withLock { count in
            count += 1
            return count
        }
        return "\(folder)/\(number)-\(name)"
    }

    /// Writes a file with a name of its own and returns its path.
    func write(_ text: String, named name: String) throws -> String {
        let path = freshPath(name)
        try text.write(toFile: path, atomically: false, encoding: .utf8)
        return path
    }
}
