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

    private struct Entry {
        let check: CheckKey?
        let rule: VerdictRule
        var verdict: Verdict
    }

    private let node: String
    private var schedule: CheckSchedule
    private var states: [CheckKey: CheckState] = [:]
    private var entries: [BackendKey: Entry] = [:]
    private var backendsByCheck: [CheckKey: [BackendKey]] = [:]
    private var backendsByText: [String: BackendKey] = [:]
    /// In the order of the configuration.
    private(set) var backends: [BackendKey] = []

    init(pools: [Configuration.Pool], node: String, seed: UInt64, at now: Instant) {
        self.node = node
        schedule = CheckSchedule(seed: seed)
        for pool in pools {
            for backend in pool.backends {
                let key = BackendKey(pool: pool.name, address: backend.address)
                backends.append(key)
                backendsByText[key.description] = key
                guard let health = pool.health else {
                    entries[key] = Entry(check: nil, rule: .majority, verdict: .unknown)
                    continue
                }
                let check = CheckKey(address: backend.address, check: health.check.id)
                entries[key] = Entry(check: check, rule: health.verdict, verdict: .unknown)
                backendsByCheck[check, default: []].append(key)
                if states[check] == nil {
                    states[check] = CheckState(health.check, at: now)
                    schedule.add(check, interval: health.check.interval, at: now)
                }
            }
        }
    }

    // MARK: Checks

    var nextDeadline: Instant? { schedule.nextDeadline }

    mutating func startDue(at now: Instant) -> [DueCheck] {
        schedule.startDue(at: now).compactMap { key in
            states[key].map { DueCheck(key: key, definition: $0.definition) }
        }
    }

    mutating func finish(
        _ check: DueCheck, _ result: ProbeResult, isFrozen: Bool, at now: Instant
    ) -> CheckState.Change? {
        guard schedule.finish(check.key, at: now) else { return nil }
        return states[check.key]?.record(result, at: now, isFrozen: isFrozen)
    }

    /// The backend that is spelt so, if this node has it.
    func backend(described text: String) -> BackendKey? { backendsByText[text] }

    func backends(checkedBy check: CheckKey) -> [BackendKey] { backendsByCheck[check] ?? [] }

    // MARK: Verdicts

    /// What this node sees; nil for a backend without a check.
    func ownObservation(of key: BackendKey) -> Observation? {
        entries[key]?.check.flatMap { states[$0] }?.observation(by: node)
    }

    /// Whether the backend may be chosen: until something is known against it, it may.
    func takesTraffic(_ key: BackendKey) -> Bool {
        entries[key]?.verdict.status != .down
    }

    func verdict(on key: BackendKey) -> Verdict { entries[key]?.verdict ?? .unknown }
    func rule(of key: BackendKey) -> VerdictRule? {
        entries[key].flatMap { $0.check == nil ? nil : $0.rule }
    }

    /// The check of a backend, by which observations of it are told from those by other checks.
    func checkID(of key: BackendKey) -> CheckID? { entries[key]?.check?.check }

    func reasonText(_ reason: FailureReason?, of key: BackendKey) -> String? {
        guard let reason, let check = entries[key]?.check, let state = states[check] else {
            return nil
        }
        return reason.text(under: state.definition)
    }

    func reasonText(of key: BackendKey) -> String? {
        reasonText(entries[key]?.verdict.reason, of: key)
    }

    /// Forms the verdict anew; returns it when its status changed.
    mutating func reconsider(_ key: BackendKey, others: [Observation]) -> Verdict? {
        guard let entry = entries[key], entry.check != nil else { return nil }
        let verdict = Verdict.merge(
            rule: entry.rule, own: ownObservation(of: key), others: others,
            previous: entry.verdict)
        entries[key]?.verdict = verdict
        return verdict.status == entry.verdict.status ? nil : verdict
    }

    /// Whether what this node finds out counts for nothing now; see `VerdictFreeze`.
    func isFrozen(isCutOff: Bool) -> Bool {
        guard isCutOff else { return false }
        let results = states.values.compactMap(\.isFailing)
        return VerdictFreeze.holds(
            isCutOff: isCutOff, failing: results.count { $0 }, checked: results.count)
    }

    /// Takes back what went down just before this node found itself cut off, and gives the backends.
    mutating func revoke(at now: Instant) -> [BackendKey] {
        var revoked: [BackendKey] = []
        for (check, backends) in backendsByCheck
        where states[check]?.revoke(downSince: now - VerdictFreeze.lookBack, at: now) == true {
            revoked += backends
        }
        return revoked
    }

    // MARK: Surviving a restart

    /// The verdict and this node's own finding, as one word of shared memory.
    func encoded(_ key: BackendKey) -> UInt64 {
        let own = ownObservation(of: key)?.status ?? .unknown
        return Self.code(verdict(on: key).status) | Self.code(own) << 2
    }

    /// Takes up what a former control process knew: its own findings count on, so that the
    /// thresholds of the check hold over a restart.
    mutating func restore(_ key: BackendKey, from word: UInt64, at now: Instant) {
        guard let check = entries[key]?.check else { return }
        if let status = Self.status(word & 3) {
            entries[key]?.verdict = Verdict(status: status, reason: nil, seenUp: [], seenDown: [])
        }
        if let own = Self.status(word >> 2 & 3) { states[check]?.resume(as: own, at: now) }
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
