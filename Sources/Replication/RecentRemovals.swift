import Membership
import Primitives

/// Names the one place that a writer has for a key.
struct SharedSlot: Hashable, Sendable {
    let owner: NodeName
    let key: RecordKey

    init(owner: NodeName, key: RecordKey) {
        self.owner = owner
        self.key = key
    }

    init(_ record: Record) {
        self.init(owner: record.owner.name, key: record.key)
    }
}

/// The removals that are still being spread: a bounded number of them for a bounded time. Nothing
/// depends on them but speed.
struct RecentRemovals: Sendable {
    private struct Arrival: Sendable {
        let slot: SharedSlot
        let version: DigestVersion
        let at: Instant
    }

    private let limit: Int
    private let retention: Duration
    private var records: [SharedSlot: Record] = [:]
    /// In the order of their arrival; those before `head`, and those replaced since, are void.
    private var arrivals: [Arrival] = []
    private var head = 0

    init(limit: Int, retention: Duration) {
        self.limit = limit
        self.retention = retention
    }

    var count: Int { records.count }

    subscript(slot: SharedSlot) -> Record? { records[slot] }

    /// When `expire` has something to do.
    var nextExpiry: Instant {
        head < arrivals.count ? arrivals[head].at + retention : Instant(nanoseconds: .max)
    }

    /// Keeps a removal; the answer is what was given up for it.
    mutating func insert(_ record: Record, at now: Instant) -> [SharedSlot] {
        let slot = SharedSlot(record)
        records[slot] = record
        arrivals.append(Arrival(slot: slot, version: record.digestEntry.version, at: now))
        var dropped: [SharedSlot] = []
        while arrivals.count - head > limit { dropped += dropFirst() }
        return dropped
    }

    mutating func remove(_ slot: SharedSlot) {
        records[slot] = nil
    }

    mutating func expire(at now: Instant) -> [SharedSlot] {
        var dropped: [SharedSlot] = []
        while nextExpiry <= now { dropped += dropFirst() }
        return dropped
    }

    private mutating func dropFirst() -> [SharedSlot] {
        let arrival = arrivals[head]
        head += 1
        if head * 2 > arrivals.count {
            arrivals.removeFirst(head)
            head = 0
        }
        guard records[arrival.slot]?.digestEntry.version == arrival.version else { return [] }
        records[arrival.slot] = nil
        return [arrival.slot]
    }
}
