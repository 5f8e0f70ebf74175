/// What is still to be gossiped, the least often sent first, and first come first among equals.
///
/// The queue holds keys; what they stand for is looked up when a datagram is filled, so a datagram
/// never carries an outdated version. The count of entries is bounded: when it is full the entry
/// sent most often gives way, and an exchange of digests brings it instead.
struct SpreadQueue<Key: Hashable & Sendable>: Sendable {
    private struct Rank: Comparable {
        var sends: Int
        let order: UInt64

        static func < (left: Rank, right: Rank) -> Bool {
            (left.sends, left.order) < (right.sends, right.order)
        }
    }

    /// What became of an entry that was offered to a datagram.
    enum Offer: Hashable, Sendable {
        case sent
        /// It does not fit this datagram, or is not for this receiver.
        case passed
        /// There is nothing behind the key any more.
        case obsolete
    }

    let capacity: Int
    /// How many entries gave way to others.
    private(set) var overflows = 0
    private var entries: [(rank: Rank, key: Key)] = []
    private var ranks: [Key: Rank] = [:]
    private var nextOrder: UInt64 = 0

    init(capacity: Int) {
        self.capacity = capacity
    }

    var count: Int { entries.count }
    var isEmpty: Bool { entries.isEmpty }

    /// Begins to spread what `key` stands for, from the start if it was being spread.
    mutating func insert(_ key: Key) {
        remove(key)
        if entries.count >= capacity, let last = entries.popLast() {
            ranks[last.key] = nil
            overflows += 1
        }
        insert(key, rank: Rank(sends: 0, order: nextOrder))
        nextOrder += 1
    }

    mutating func remove(_ key: Key) {
        guard let rank = ranks.removeValue(forKey: key) else { return }
        entries.remove(at: position(of: rank))
    }

    /// Offers entries to a datagram in order, until `passLimit` of them were passed over. An entry
    /// that was sent `sendLimit` times is done.
    mutating func draw(
        sendLimit: Int, passLimit: Int = 8, offer: (Key) -> Offer
    ) {
        var index = 0
        var passes = 0
        var again: [(rank: Rank, key: Key)] = []
        while index < entries.count, passes < passLimit {
            let entry = entries[index]
            switch offer(entry.key) {
            case .passed:
                passes += 1
                index += 1
            case .obsolete:
                ranks[entry.key] = nil
                entries.remove(at: index)
            case .sent:
                ranks[entry.key] = nil
                entries.remove(at: index)
                if entry.rank.sends + 1 < sendLimit { again.append(entry) }
            }
        }
        for entry in again {
            insert(entry.key, rank: Rank(sends: entry.rank.sends + 1, order: entry.rank.order))
        }
    }

    /// Counts one send more for an entry that somebody else sent us too: what many know need not be
    /// said as often (Demers et al., "Epidemic Algorithms for Replicated Database Maintenance",
    /// 1987, section 1.4: feedback and counters).
    mutating func noteHeard(_ key: Key, sendLimit: Int) {
        guard let rank = ranks[key] else { return }
        remove(key)
        guard rank.sends + 1 < sendLimit else { return }
        insert(key, rank: Rank(sends: rank.sends + 1, order: rank.order))
    }

    private mutating func insert(_ key: Key, rank: Rank) {
        entries.insert((rank, key), at: position(of: rank))
        ranks[key] = rank
    }

    private func position(of rank: Rank) -> Int {
        var low = 0
        var high = entries.count
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].rank < rank { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
