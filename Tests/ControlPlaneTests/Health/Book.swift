import Health
import Primitives

@testable import ConfigurationFile
@testable import ControlPlane

/// A node's book of health with a clock, for tests.
struct Book {
    var health: HealthBook
    var now = Instant.zero + .seconds(1_000)

    /// Whether the node that keeps it is cut off from all others.
    var isCutOff = false

    init(_ pools: [Configuration.Pool], node: String = "a", seed: UInt64 = 1) {
        health = HealthBook(pools: pools, node: node, seed: seed)
    }

    mutating func add(_ keys: BackendKey...) {
        for key in keys { health.add(key, counters: PassiveCounters(), at: now) }
    }

    /// Runs for so long; every check that comes due is answered at once by `answer`.
    @discardableResult
    mutating func run(
        for time: Duration,
        answer: (SocketAddress) -> ProbeResult = { _ in .success(latency: .zero) }
    ) -> [(key: CheckKey, change: CheckState.Change)] {
        let end = now + time
        var changes: [(CheckKey, CheckState.Change)] = []
        while let due = health.nextDeadline, due <= end {
            now = max(now, due)
            for check in health.startDue(at: now) {
                let isFrozen = health.isFrozen(isCutOff: isCutOff)
                let result = answer(check.key.address)
                if let change = health.finish(check, result, isFrozen: isFrozen, at: now) {
                    changes.append((check.key, change))
                }
            }
        }
        now = end
        return changes
    }

    /// The verdict on a backend, after the observations of other nodes.
    mutating func verdict(_ key: BackendKey, _ others: [String: HealthStatus] = [:]) -> HealthStatus
    {
        let others = others.map { name, status in
            Observation(observer: name, status: status, reason: nil, since: now)
        }
        _ = health.reconsider(key, others: others, at: now)
        return health.verdict(on: key).status
    }

    func own(_ key: BackendKey) -> HealthStatus? { health.ownObservation(of: key)?.status }
}

extension ProbeResult {
    static let fine = ProbeResult.success(latency: .milliseconds(1))
    static let refused = ProbeResult.failure(.refused)
}
