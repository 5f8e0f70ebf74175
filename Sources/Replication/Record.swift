package import Membership
package import Primitives

/// One value that one life of one node publishes. Only its owner writes it, so versions need no
/// clock: of the same life the higher version is newer.
package struct Record: Hashable, Sendable {
    /// The highest version; owners count from 1.
    package static let versionMax: UInt64 = 1 << 60
    /// The most bytes of `extensions`.
    package static let extensionsMax = 128

    package let owner: Identity
    package let key: RecordKey
    package let version: UInt64
    package let recordClass: RecordClass
    /// The value, or nil when its owner removed it.
    package let payload: [UInt8]?
    /// What a later release says beside the payload, as fields with type and length. This release
    /// knows none of them: they are kept and relayed.
    package let extensions: [UInt8]

    package init(
        owner: Identity, key: RecordKey, version: UInt64, recordClass: RecordClass,
        payload: [UInt8]?, extensions: [UInt8] = []
    ) {
        self.owner = owner
        self.key = key
        self.version = version
        self.recordClass = recordClass
        self.payload = payload
        self.extensions = extensions
    }

    package var digestEntry: DigestEntry {
        DigestEntry(
            id: Self.digestID(owner: owner.name, key: key),
            version: DigestVersion(generation: owner.generation, counter: version))
    }

    /// What stands for an owner's key in digests.
    package static func digestID(owner: NodeName, key: RecordKey) -> UInt64 {
        var hash = StableHash()
        hash.combine(owner.stableHash)
        hash.combine(UInt64(key.kind.rawValue))
        hash.combine(key.id)
        return hash.value
    }
}

/// A record as this node holds it.
package struct StoredRecord: Hashable, Sendable {
    package let record: Record
    /// When its owner made it, by this node's clock: known from the age that travels with it.
    package let origin: Instant
    /// Since when it is only the last known value: its owner is dead or lives a new life.
    package internal(set) var staleSince: Instant?
    /// When this node took it in.
    let stored: Instant

    package var isStale: Bool { staleSince != nil }

    package func age(at now: Instant) -> Duration { max(.zero, now - origin) }

    /// What it adds to the sum of a view. Removed and stale records add nothing: they are forgotten
    /// at each node's own time, and that must not look like a difference.
    var fingerprint: UInt64 {
        isListed ? record.digestEntry.fingerprint : 0
    }

    /// Whether digests mention it.
    var isListed: Bool { !isStale && record.payload != nil }
}
