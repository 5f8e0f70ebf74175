import Foundation
import Synchronization

/// A process that a test started, in a process group of its own, with its output in files.
final class RunningProcess: Sendable {
    let pid: pid_t
    let outputPath: String
    let errorPath: String
    /// The wait status, once the process has ended and was reaped.
    private let ending = Mutex<CInt?>(nil)

    /// - Parameter environment: what is added to the test's own.
    init(
        _ executable: String, _ arguments: [String], environment: [String: String],
        outputPath: String, errorPath: String
    ) throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        let flags = O_WRONLY | O_CREAT | O_APPEND
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, outputPath, flags, 0o600)
        posix_spawn_file_actions_addopen(&actions, 2, errorPath, flags, 0o600)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // The threads that tests run on block signals, which a child would inherit.
        var noSignals = sigset_t()
        sigemptyset(&noSignals)
        posix_spawnattr_setsigmask(&attributes, &noSignals)
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK))

        let added = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        var vector = ([executable] + arguments).map { strdup($0) } + [nil]
        var variables = added.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for pointer in vector + variables { free(pointer) } }
        var child: pid_t = 0
        let code = BareSocket.inheritance.withLock { _ in
            posix_spawnp(&child, executable, &actions, &attributes, &vector, &variables)
        }
        guard code == 0 else {
            throw Failure("cannot start \(executable): \(String(cString: strerror(code)))")
        }
        pid = child
        self.outputPath = outputPath
        self.errorPath = errorPath
        Thread.detachNewThread { [self] in
            var status: CInt = 0
            while waitpid(pid, &status, 0) < 0, errno == EINTR {}
            ending.withLock { $0 = status }
        }
    }

    var isRunning: Bool { ending.withLock { $0 == nil } }

    var output: String { Self.text(of: outputPath) }
    var errorOutput: String { Self.text(of: errorPath) }

    private static func text(of path: String) -> String {
        (FileManager.default.contents(atPath: path)).map { String(decoding: $0, as: UTF8.self) }
            ?? ""
    }

    func send(_ signal: CInt) {
        // Under the lock the process is not reaped yet, so the number is still its own.
        ending.withLock { if $0 == nil { kill(pid, signal) } }
    }

    /// The exit status, or the negated signal that killed the process.
    func exitStatus(within limit: Duration) async throws -> Int {
        let status = try await awaited("the end of process \(pid)", within: limit) {
            ending.withLock { $0 }
        }
        return status & 0x7F == 0 ? Int(status >> 8 & 0xFF) : -Int(status & 0x7F)
    }

    /// Ends the process: politely, and if that takes longer than `grace`, without asking.
    func stop(grace: Duration = .seconds(2)) async {
        send(SIGTERM)
        if (try? await exitStatus(within: grace)) != nil { return }
        send(SIGKILL)
        _ = try? await exitStatus(within: .seconds(5))
    }
}

/// What a command did that ran to its end.
struct Finished: Sendable {
    let status: Int
    let output: String
    let error: String

    var outputLines: [Substring] { output.split(separator: "\n") }
    var errorLines: [Substring] { error.split(separator: "\n") }
}
