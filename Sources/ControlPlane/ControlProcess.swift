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
    /// What control runs with, read from the text that the supervisor hands over.
    package struct Input: Sendable {
        package let configuration: Configuration
        /// The cluster's keys; needed when the configuration has a gossip part.
        package let keys: KeyRing?
        package let logger: Logger

        package init(configuration: Configuration, keys: KeyRing?, logger: Logger) {
            self.configuration = configuration
            self.keys = keys
            self.logger = logger
        }
    }

    /// Runs until the supervisor asks for a drain, or is gone.
    ///
    /// - Parameter read: makes sense of the configuration's text, which is the one that the
    ///   supervisor started with, whatever became of the file since.
    /// - Throws: what keeps the process from starting, as one sentence for the operator.
    package static func run(
        channel: consuming MessageSocket, read: (String) throws -> Input
    ) async throws {
        let link = SupervisorLink(channel)
        let start = try link.receiveStart()
        let input = try read(start.configuration)
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let tokens = StickyTokens(secrets: try stickySecrets(input))
        let control = Control(
            loop: group.next(), configuration: input.configuration, memory: start.memory,
            link: link, logger: input.logger, tokens: tokens, seed: .random(in: 0 ... .max))
        await control.begin()
        if let gossip = input.configuration.node.gossip {
            try await join(gossip, input, control: control)
        }
        let socket = input.configuration.node.admin.socket
        try prepareSocket(socket)
        let prober = Prober(
            group: group, allowsExec: input.configuration.node.allowsExecChecks)
        let outcome: Result<Void, any Error>
        do {
            try await serve(input, control: control, prober: prober, link: link, group: group)
            outcome = .success(())
        } catch {
            outcome = .failure(error)
        }
        await prober.shutdown()
        UnixSocket.removeStale(socket)
        try await group.shutdownGracefully()
        try outcome.get()
    }

    private static func stickySecrets(_ input: Input) throws -> [[UInt8]] {
        let configuration = input.configuration
        guard configuration.shared.pools.contains(where: { $0.sticky != nil }) else { return [] }
        return try StickyTokens.secrets(
            file: configuration.node.stickyKey, gossipKeys: input.keys?.keys.map(\.bytes) ?? [],
            stateDirectory: configuration.node.state)
    }

    private static func serve(
        _ input: Input, control: Control, prober: Prober, link: SupervisorLink,
        group: any EventLoopGroup
    ) async throws {
        let (adminServes, announce) = AsyncStream.makeStream(of: Void.self)
        let admin = AdminServer(
            path: input.configuration.node.admin.socket, control: control, group: group,
            logger: input.logger, onServing: { announce.yield() })
        let services = ServiceGroup(
            services: [
                admin, CheckRunner(control: control, prober: prober),
                GaugeExchange(control: control), PassiveSampler(control: control),
                DiscoveryRunner(control: control, group: group, logger: input.logger),
            ],
            gracefulShutdownSignals: [], logger: input.logger)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await services.run() }
            tasks.addTask {
                // Nothing is published, and no worker starts, before everything could be had.
                for await _ in adminServes { break }
                await control.awaitReadiness()
                await control.awaitSources()
                try Task.checkCancellation()
                try await control.start()
                await obey(link, control: control, services: services)
                // An admin client that keeps its connection open must not keep the node up.
                try? await Task.sleep(for: .milliseconds(500))
            }
            // Whichever is first: the services failed or have ended, or their time is over.
            try await tasks.next()
            tasks.cancelAll()
        }
    }

    private static func join(
        _ part: Configuration.Gossip, _ input: Input, control: Control
    ) async throws {
        let configuration = input.configuration
        guard let name = NodeName(configuration.node.name), let keys = input.keys else {
            throw StartFailure("'\(configuration.node.name)' cannot name a node, or has no keys")
        }
        let identity = try NodeIdentity.next(
            name: name, stateDirectory: configuration.node.state)
        let socket = try await GossipSocket.open(on: part.bind, control: control)
        var settings = GossipConfiguration(
            cluster: configuration.cluster, keys: keys, address: part.advertise ?? part.bind)
        settings.readinessTimeout = part.readyTimeout
        settings.claimExtensions = ClaimExtensions.bytes(release: SkeinVersion.text) ?? []
        let gossip = Gossip(
            configuration: settings, identity: identity, seed: .random(in: 0 ... .max),
            secret: Secrets.random(KeyExchange.secretLength),
            now: Clock.now())
        await control.join(gossip, socket: socket, peers: part.join)
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

    /// Makes the directory of the socket, and removes the socket of a process that was killed.
    private static func prepareSocket(_ path: String) throws {
        let directory = (path as NSString).deletingLastPathComponent
        do {
            try FileManager.default.createDirectory(
                atPath: directory, withIntermediateDirectories: true)
        } catch {
            throw StartFailure("\(directory): cannot make this directory; set node.admin.socket")
        }
        UnixSocket.removeStale(path)
        guard UnixSocket.place(path) == .free else {
            throw StartFailure("\(path): is in the way and no socket; set node.admin.socket")
        }
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
                            // What was broken off says nothing about the backend.
                            guard !Task.isCancelled else { return }
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

/// Looks at what becomes of requests, for passive checks.
private struct PassiveSampler: Service {
    let control: Control

    private static let interval = Duration.milliseconds(100)

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                await control.samplePassiveChecks()
                try? await Task.sleep(for: Self.interval)
            }
        }
    }
}

/// Follows every source of backends.
private struct DiscoveryRunner: Service {
    let control: Control
    let group: any EventLoopGroup
    let logger: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown {
            await withDiscardingTaskGroup { tasks in
                for (id, source) in control.discoverySources {
                    let discovery = Discovery(source: source, group: group, logger: logger)
                    tasks.addTask {
                        await discovery.run { await control.discovered($0, by: id) }
                    }
                }
                // A service that ends takes all others with it.
                while !Task.isCancelled { try? await Task.sleep(for: .seconds(3_600)) }
                tasks.cancelAll()
            }
        }
    }
}
