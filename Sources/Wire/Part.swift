package import Membership
package import Replication

/// One thing that a datagram says. A datagram is a sequence of parts; each travels as type, length
/// and value, so that a receiver skips the types it does not know.
package enum Part: Hashable, Sendable {
    case message(MembershipMessage)
    /// A record that its owner made so many milliseconds ago.
    case record(Record, ageMilliseconds: UInt64)
    /// The sum of all claims and reliable records of the sender.
    case view(UInt64)
    /// The sum of all latest-only records of the sender.
    case gaugeView(UInt64)
    /// What the sender has of a class in a range of ids. Members are listed among the reliable.
    case compare(RecordClass, DigestRange)
    /// Ids of items that the sender would like to have.
    case want([UInt64])
    /// What the sender heard of one life of a writer of shared records.
    case watermark(Watermark)
    /// Shared records that the sender knows as superseded or removed.
    case dead([DigestEntry])

    /// The most ids in one `want`.
    package static let wantLimit = 32
    /// The greatest age of a record that travels: a month and a bit; older is as old as that.
    package static let ageMax: UInt64 = 1 << 32
}

/// The types of parts on the wire. Numbers are never used again for something else.
enum PartType: UInt8 {
    case ping = 1
    case ack = 2
    case nack = 3
    case pingRequest = 4
    case relayedAck = 5
    case claim = 6
    case introduce = 7
    case padding = 8
    case record = 9
    case view = 10
    case gaugeView = 11
    case compare = 12
    case want = 13
    case hello = 14
    case rekey = 15
    case watermark = 16
    case dead = 17
}
