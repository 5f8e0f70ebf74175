import ArgumentParser
import ConfigurationFile
import Foundation
import Linux
import Primitives
import Supervision

struct Run: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run a node in the foreground.",
        discussion: "Example: skein run -c /etc/skein/skein.yaml --join 10.0.0.12:7946")

    @OptionGroup var source: ConfigurationSource

    @Flag(name: .customLong("leash"), help: .hidden)
    var isOnLeash = false

    func run() throws {
        let text = try source.read()
        let configuration = try source.parse(text, warn: true)
        try prepare(configuration)
        // Control starts again and again from this text, not from a file that may change.
        let file = try MemoryFile.sealed(name: "skein-configuration", bytes: Array(text.utf8))
        let name = configuration.node.name
        let plan = SupervisorPlan(
            executable: ThisProcess.executablePath,
            workerArguments: [
                "worker", "--connections", "\(configuration.node.maxConnections)",
            ],
            controlArguments: ["control"] + source.arguments,
            configurationFile: file.release(),
            workers: configuration.node.workerCount,
            listeners: configuration.shared.listeners.flatMap(\.bind),
            drainTimeout: .seconds(5), leash: isOnLeash ? ChildProcess.channelNumber : nil)
        let log: @Sendable (String) -> Void = { StandardError.write("skein \(name): \($0)\n") }
        var supervisor = try Supervisor(plan: plan, log: log) { log("ready") }
        if configuration.node.gossip != nil { try makeStateDirectory(configuration.node.state) }
        throw ExitCode(supervisor.run())
    }

    /// Finds out what would fail later while nothing runs yet.
    private func prepare(_ configuration: Configuration) throws {
        if let gossip = configuration.node.gossip { _ = try readKeys(gossip.keys) }
        let socket = configuration.node.admin.socket
        guard UnixSocket.place(socket) != .taken else {
            throw CommandFailure("\(socket): is in the way and no socket; set node.admin.socket")
        }
        guard UnixSocket.failure(socket) != nil else {
            throw CommandFailure("\(socket): another node is administered there")
        }
    }

    private func makeStateDirectory(_ path: String) throws {
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true)
        } catch {
            throw CommandFailure("\(path): cannot make this directory; set node.state")
        }
    }
}

extension Configuration.Node {
    var workerCount: Int {
        switch workers {
        case .auto: min(ThisProcess.processorCount, Self.workersMax)
        case .count(let count): count
        }
    }
}
