import ArgumentParser
import ConfigurationFile
import ControlPlane
import DataPlane
import Linux
import LocalCluster
import Logging
import Primitives
import SharedState

struct WorkerRole: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "worker", shouldDisplay: false)

    @Option var connections: Int

    func run() throws {
        ThisProcess.leaveSignalsToSupervisor()
        let channel = MessageSocket(Descriptor(owning: ChildProcess.channelNumber))
        guard try channel.waitReadable(milliseconds: 10_000),
            case .message(let bytes, let descriptors) = channel.receive(),
            case .start(let index) = ProcessMessage(bytes), descriptors.count == 1
        else { throw CommandFailure("a worker is started by 'skein run', not by hand") }
        let memory = try NodeMemory(file: Descriptor(owning: descriptors[0]))
        // Each client may need a second descriptor for its backend, and a third one may be kept idle.
        let descriptorsMax = ThisProcess.raiseOpenFileLimit()
        let limit = max(1, min(connections, (descriptorsMax - 128) / 3))
        var worker = try Worker(
            index: index, channel: channel, memory: memory,
            limits: WorkerLimits(connections: limit))
        worker.run()
    }
}

struct ControlRole: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "control", shouldDisplay: false)

    @OptionGroup var source: ConfigurationSource

    func run() async throws {
        ThisProcess.leaveSignalsToSupervisor()
        ThisProcess.makeFilesPrivate()
        let source = source
        try await ControlProcess.run(
            channel: MessageSocket(Descriptor(owning: ChildProcess.channelNumber))
        ) { text in
            let configuration = try source.parse(text)
            return ControlProcess.Input(
                configuration: configuration,
                keys: try configuration.node.gossip.map { try readKeys($0.keys) },
                logger: logger(for: configuration.node.name))
        }
    }

    private func logger(for node: String) -> Logger {
        var logger = Logger(label: node) { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = .info
        return logger
    }
}

struct DemoBackendRole: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo-backend", shouldDisplay: false)

    @Option var name: String
    @Option var bind: String
    @Flag(name: .customLong("leash")) var isOnLeash = false

    func run() async throws {
        guard let address = SocketAddress(bind) else {
            throw ValidationError("--bind \(bind): not an address such as 127.0.20.1:8080")
        }
        if isOnLeash {
            DemoBackend.endWithParent(
                leash: MessageSocket(Descriptor(owning: ChildProcess.channelNumber)))
        }
        try await DemoBackend(name: name, address: address).run()
    }
}
