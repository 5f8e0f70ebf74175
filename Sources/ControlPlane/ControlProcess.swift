package import ConfigurationFile
import Foundation
import Gossip
package import Linux
package import Logging
import Membership
import NIOCore
import NIOPosix
import Primitives
import ServiceLifecycle
import SharedState
package import Wire

/// The control process of a node: gossip, probes, admin API, and the table that follows.
package enum ControlProcess {
    /// Runs until the supervisor asks for a drain, or is gone.
    ///
    /// - Parameter keys: the cluster's keys; needed when the configuration has a gossip part.
    /// - Throws: what keeps the process from starting, as one sentence for the operator.
    package static func run(
        _ configuration: Configuration, keys: KeyRing?, channel: consuming MessageSocket,
        logger: Logger
    ) async throws {
        let link = SupervisorLink(channel)
        let memory = try link.receiveMemory()
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let control = Control(
            loop: group.next(), configuration: configuration, memory: memory, link: link,
            logger: logger, seed: .random(in: 0 ... .max))
        if let gossip = configuration.node.gossip {
            try await join(gossip, configuration, keys: keys, control: control)
        }
        try prepareSocket(configuration.node.admin.socket)
        let prober = Prober(group: group)
        let admin = AdminServer(
            path: configuration.node.admin.socket, control: control, group: group, logger: logger)
        let services = ServiceGroup(
            services: [
                admin, CheckRunner(control: control, prober: prober),
                GaugeExchange(control: control),
            ],
            gracefulShutdownSignals: [], logger: logger)
        try await control.start()
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await services.run() }
            tasks.addTask {
                await obey(link, control: control, services: services)
                // An admin client that keeps its connection open must not keep the node up.
                try? await Task.sleep(for: .milliseconds(500))
            }
            // Whichever is first: the services failed or have ended, or their time is over.
            try await tasks.next()
            tasks.cancelAll()
        }
        await prober.shutdown()
        try? FileManager.default.removeItem(atPath: configuration.node.admin.socket)
        try await group.shutdownGracefully()
    }

    private static func join(
        _ part: Configuration.Gossip, _ configuration: Configuration, keys: KeyRing?,
        control: Control
    ) async throws {
        guard let name = NodeName(configuration.node.name), let keys else {
            throw StartFailure("'\(configuration.node.name)' cannot name a node, or has no keys")
        }
        let identity = try NodeIdentity.next(
            name: name, stateDirectory: configuration.node.state)
        let channel = try await GossipSocket.open(on: part.bind, control: control)
        let gossip = Gossip(
            configuration: GossipConfiguration(
                cluster: configuration.cluster, keys: keys, address: part.advertise ?? part.bind),
            identity: identity, seed: .random(in: 0 ... .max), now: Clock.now())
        await control.join(gossip, channel: channel, peers: part.join)
    }

    /// Does what the supervisor says; without a supervisor there is nothing left to serve.
    private static func obey(
        _ link: SupervisorLink, control: Control, services: ServiceGroup
    ) async {
        for await message in link.messages() {
            guard case .drain = message else { continue }
            await control.leave(within: .seconds(2))
            break
        }
        await services.triggerGracefulShutdown()
    }

    /// Makes the directory of the socket, and removes what a process that was killed left there.
    private static func prepareSocket(_ path: String) throws {
        let directory = (path as NSString).deletingLastPathComponent
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true)
        try? FileManager.default.removeItem(atPath: path)
    }
}

/// Starts each health check when it is due, and any number of them side by side.
private struct CheckRunner: Service {
    let control: Control
    let prober: Prober

    /// New checks and finished ones may move the next deadline while this sleeps.
    private static let longestSleep = Duration.milliseconds(100)

    func run() async throws {
        await cancelWhenGracefulShutdown {
            await withDiscardingTaskGroup { tasks in
                while !Task.isCancelled {
                    for check in await control.startDueChecks() {
                        tasks.addTask {
                            let result = await prober.probe(check.key, check.definition)
                            await control.finishCheck(check, result)
                        }
                    }
                    let wait = await control.nextCheck.map { $0 - Clock.now() }
                    let pause = min(
                        max(wait ?? Self.longestSleep, .milliseconds(1)), Self.longestSleep)
                    try? await Task.sleep(for: pause)
                }
                tasks.cancelAll()
            }
        }
    }
}

/// Tells the others this node's connection counts, and the workers those of the others.
private struct GaugeExchange: Service {
    let control: Control

    private static let interval = Duration.milliseconds(250)

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                await control.exchangeGauges()
                try? await Task.sleep(for: Self.interval)
            }
        }
    }
}
