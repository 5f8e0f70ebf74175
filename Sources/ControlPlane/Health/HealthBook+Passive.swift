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

    /// How much of a pool is out at the beginning of a round of sampling.
    struct PoolOutage {
        let addresses: Set<SocketAddress>
        /// By passive checks, of any node.
        fileprivate(set) var ejected: Set<SocketAddress>
        let down: Set<SocketAddress>
    }

    func outage(of pool: [ManagedBackend]) -> PoolOutage {
        PoolOutage(
            addresses: Set(pool.map(\.key.address)),
            ejected: Set(pool.lazy.map(\.key).filter(isEjectedSomewhere).map(\.address)),
            down: Set(
                pool.lazy.map(\.key).filter { verdict(on: $0).status == .down }.map(\.address)))
    }

    /// Takes in what was counted of a backend's requests.
    ///
    /// - Parameters:
    ///   - outage: how much of its pool is out.
    ///   - isFrozen: whether what this node finds out counts for nothing now.
    mutating func sample(
        _ key: BackendKey, _ counters: PassiveCounters, outage: inout PoolOutage, isFrozen: Bool,
        at now: Instant
    ) -> PassiveNews {
        guard var state = entries[key]?.passive, let definition = policies[key.pool]?.passive else {
            return PassiveNews(event: nil, isObservationNew: false)
        }
        let cap = EjectionCap(share: definition.maxEjectedShare)
        let present = outage
        let event = state.sample(counters, at: now) {
            !isFrozen
                && (present.ejected.contains(key.address)
                    || present.ejected.count < cap.limit(of: present.addresses.count))
                && cap.admits(
                    key.address, of: present.addresses, ejected: present.ejected,
                    down: present.down)
        }
        if case .ejected = event { outage.ejected.insert(key.address) }
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
