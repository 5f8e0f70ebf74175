import Dispatch
import Linux
import NIOConcurrencyHelpers

/// A command that was started, until it is reaped.
final class RunningCommand: Sendable {
    private static let queue = DispatchQueue(label: "skein.exec-checks")

    private let process: ChildProcess
    /// Once it is reaped its number may be that of another process.
    private let isReaped = NIOLockedValueBox(false)
    /// Nil when nobody is to wait any longer.
    private let end = FirstValue<ChildProcess.Ending?>()

    init(
        path: String, arguments: [String], environment: [String]
    ) throws(SystemCallError) {
        process = try ChildProcess.spawn(
            path: path, arguments: arguments, options: .foreign(environment: environment))
    }

    /// Reaps the command when it ends, and then calls `onEnd`. To be called once.
    func watch(onEnd: @escaping @Sendable () -> Void) {
        let source = DispatchSource.makeReadSource(
            fileDescriptor: process.exitNotice.number, queue: Self.queue)
        // The source keeps the command, and with it the descriptor, until it is cancelled.
        source.setEventHandler { [self] in
            source.cancel()
            reap()
            onEnd()
        }
        source.activate()
    }

    private func reap() {
        let ending = isReaped.withLockedValue { isReaped in
            // What it left in its group goes first.
            process.sendToGroup(signal: SignalSource.kill)
            isReaped = true
            return process.reap()
        }
        end.give(ending)
    }

    /// Kills the command and all of its group.
    func kill() {
        isReaped.withLockedValue { isReaped in
            if !isReaped { process.sendToGroup(signal: SignalSource.kill) }
        }
    }

    /// How the command ended; nil if it had to be killed after `timeout`, or because the task that
    /// waits was cancelled.
    func ending(within timeout: Duration) async -> ChildProcess.Ending? {
        let ending = await end.wait(atMost: timeout, substitute: nil)
        if ending == nil { kill() }
        return ending
    }
}
