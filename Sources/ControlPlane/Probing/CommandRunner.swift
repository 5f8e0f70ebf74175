import Health
import Linux
import NIOConcurrencyHelpers
import Primitives

/// Runs the commands of `exec` checks, a few at a time.
///
/// A command gets a process group of its own, an empty environment but for which backend it is to
/// check, and `/dev/null` for all input and output. What is left of its group when it ends, or at
/// the deadline, is killed.
final class CommandRunner: Sendable {
    /// How many commands run at once. Further ones wait, for as long as their timeout.
    static let runningMax = 16

    private static let searchPath =
        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

    private let slots = CommandSlots(count: runningMax)
    private let state = NIOLockedValueBox(State())

    private struct State {
        var running: [ObjectIdentifier: RunningCommand] = [:]
        var isShutDown = false
    }

    /// Runs a command to its end, at most for `timeout`.
    ///
    /// - Throws: `ProbeFailure` unless it ended with status 0.
    func run(
        _ command: Probe.Command, target: SocketAddress, timeout: Duration
    ) async throws {
        guard let path = command.arguments.first else {
            throw ProbeFailure(.other("the check has no command"))
        }
        // The time in the queue is no fault of the backend's and does not count.
        guard await slots.take(within: timeout) else {
            throw ProbeFailure(.other("\(Self.runningMax) commands were running already"))
        }
        let started: RunningCommand
        do {
            started = try RunningCommand(
                path: path, arguments: Array(command.arguments.dropFirst()),
                environment: [
                    "SKEIN_ADDRESS=\(target.ip)", "SKEIN_PORT=\(target.port)", Self.searchPath,
                ])
        } catch {
            slots.giveBack()
            throw ProbeFailure(.other("\(path): \(error.errno.message)"))
        }
        watch(started)
        switch await started.ending(within: timeout) {
        case .exited(0): return
        case .exited(let status): throw ProbeFailure(.exited(UInt8(truncatingIfNeeded: status)))
        case .killed(let signal): throw ProbeFailure(.killed(UInt8(truncatingIfNeeded: signal)))
        case nil: throw ProbeFailure(.timedOut)
        }
    }

    /// Frees the command's slot when it has ended. One that cannot even be killed keeps its slot, but
    /// nobody waiting.
    private func watch(_ command: RunningCommand) {
        let id = ObjectIdentifier(command)
        let isShutDown = state.withLockedValue { state in
            state.running[id] = command
            return state.isShutDown
        }
        command.watch { [state, slots] in
            state.withLockedValue { $0.running[id] = nil }
            slots.giveBack()
        }
        if isShutDown { command.kill() }
    }

    /// Kills what runs, and what is still to be started.
    func shutdown() {
        let running = state.withLockedValue { state in
            state.isShutDown = true
            return Array(state.running.values)
        }
        for command in running { command.kill() }
    }
}
