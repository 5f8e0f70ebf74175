import Health
import Primitives

/// Backends as they are judged by what becomes of real requests.
extension HealthBook {
    var hasPassiveChecks: Bool { policies.values.contains { $0.passive != nil } }

    /// What became of judging a backend by its requests.
    struct PassiveNews {
        let event: PassiveState.Event?
        /// Whether what this node sees of the backend is different now.
        let isObservationNew: Bool
    }

    /// Takes in what was counted of a backend's requests.
    ///
    /// - Parameters:
    ///   - pool: all backends of its pool.
    ///   - isFrozen: whether what this node finds out counts for nothing now.
    mutating func sample(
        _ key: BackendKey, _ counters: PassiveCounters, pool: [ManagedBackend], isFrozen: Bool,
        at now: Instant
    ) -> PassiveNews {
        guard var state = entries[key]?.passive else {
            return PassiveNews(event: nil, isObservationNew: false)
        }
        let event = state.sample(counters, at: now) {
            !isFrozen && mayEject(key, from: pool.map(\.key))
        }
        entries[key]?.passive = state
        var isFirst = false
        if counters.successes > 0, entries[key]?.servesSince == nil {
            entries[key]?.servesSince = now
            isFirst = policies[key.pool]?.check == nil
        }
        return PassiveNews(event: event, isObservationNew: event != nil || isFirst)
    }

    /// An active check of the backend succeeded.
    mutating func noteActiveSuccess(_ key: BackendKey, at now: Instant) -> PassiveState.Event? {
        entries[key]?.passive?.noteActiveSuccess(at: now)
    }

    func ejection(of key: BackendKey) -> PassiveState.Ejection? {
        entries[key]?.passive?.ejection
    }

    /// Whether the pool can do without the backend: over all nodes, only so many may be ejected.
    private func mayEject(_ key: BackendKey, from pool: [BackendKey]) -> Bool {
        guard let definition = policies[key.pool]?.passive else { return false }
        let cap = EjectionCap(share: definition.maxEjectedShare)
        return cap.admits(
            key.address, of: Set(pool.map(\.address)),
            ejected: Set(pool.filter(isEjectedSomewhere).map(\.address)),
            down: Set(pool.filter { verdict(on: $0).status == .down }.map(\.address)))
    }

    private func isEjectedSomewhere(_ key: BackendKey) -> Bool {
        ejection(of: key) != nil || verdict(on: key).seenDown.contains { $0.reason.isPassive }
    }
}

extension FailureReason? {
    /// Whether requests taught it, and not a probe.
    fileprivate var isPassive: Bool {
        switch self {
        case .consecutiveFailures, .errorShare: true
        default: false
        }
    }
}
