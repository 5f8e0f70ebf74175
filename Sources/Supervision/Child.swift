import Linux
import Primitives
import SharedState

/// What a child process is for.
enum Role: Hashable, CustomStringConvertible {
    case control
    case worker(Int)

    var description: String {
        switch self {
        case .control: "control"
        case .worker(let index): "worker \(index)"
        }
    }
}

/// A running child process and the message socket to it.
final class Child {
    let role: Role
    let process: ChildProcess
    let channel: MessageSocket
    let startedAt: Instant
    /// Whether it said that it serves.
    var isReady = false
    /// Whether a newer table than the last one it took waits for it.
    var isBehind = false

    private init(
        role: Role, process: consuming ChildProcess, channel: consuming MessageSocket,
        startedAt: Instant
    ) {
        self.role = role
        self.process = process
        self.channel = channel
        self.startedAt = startedAt
    }

    /// Starts a process and, as its first message, hands it `files`: the node's shared memory, and
    /// to control the configuration's text.
    static func start(
        _ role: Role, path: String, arguments: [String], files: [CInt], now: Instant
    ) throws(SystemCallError) -> Child {
        let pair = try MessageSocket.pair()
        let process = try ChildProcess.spawn(
            path: path, arguments: arguments,
            options: ChildProcess.Options(channel: pair.theirs.number))
        let child = Child(
            role: role, process: process, channel: MessageSocket(pair.takeOurs()), startedAt: now)
        let index = if case .worker(let index) = role { index } else { 0 }
        do throws(SystemCallError) {
            try child.channel.send(.start(index: index), descriptors: files)
        } catch {
            child.process.send(signal: SignalSource.kill)
            _ = child.process.wait()
            throw error
        }
        return child
    }
}
