package import ConfigurationFile
package import Primitives

/// A backend that discovery found. What is nil, its source does not say: the pool's own defaults
/// stand then.
package struct DiscoveredBackend: Hashable, Sendable {
    package var address: SocketAddress
    /// 0...256, its share of traffic.
    package var weight: Int?
    /// Whether it is used only while none of the others is.
    package var isBackup: Bool?
    /// Connections that it has at most, of all nodes together.
    package var maxConnections: Int?
    /// What people want of it.
    package var state: Configuration.Backend.State?

    package init(
        address: SocketAddress, weight: Int? = nil, isBackup: Bool? = nil,
        maxConnections: Int? = nil, state: Configuration.Backend.State? = nil
    ) {
        self.address = address
        self.weight = weight
        self.isBackup = isBackup
        self.maxConnections = maxConnections
        self.state = state
    }

    init(_ backend: Configuration.Backend) {
        self.init(
            address: backend.address, weight: backend.weight, isBackup: backend.isBackup,
            maxConnections: backend.maxConnections, state: backend.state)
    }
}

/// What became of a source of backends since the last time: its whole present set, its state, and
/// what of both is new.
package struct DiscoveryUpdate: Hashable, Sendable {
    /// Sorted by address, each of which stands once.
    package let backends: [DiscoveredBackend]
    package let status: DiscoveryStatus
    /// Empty if all is as it was. Each change and each failure is told once.
    package let news: [DiscoveryNews]
}

/// How a source of backends does, for people to read.
package struct DiscoveryStatus: Hashable, Sendable {
    /// When the source last said without any complaint what there is; nil if it never did.
    package internal(set) var lastSuccess: Instant?
    /// What is wrong now, in one line; nil if nothing is.
    package internal(set) var failure: String?
    /// Since when something is wrong, though not always the same.
    package internal(set) var failingSince: Instant?
}

/// Something that an operator may want to read.
package enum DiscoveryNews: Hashable, Sendable {
    /// The set changed. A backend that is in both had another weight or role before.
    case changed(added: [DiscoveredBackend], removed: [DiscoveredBackend])
    /// Something is wrong, for which reason; the backends stay as last known.
    case failing(String)
    /// Nothing is wrong any more.
    case recovered
}

/// Keeps the set and the state of one source, and tells what is new. Pure.
struct DiscoveryLedger {
    /// The most backends that a source can have; the first by address are used.
    static let backendsMax = Configuration.Pool.backendsMax

    private var backends: [DiscoveredBackend] = []
    private(set) var status = DiscoveryStatus()

    /// Takes note of what was found.
    ///
    /// - Parameters:
    ///   - found: The whole set, in any order; of two with one address the first stands. Nil if
    ///     nothing was found out, which leaves the set as it was.
    ///   - failure: What is wrong, in one line.
    mutating func note(
        _ found: [DiscoveredBackend]?, failure: String?, now: Instant
    ) -> DiscoveryUpdate {
        var news: [DiscoveryNews] = []
        var failure = failure
        if let found {
            var present = Self.normalised(found)
            if present.count > Self.backendsMax {
                failure =
                    failure ?? "\(present.count) backends, of which the first "
                    + "\(Self.backendsMax) are used"
                present.removeLast(present.count - Self.backendsMax)
            }
            if present != backends {
                let (old, new) = (Set(backends), Set(present))
                news.append(
                    .changed(
                        added: present.filter { !old.contains($0) },
                        removed: backends.filter { !new.contains($0) }))
                backends = present
            }
        }
        if let failure {
            if failure != status.failure { news.append(.failing(failure)) }
            status.failingSince = status.failingSince ?? now
        } else {
            if status.failure != nil { news.append(.recovered) }
            status.failingSince = nil
            status.lastSuccess = now
        }
        status.failure = failure
        return DiscoveryUpdate(backends: backends, status: status, news: news)
    }

    private static func normalised(_ found: [DiscoveredBackend]) -> [DiscoveredBackend] {
        var seen: Set<SocketAddress> = []
        return found.filter { seen.insert($0.address).inserted }
            .sorted { $0.address < $1.address }
    }
}
