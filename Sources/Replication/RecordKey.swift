/// What a record is about: a kind and a number that its owner gives it within the kind.
package struct RecordKey: Hashable, Sendable {
    package let kind: RecordKind
    package let id: UInt64

    package init(kind: RecordKind, id: UInt64) {
        self.kind = kind
        self.id = id
    }
}

extension RecordKey: Comparable {
    package static func < (left: RecordKey, right: RecordKey) -> Bool {
        (left.kind.rawValue, left.id) < (right.kind.rawValue, right.id)
    }
}

/// A family of records with one payload format. Kinds that this release does not know are stored
/// and relayed like others.
package struct RecordKind: RawRepresentable, Hashable, Sendable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    /// What a node found out about a backend with one check.
    package static let observation = RecordKind(rawValue: 1)
    /// How many connections a node has open to its backends.
    package static let gauges = RecordKind(rawValue: 2)
}

/// How much is done for a record to arrive, and what it is worth afterwards.
package enum RecordClass: UInt8, Hashable, Sendable, CaseIterable {
    /// Relayed until everybody has it; outlives its owner as last known good.
    case reliable = 0
    /// Only the newest is of interest: sent at a capped rate, gone with its owner.
    case latestOnly = 1
    /// Belongs to the cluster, not to its owner's life: kept until somebody changes or removes it.
    case shared = 2
}
