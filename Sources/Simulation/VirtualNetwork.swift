import Primitives

/// What became of the datagrams that were sent. Every datagram is counted once as sent, its second
/// copy as `duplicated`, and each of them once more by its fate.
package struct NetworkCounters: Hashable, Sendable {
    package internal(set) var sent = 0
    /// UDP payload and headers.
    package internal(set) var bytesSent = 0
    package internal(set) var duplicated = 0
    /// Copies with a flipped bit, whatever became of them.
    package internal(set) var damaged = 0

    /// Taken in by the process that they were meant for.
    package internal(set) var delivered = 0
    package internal(set) var lost = 0
    /// Dropped where the network is cut.
    package internal(set) var blocked = 0
    /// Too long for the path.
    package internal(set) var oversized = 0
    /// Found the receive buffer full.
    package internal(set) var overflowed = 0
    /// Of `sent` and `overflowed`, those that nodes sent.
    package internal(set) var sentByNodes = 0
    package internal(set) var overflowedFromNodes = 0
    /// Nobody was there, or it ended before it read them.
    package internal(set) var unclaimed = 0

    /// How many are neither delivered nor dropped.
    package var underWay: Int {
        sent + duplicated - delivered - lost - blocked - oversized - overflowed - unclaimed
    }

    package init() {}
}

/// Draws what happens to each datagram. The same seed and the same datagrams give the same fates.
package struct VirtualNetwork: Sendable {
    package var conditions: NetworkConditions
    package internal(set) var counters = NetworkCounters()
    private var random: SeededRandom

    package init(conditions: NetworkConditions, seed: UInt64) {
        self.conditions = conditions
        random = SeededRandom(seed: seed)
    }

    /// Sends a datagram, and calls `arrive` for each copy that comes through, with its delay in
    /// nanoseconds. Ends that are no node (`nil`) are strangers in group 0.
    package mutating func carry(
        _ datagram: [UInt8], from: Int?, to: Int?, arrive: (Int64, [UInt8]) -> Void
    ) {
        let length = datagram.count + NetworkConditions.headerLength
        counters.sent += 1
        if from != nil { counters.sentByNodes += 1 }
        counters.bytesSent += length
        if conditions.blocks(from: from ?? -1, to: to ?? -1) {
            counters.blocked += 1
            return
        }
        if let longest = conditions.pathMTU, length > longest {
            counters.oversized += 1
            return
        }
        let isDuplicated = chance(conditions.duplication)
        if isDuplicated { counters.duplicated += 1 }
        for _ in 0..<(isDuplicated ? 2 : 1) {
            if isLost(from: from, to: to) {
                counters.lost += 1
            } else {
                arrive(delay(), damage(datagram))
            }
        }
    }

    private mutating func isLost(from: Int?, to: Int?) -> Bool {
        if chance(conditions.loss) { return true }
        if !conditions.outgoingLoss.isEmpty, let from,
            chance(conditions.outgoingLoss[from, default: 0])
        {
            return true
        }
        if !conditions.incomingLoss.isEmpty, let to {
            return chance(conditions.incomingLoss[to, default: 0])
        }
        return false
    }

    private mutating func delay() -> Int64 {
        var delay = Int64.random(in: conditions.latency, using: &random)
        if chance(conditions.reordering) {
            delay += Int64.random(in: 0...conditions.holdBackMax, using: &random)
        }
        return delay
    }

    private mutating func damage(_ datagram: [UInt8]) -> [UInt8] {
        guard chance(conditions.bitFlips), !datagram.isEmpty else { return datagram }
        counters.damaged += 1
        var damaged = datagram
        let bit = Int.random(in: 0..<damaged.count * 8, using: &random)
        damaged[bit / 8] ^= 1 << UInt8(bit % 8)
        return damaged
    }

    private mutating func chance(_ probability: Double) -> Bool {
        probability > 0 && random.unitInterval() < probability
    }
}
