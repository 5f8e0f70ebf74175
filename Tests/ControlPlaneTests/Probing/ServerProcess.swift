import Linux
import Synchronization

/// A program that a test started, in a process group of its own.
final class ServerProcess: Sendable {
    /// `SIGINT`.
    private static let interrupt: CInt = 2

    private let process: ChildProcess
    private let outputPath: String
    private let ending = Mutex<ChildProcess.Ending?>(nil)

    /// - Parameter arguments: the program's path and its arguments.
    init(_ arguments: [String], output: String) throws {
        outputPath = output
        let file = try Descriptor.create(path: output)
        var options = ChildProcess.Options.foreign(environment: [
            "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8",
        ])
        options.output = file.number
        process = try ChildProcess.spawn(
            path: arguments[0], arguments: Array(arguments.dropFirst()), options: options)
    }

    var pid: Int32 { process.pid }

    /// What it wrote to its output and error output.
    var output: String {
        let bytes = try? SmallFile.read(outputPath, bytesMax: 1 << 20)
        return String(decoding: bytes ?? [], as: UTF8.self)
    }

    var isRunning: Bool { reap() == nil }

    private func reap() -> ChildProcess.Ending? {
        ending.withLock { ending in
            ending = ending ?? process.reap()
            return ending
        }
    }

    func send(_ signal: CInt) {
        ending.withLock { if $0 == nil { process.send(signal: signal) } }
    }

    /// Waits for the end; the exit status, or nil if a signal killed it.
    @discardableResult
    func waitForEnd() async -> CInt? {
        while true {
            if let ending = reap() {
                if case .exited(let status) = ending { return status }
                return nil
            }
            try? await Task.sleep(for: .milliseconds(5))
        }
    }

    /// Ends it, and what it started. Politely at first, so that it reaps its own children.
    func stop() async {
        send(Self.interrupt)
        let patience = ContinuousClock.now + .seconds(3)
        while isRunning, ContinuousClock.now < patience {
            try? await Task.sleep(for: .milliseconds(5))
        }
        ending.withLock { if $0 == nil { process.sendToGroup(signal: SignalSource.kill) } }
        await waitForEnd()
    }
}
