/// Limits and times of `SharedRecords`.
package struct SharedConfiguration: Hashable, Sendable {
    /// The longest value, in bytes.
    package var valueLimit = 800
    /// The longest payload, in bytes: a value and the operations that it covers.
    package var payloadLimit = 1_000
    /// The most covered operations that one record with a value lists.
    package var coverLimit = 8
    /// How many keys may have a value before this node adds no more.
    package var keyLimit = 20_000
    /// The most live operations of one life of a writer.
    package var operationsPerLife = 20_000
    /// The most live operations. It is higher than `keyLimit`, so that what two sides of a
    /// partition added finds room when they meet.
    package var operationLimit = 60_000
    /// The most lives of writers whose dead operations are remembered.
    package var lifeLimit = 16_384
    /// The most gaps in what was heard of one life, plus one.
    package var rangesPerLife = 4_096
    /// How long, and how many, removals are kept to be spread. They only make it faster: whoever
    /// misses one learns of it by comparison.
    package var removalRetention: Duration = .seconds(60)
    package var removalLimit = 4_096

    package init() {}
}

extension RecordKind {
    /// A chunk or the header of the configuration document; see `SharedDocument`.
    package static let document = RecordKind(rawValue: 3)
    /// A backend of the cluster, in `SharedRecords`.
    package static let backend = RecordKind(rawValue: 4)
}

/// Why this node could not change the shared records or the document.
package enum SharedError: Error, Hashable, Sendable {
    /// The value or document has more bytes than it may.
    case tooLarge(bytes: Int, limit: Int)
    /// There are as many keys, or operations of this life, as there may be.
    case tooMany(limit: Int)
    /// The kind of this key belongs to the document.
    case reservedKind
    /// All versions are used up.
    case exhausted
}
