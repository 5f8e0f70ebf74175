import ConfigurationFile
import Gossip
import Health
import Linux
import Logging
import Membership
import NIOCore
import Primitives
import SharedState

/// The state of the control process: what it knows of backends and nodes, and what follows.
///
/// It runs on one event loop, the one that gossip arrives on, so a datagram is handled where it
/// was read and nothing here is ever touched by two threads.
actor Control {
    nonisolated let loop: any EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor {
        loop.executor.asUnownedSerialExecutor()
    }

    let configuration: Configuration
    let memory: NodeMemory
    let link: SupervisorLink
    let logger: Logger
    let startedAt = Clock.now()
    /// Whether this process takes over from a former one, whose workers serve.
    let takesOver: Bool

    // Backends: who there is, what is known of them, and what workers get to see.
    var roster: BackendRoster
    var health: HealthBook
    var slots: SlotDirectory
    var builder: TableBuilder
    private(set) var tableNumber: UInt64
    private var isPublishing = false
    /// Whether the first table was published: before, no verdict changes what nobody serves by.
    private(set) var hasStarted = false
    private static let publishDelay = TimeAmount.milliseconds(5)
    private static let publishRetry = TimeAmount.milliseconds(500)
    /// How long the gauges of other nodes may take to arrive.
    static let gaugeSettling = Duration.seconds(3)
    var remoteLoads = RemoteLoads()
    var shares: ConnectionShares
    var nextShareRound = Instant.zero
    /// How many requests could not even wait for a backend, by slot, at the last round.
    var shortages: [Int: UInt64] = [:]
    /// What was counted of each backend's requests at the last look, for passive checks.
    var lastCounters: [UInt64: PassiveCounters] = [:]
    /// What each source of backends last said, for status.
    var discovery: [DiscoverySourceID: DiscoveryReport] = [:]
    /// Whether what the cluster was told will be written to disk in a moment.
    var isSavingTold = false
    /// The same of what sources of backends said.
    var isSavingSources = false

    // Other nodes.
    var gossip: GossipMember?
    /// Whether this node was asked to stop.
    var isDraining = false
    var departure: CheckedContinuation<Void, Never>?
    /// Whether this node knows what the others know; a node alone does.
    var readiness = Readiness.synced
    var awaitingReadiness: [CheckedContinuation<Void, Never>] = []
    /// Whether no other node answers this one.
    var isCutOff = false
    /// Whether the log has it that verdicts are frozen.
    var saidFrozen = false

    init(
        loop: any EventLoop, configuration: Configuration, memory: NodeMemory,
        link: SupervisorLink, logger: Logger, tokens: StickyTokens, seed: UInt64
    ) {
        self.loop = loop
        self.configuration = configuration
        self.memory = memory
        self.link = link
        self.logger = logger
        let pools = configuration.shared.pools
        roster = BackendRoster(pools: pools)
        health = HealthBook(pools: pools, node: configuration.node.name, seed: seed)
        slots = SlotDirectory(memory: memory)
        builder = TableBuilder(configuration.shared, tokens: tokens)
        shares = ConnectionShares(
            node: configuration.node.gossip == nil ? nil : NodeName(configuration.node.name))
        tableNumber =
            (0..<memory.workerCount).map { memory.worker($0, .tableNumber).value }.max() ?? 0
        takesOver = tableNumber > 0
        // Tables of a former process may still be on their way.
        if takesOver { tableNumber += 1_000 }
    }

    // MARK: Tables

    /// Takes up the configured backends, and what a former control process of this node knew.
    func begin() {
        applyFirst(roster.begin())
        restoreDiscovered()
        restoreTold()
    }

    /// Publishes the first table and says that this process serves.
    func start() throws {
        hasStarted = true
        exchangeGauges()
        try publish()
        try link.sayReady()
        for backend in roster.all { publishObservation(of: backend.key) }
    }

    private func publish() throws {
        tableNumber += 1
        var unplaced: [BackendKey] = []
        let wasPanicking = builder.panicking
        let table = builder.table(
            number: tableNumber, roster: roster, health: health, slots: &slots,
            unplaced: &unplaced)
        if let first = unplaced.first {
            logger.error(
                "more than \(NodeMemory.slotCapacity) backends: \(unplaced.count) get no traffic",
                metadata: ["first": "\(first)"])
        }
        for pool in builder.panicking.subtracting(wasPanicking).sorted() {
            logger.warning("too few backends of \(pool) are up: all of them get traffic")
        }
        for pool in wasPanicking.subtracting(builder.panicking).sorted() {
            logger.notice("enough backends of \(pool) are up again")
        }
        try link.publish(table)
        slots.retire(
            allBut: Set(roster.all.map(\.hash)), table: tableNumber, at: Clock.now())
    }

    /// Publishes a table a moment later, so that many changes at a time make one table.
    func publishSoon(after delay: TimeAmount = publishDelay) {
        guard hasStarted, !isPublishing else { return }
        isPublishing = true
        loop.scheduleTask(in: delay) { [weak self] in
            self?.assumeIsolated { $0.publishNow() }
        }
    }

    private func publishNow() {
        isPublishing = false
        do {
            try publish()
        } catch {
            // The workers go on with the last table meanwhile.
            logger.error("cannot publish a table, trying again: \(error)")
            publishSoon(after: Self.publishRetry)
        }
    }

    func slot(of backend: ManagedBackend) -> Int? { slots.slot(for: backend) }
    var table: UInt64 { tableNumber }
}
