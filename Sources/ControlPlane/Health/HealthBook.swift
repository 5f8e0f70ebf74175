import ConfigurationFile
import Health
import Primitives

/// What this node finds out about every backend, and the verdict that follows from it and from
/// what the others say.
///
/// Pools that check the same address in the same way share one probe.
struct HealthBook {
    /// A check whose probe is to begin now.
    struct DueCheck: Sendable {
        let key: CheckKey
        let definition: CheckDefinition
    }

    /// How one pool's backends are judged.
    struct Policy {
        let check: CheckDefinition?
        let passive: PassiveDefinition?
        let rule: VerdictRule
        /// How many nodes probe a backend; 0 for all.
        let observers: Int

        init(_ pool: Configuration.Pool) {
            check = pool.health?.check
            passive = pool.passive
            rule = pool.health?.verdict ?? .majority
            observers =
                switch pool.health?.observers {
                case .count(let count) where rule != .local: count
                case .count, .all, nil: 0
                }
        }

        /// By which observations of different nodes compare; nil where nothing is observed.
        var id: CheckID? { check?.id ?? passive?.id }
    }

    struct Entry {
        let check: CheckKey?
        var verdict = Verdict.unknown
        /// What real requests say; nil without passive checks.
        var passive: PassiveState?
        /// Since when requests of this node have succeeded; nil before the first.
        var servesSince: Instant?
        /// When the verdict came up from down; nil if it never did.
        var cameUp: Instant?
    }

    private struct Check {
        var state: CheckState
        var backends: [BackendKey]
        /// How many nodes probe it, 0 for all: as many as the pool wants that wants most.
        var observers: Int
        /// Whether this node probes it.
        var isProbed = false
    }

    private let node: String
    let policies: [String: Policy]
    private var schedule: CheckSchedule
    private var checks: [CheckKey: Check] = [:]
    var entries: [BackendKey: Entry] = [:]
    private var backendsByText: [String: BackendKey] = [:]
    private var observers: Observers

    init(pools: [Configuration.Pool], node: String, seed: UInt64) {
        self.node = node
        policies = Dictionary(uniqueKeysWithValues: pools.map { ($0.name, Policy($0)) })
        schedule = CheckSchedule(seed: seed)
        observers = Observers([node])
    }

    // MARK: Backends

    /// Begins to judge a backend.
    ///
    /// - Parameter counters: what was counted of its requests so far.
    mutating func add(_ key: BackendKey, counters: PassiveCounters, at now: Instant) {
        guard entries[key] == nil, let policy = policies[key.pool] else { return }
        backendsByText[key.description] = key
        let check = policy.id.map { CheckKey(address: key.address, check: $0) }
        var entry = Entry(check: check)
        if let passive = policy.passive {
            entry.passive = PassiveState(passive, counters: counters, at: now)
        }
        entries[key] = entry
        guard let check, let definition = policy.check else { return }
        var shared =
            checks[check]
            ?? Check(
                state: CheckState(definition, at: now), backends: [], observers: policy.observers)
        let wanted = [shared.observers, policy.observers]
        shared.observers = wanted.contains(0) ? 0 : wanted.max() ?? 0
        checks[check] = shared
        observe(check, at: now)
        checks[check]?.backends.append(key)
    }

    /// Has a backend that is new in a pool that serves take its share little by little.
    mutating func startSlowly(_ key: BackendKey, at now: Instant) {
        entries[key]?.cameUp = now
    }

    /// Judges a backend no longer.
    mutating func remove(_ key: BackendKey) {
        guard let entry = entries.removeValue(forKey: key) else { return }
        backendsByText[key.description] = nil
        guard let check = entry.check, checks[check] != nil else { return }
        checks[check]?.backends.removeAll { $0 == key }
        if checks[check]?.backends.isEmpty == true {
            checks[check] = nil
            schedule.remove(check)
        }
    }

    /// The backend that is spelt so, if this node has it.
    func backend(described text: String) -> BackendKey? { backendsByText[text] }

    // MARK: Who probes

    /// Takes note of which nodes are present, and returns the backends whose observation by this
    /// node begins or ends.
    mutating func setPresent(_ names: [String], at now: Instant) -> [BackendKey] {
        let next = Observers(names + [node])
        guard next != observers else { return [] }
        observers = next
        var changed: [BackendKey] = []
        for check in checks.keys.sorted() where observe(check, at: now) {
            changed += checks[check]?.backends ?? []
        }
        return changed
    }

    /// Begins or ends to probe as the present observers have it; whether that is a change.
    @discardableResult
    private mutating func observe(_ key: CheckKey, at now: Instant) -> Bool {
        guard var check = checks[key] else { return false }
        let isProbed = observers.includes(node, for: key, count: check.observers)
        guard isProbed != check.isProbed else { return false }
        check.isProbed = isProbed
        if isProbed {
            // Begins where the cluster is, so that the thresholds hold.
            check.state = CheckState(check.state.definition, at: now)
            let verdict = check.backends.first.flatMap { entries[$0]?.verdict.status }
            check.state.resume(as: verdict ?? .unknown, at: now)
            schedule.add(key, timing: check.state.definition.timing, at: now)
        } else {
            schedule.remove(key)
        }
        checks[key] = check
        return true
    }

    // MARK: Checks

    var nextDeadline: Instant? { schedule.nextDeadline }

    mutating func startDue(at now: Instant) -> [DueCheck] {
        schedule.startDue(at: now).compactMap { key in
            checks[key].map { DueCheck(key: key, definition: $0.state.definition) }
        }
    }

    mutating func finish(
        _ due: DueCheck, _ result: ProbeResult, isFrozen: Bool, at now: Instant
    ) -> CheckState.Change? {
        var change: CheckState.Change?
        if checks[due.key]?.isProbed == true {
            change = checks[due.key]?.state.record(result, at: now, isFrozen: isFrozen)
        }
        let isChanging = checks[due.key]?.state.isChanging ?? false
        return schedule.finish(due.key, at: now, isChanging: isChanging) ? change : nil
    }

    func backends(checkedBy check: CheckKey) -> [BackendKey] { checks[check]?.backends ?? [] }

    // MARK: Verdicts

    /// What this node sees; nil for a backend that it does not check.
    func ownObservation(of key: BackendKey) -> Observation? {
        guard let entry = entries[key], let check = entry.check else { return nil }
        var active = checks[check].flatMap { $0.isProbed ? $0.state.observation(by: node) : nil }
        if let since = entry.servesSince, policies[key.pool]?.check == nil {
            // Without active checks, that requests succeed is what speaks for a backend.
            active = Observation(observer: node, status: .up, reason: nil, since: since)
        }
        return Observation.combined(active: active, passive: entry.passive?.ejection, by: node)
    }

    /// Whether the backend may be chosen: until something is known against it, it may. What its
    /// own requests taught a node counts there at once, whatever the others see.
    func takesTraffic(_ key: BackendKey) -> Bool {
        guard let entry = entries[key] else { return true }
        return entry.verdict.status != .down && entry.passive?.ejection == nil
    }

    func verdict(on key: BackendKey) -> Verdict { entries[key]?.verdict ?? .unknown }

    /// When the verdict came up from down; nil if it never did.
    func cameUp(_ key: BackendKey) -> Instant? { entries[key]?.cameUp }

    /// The rule that makes verdicts on a pool; nil where nothing is checked.
    func rule(of pool: String) -> VerdictRule? {
        policies[pool].flatMap { $0.id == nil ? nil : $0.rule }
    }

    /// The check of a backend, by which observations of it are told from those by other checks.
    func checkID(of key: BackendKey) -> CheckID? { entries[key]?.check?.check }

    func reasonText(_ reason: FailureReason?, of key: BackendKey) -> String? {
        guard let reason else { return nil }
        let definition = policies[key.pool]?.check ?? CheckDefinition(probe: .tcp(.init()))
        return reason.text(under: definition)
    }

    func reasonText(of key: BackendKey) -> String? {
        reasonText(entries[key]?.verdict.reason, of: key)
    }

    /// Forms the verdict anew; returns it when its status changed.
    mutating func reconsider(
        _ key: BackendKey, others: [Observation], at now: Instant
    ) -> Verdict? {
        guard let entry = entries[key], entry.check != nil, let policy = policies[key.pool] else {
            return nil
        }
        // Without active checks nobody would find out that a backend is up again: there a finding
        // holds only as long as somebody has it.
        let previous = policy.check == nil ? .unknown : entry.verdict
        let verdict = Verdict.merge(
            rule: policy.rule, own: ownObservation(of: key), others: others, previous: previous)
        entries[key]?.verdict = verdict
        guard verdict.status != entry.verdict.status else { return nil }
        if entry.verdict.status == .down { entries[key]?.cameUp = now }
        return verdict
    }

    /// Whether what this node finds out counts for nothing now; see `VerdictFreeze`.
    func isFrozen(isCutOff: Bool) -> Bool {
        guard isCutOff else { return false }
        let results = checks.values.compactMap { $0.isProbed ? $0.state.isFailing : nil }
        return VerdictFreeze.holds(
            isCutOff: isCutOff, failing: results.count { $0 }, checked: results.count)
    }

    /// Takes back what went down just before this node found itself cut off, and gives the backends.
    mutating func revoke(at now: Instant) -> [BackendKey] {
        var revoked: [BackendKey] = []
        for check in checks.keys.sorted()
        where checks[check]?.state.revoke(downSince: now - VerdictFreeze.lookBack, at: now) == true
        {
            revoked += checks[check]?.backends ?? []
        }
        return revoked
    }

    // MARK: Surviving a restart

    /// The verdict and this node's own finding, as one word of shared memory.
    func encoded(_ key: BackendKey) -> UInt64 {
        let check = entries[key]?.check.flatMap { checks[$0] }
        let own = check.flatMap { $0.isProbed ? $0.state.status : nil } ?? .unknown
        return Self.code(verdict(on: key).status) | Self.code(own) << 2
    }

    /// Takes up what a former control process knew: its own findings count on, so that the
    /// thresholds of the check hold over a restart.
    mutating func restore(_ key: BackendKey, from word: UInt64, at now: Instant) {
        // Without active checks nobody would find out that a backend is up again.
        guard let check = entries[key]?.check, policies[key.pool]?.check != nil else { return }
        if let status = Self.status(word & 3) {
            entries[key]?.verdict = Verdict(status: status, reason: nil, seenUp: [], seenDown: [])
        }
        if let own = Self.status(word >> 2 & 3) { checks[check]?.state.resume(as: own, at: now) }
    }

    private static func code(_ status: HealthStatus) -> UInt64 {
        switch status {
        case .unknown: 0
        case .up: 1
        case .down: 2
        }
    }

    private static func status(_ code: UInt64) -> HealthStatus? {
        switch code {
        case 1: .up
        case 2: .down
        default: nil
        }
    }
}
