import ConfigurationFile
import Gossip
import Health
import Linux
import Logging
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
    private let builder: TableBuilder

    private var slots: SlotDirectory
    private var tableNumber: UInt64
    private var isPublishing = false
    /// Whether the first table was published: before, no verdict changes what nobody serves by.
    private var hasStarted = false
    /// Whether this process takes over from a former one, whose workers serve.
    let takesOver: Bool
    private static let publishDelay = TimeAmount.milliseconds(5)
    private static let publishRetry = TimeAmount.milliseconds(500)
    let startedAt = Clock.now()
    /// How long the gauges of other nodes may take to arrive.
    static let gaugeSettling = Duration.seconds(3)
    private(set) var health: HealthBook
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
    private var saidFrozen = false

    init(
        loop: any EventLoop, configuration: Configuration, memory: NodeMemory,
        link: SupervisorLink, logger: Logger, seed: UInt64
    ) {
        self.loop = loop
        self.configuration = configuration
        self.memory = memory
        self.link = link
        self.logger = logger
        builder = TableBuilder(configuration.shared)
        slots = SlotDirectory(memory: memory)
        tableNumber =
            (0..<memory.workerCount).map { memory.worker($0, .tableNumber).value }.max() ?? 0
        takesOver = tableNumber > 0
        health = HealthBook(
            pools: configuration.shared.pools, node: configuration.node.name, seed: seed,
            at: Clock.now())
    }

    // MARK: Tables

    /// Publishes the first table and says that this process serves.
    func start() throws {
        hasStarted = true
        try publish()
        try link.sayReady()
        for key in health.backends { publishObservation(of: key) }
    }

    /// Takes up what a former control process of this node knew of the backends.
    func restore() {
        for key in health.backends {
            guard let slot = slots.slot(for: key) else { continue }
            health.restore(key, from: memory.lastVerdict(slot: slot).value, at: startedAt)
        }
    }

    private func publish() throws {
        tableNumber += 1
        var unplaced: [BackendKey] = []
        let table = builder.table(number: tableNumber, slots: &slots, unplaced: &unplaced) {
            health.takesTraffic($0)
        }
        if let first = unplaced.first {
            logger.error(
                "more than \(NodeMemory.slotCapacity) backends: \(unplaced.count) get no traffic",
                metadata: ["first": "\(first)"])
        }
        try link.publish(table)
    }

    /// Publishes a table a moment later, so that many changes at a time make one table.
    private func publishSoon(after delay: TimeAmount = publishDelay) {
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

    // MARK: Health

    func startDueChecks() -> [HealthBook.DueCheck] {
        health.startDue(at: Clock.now())
    }

    var nextCheck: Instant? { health.nextDeadline }

    func finishCheck(_ check: HealthBook.DueCheck, _ result: ProbeResult) {
        let now = Clock.now()
        let isFrozen = health.isFrozen(isCutOff: isCutOff)
        noteFreeze(isFrozen)
        let change = health.finish(check, result, isFrozen: isFrozen, at: now)
        guard let change else { return }
        let reason = change.reason.map { ": \($0.text(under: check.definition))" } ?? ""
        for key in health.backends(checkedBy: check.key) {
            logger.info("this node sees \(key) \(change.to.rawValue)\(reason)")
            publishObservation(of: key)
            remember(key)
            reconsider(key)
        }
    }

    private func noteFreeze(_ isFrozen: Bool) {
        guard isFrozen != saidFrozen else { return }
        saidFrozen = isFrozen
        if isFrozen {
            logger.warning("no node answers and most checks fail: the verdicts stay as they are")
            for key in health.revoke(at: Clock.now()) {
                publishObservation(of: key)
                remember(key)
                reconsider(key)
            }
        } else {
            logger.notice("verdicts change again")
        }
    }

    private func remember(_ key: BackendKey) {
        guard let slot = slots.slot(for: key) else { return }
        memory.lastVerdict(slot: slot).value = health.encoded(key)
    }

    /// Forms the verdict on a backend anew, after somebody's observation changed.
    func reconsider(_ key: BackendKey) {
        guard let check = health.checkID(of: key) else { return }
        let others = gossip?.observations(of: key, check: check, at: Clock.now()) ?? []
        let tookTraffic = health.takesTraffic(key)
        guard let verdict = health.reconsider(key, others: others) else { return }
        remember(key)
        let reason = health.reasonText(of: key).map { ": \($0)" } ?? ""
        logger.notice("\(key) is \(verdict.status.rawValue)\(reason)")
        if health.takesTraffic(key) != tookTraffic { publishSoon() }
    }

    func slot(of key: BackendKey) -> Int? { slots.slot(for: key) }
    var table: UInt64 { tableNumber }
}
