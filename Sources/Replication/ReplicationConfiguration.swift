package import Membership

/// Limits and times of `RecordStore`.
package struct ReplicationConfiguration: Hashable, Sendable {
    /// The longest payload, in bytes; it must fit a datagram with its envelope.
    package var payloadLimit = 1_000
    /// An observation of each backend that a node may have, and its gauges.
    package var recordsPerOwner = 20_000
    package var recordLimit = 1_000_000
    /// How long the last known value of an owner that is dead or restarted is kept.
    package var staleRetention: Duration = .seconds(600)
    /// How long a removal is remembered. Whoever missed it for longer still lists the record, and
    /// its owner removes it again.
    package var removalRetention: Duration = .seconds(600)

    package init() {}
}

/// Why a record could not be published.
package enum RecordError: Error, Hashable, Sendable {
    /// The payload has more bytes than a datagram can carry.
    case tooLarge(bytes: Int, limit: Int)
    /// The owner already has as many records as it may.
    case tooMany(limit: Int)
}

/// That the view of a record changed.
package struct RecordChange: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        /// New, or a newer version.
        case set
        /// Removed by its owner, or gone with it.
        case removed
        /// From now on only the last known value.
        case staled
        /// Its owner is back in the same life: as good as ever.
        case revived
    }

    package let owner: NodeName
    package let key: RecordKey
    package let kind: Kind

    package init(owner: NodeName, key: RecordKey, kind: Kind) {
        self.owner = owner
        self.key = key
        self.kind = kind
    }
}
