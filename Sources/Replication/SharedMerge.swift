/// That the value of a shared key changed.
package struct SharedChange: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        /// It had none.
        case added
        /// It has another.
        case changed
        /// It has none any more.
        case removed
    }

    package let key: RecordKey
    package let kind: Kind

    package init(key: RecordKey, kind: Kind) {
        self.key = key
        self.kind = kind
    }
}

/// What an arriving record did to the shared records.
package struct SharedMerge: Hashable, Sendable {
    package enum Verdict: Hashable, Sendable {
        /// Nobody told us before: it should be relayed.
        case news
        case known
        /// Its own writer has replaced it, which the sender hears by comparison.
        case outdated
        /// It is dead: superseded or removed. The sender, who holds it as live, should be answered
        /// with these items, in this order and in one datagram.
        case dead([SharedItem])
        /// It changed nothing.
        case refused(Refusal)
    }

    package enum Refusal: Hashable, Sendable {
        /// The record is not such as a node writes.
        case malformed
        /// There is no room for it.
        case full
    }

    package let verdict: Verdict
    package let changes: [SharedChange]

    package init(verdict: Verdict, changes: [SharedChange]) {
        self.verdict = verdict
        self.changes = changes
    }
}

/// What travels besides spread records.
package enum SharedItem: Hashable, Sendable {
    /// An operation; see `SharedRecords.merge(_:at:)`.
    case operation(Record)
    /// See `SharedRecords.merge(_:)`.
    case watermark(Watermark)
    /// Operations that are dead, as digests call them; see `SharedRecords.drop(_:)`.
    case dead([DigestEntry])

    /// The most entries in one `dead`.
    package static let deadLimit = 32
}
