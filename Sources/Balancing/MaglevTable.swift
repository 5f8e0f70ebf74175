/// Maglev's consistent hashing: a table that says for each hash of a key which backend has it.
///
/// Eisenbud et al., "Maglev: a fast and reliable software network load balancer", NSDI 2016,
/// section 3.4. Every backend has an order of its own over all slots and in its turn takes the
/// first that is free; so all get equally many, and a change moves few keys that it need not move.
/// Backends of less weight skip turns, as in Envoy: the k-th turn of a backend comes in round
/// `k * heaviest / weight`, so it does not depend on who else there is.
///
/// Any two nodes that know the same names and weights build the same table, in whatever order they
/// know them.
package enum MaglevTable {
    /// The largest table: 1 MiB, twenty-five slots for each of 10,485 backends. A larger one would
    /// even out what is left (one slot more or less of twenty-five), but it leaves the cache, and
    /// its making holds up every change of a large pool.
    package static let sizeMax = 262_147

    /// Primes, because only then does every step lead through all slots.
    package static let sizes = [65_537, 131_071, sizeMax]

    /// The size of a table for so many backends: at least 25 slots for each up to 10,485 of them,
    /// and at least 100 up to 655.
    ///
    /// Another size moves nearly all keys. So `count` must be how many backends the pool has, not
    /// how many are up; and the smallest size is one that few pools outgrow.
    package static func size(for count: Int) -> Int {
        sizes.first { $0 >= count * 25 } ?? sizeMax
    }

    /// The table, whose entries are positions in `names`; empty when no backend has a weight.
    ///
    /// - Parameters:
    ///   - names: a stable hash of each backend's name, say of its address. Two of one name share
    ///     the slots of both in no particular way.
    ///   - weights: as many as names; a backend with the weight 0 has no slot.
    ///   - size: one of `sizes`, or another prime.
    package static func build(names: [UInt64], weights: [UInt16], size: Int) -> [UInt32] {
        precondition(names.count == weights.count, "a weight for each name")
        precondition(size > 2, "the size of a table is an odd prime")
        let order = names.indices.filter { weights[$0] > 0 }.sorted {
            (names[$0], $0) < (names[$1], $1)
        }
        guard let heaviest = weights.max(), heaviest > 0 else { return [] }
        var filling = MaglevFilling(
            names: order.map { names[$0] }, weights: order.map { weights[$0] },
            heaviest: heaviest, size: size)
        return filling.run().map { UInt32(order[Int($0)]) }
    }
}

/// A table in the making.
private struct MaglevFilling {
    private static let free = UInt32.max

    /// Where a backend stands in its order over the slots.
    private struct Walk {
        var slot: UInt32
        let step: UInt32
    }

    private let size: UInt32
    private var walks: [Walk]
    private var turns: TurnCalendar
    private var table: [UInt32]
    /// One bit a slot: it stays in the cache, unlike the table.
    private var taken: [UInt64]

    init(names: [UInt64], weights: [UInt16], heaviest: UInt16, size: Int) {
        self.size = UInt32(size)
        walks = names.map { name in
            var random = ChoiceRandom(seed: name)
            return Walk(
                slot: UInt32(random.below(size)), step: UInt32(1 + random.below(size - 1)))
        }
        turns = TurnCalendar(weights: weights, heaviest: heaviest)
        table = [UInt32](repeating: Self.free, count: size)
        taken = [UInt64](repeating: 0, count: size / 64 + 1)
    }

    mutating func run() -> [UInt32] {
        for _ in 0..<size {
            let backend = turns.next()
            let slot = Int(firstFree(for: backend))
            taken[slot >> 6] |= 1 << UInt64(slot & 63)
            table[slot] = UInt32(backend)
        }
        return table
    }

    private mutating func firstFree(for backend: Int) -> UInt32 {
        let step = walks[backend].step
        var slot = walks[backend].slot
        while taken[Int(slot >> 6)] & (1 << UInt64(slot & 63)) != 0 {
            slot &+= step
            if slot >= size { slot &-= size }
        }
        walks[backend].slot = slot
        return slot
    }
}

/// Whose turn it is: the k-th turn of a backend is in round `ceil(k * heaviest / weight)`.
///
/// A ring of lists, one for each round up to the longest wait; a turn costs the same however
/// different the weights are, where going through all backends in each round would not.
private struct TurnCalendar {
    private static let none = UInt32.max

    private let weights: [UInt16]
    private let heaviest: Int
    private var turns: [Int]
    private var following: [UInt32]
    private var first: [UInt32]
    private var last: [UInt32]
    private var round = 0
    /// The list of this round.
    private var bucket = 0

    init(weights: [UInt16], heaviest: UInt16) {
        self.weights = weights
        self.heaviest = Int(heaviest)
        turns = [Int](repeating: 0, count: weights.count)
        following = [UInt32](repeating: Self.none, count: weights.count)
        // No wait is longer than `heaviest` rounds.
        first = [UInt32](repeating: Self.none, count: Int(heaviest) + 1)
        last = first
        for backend in weights.indices { enter(UInt32(backend), round: 0) }
    }

    mutating func next() -> Int {
        while first[bucket] == Self.none {
            round += 1
            bucket = bucket + 1 == first.count ? 0 : bucket + 1
        }
        let backend = first[bucket]
        first[bucket] = following[Int(backend)]
        schedule(backend)
        return Int(backend)
    }

    private mutating func schedule(_ backend: UInt32) {
        let weight = Int(weights[Int(backend)])
        turns[Int(backend)] += 1
        let turn = turns[Int(backend)]
        enter(
            backend, round: weight == heaviest ? turn : (turn * heaviest + weight - 1) / weight)
    }

    private mutating func enter(_ backend: UInt32, round: Int) {
        var bucket = bucket + round - self.round
        if bucket >= first.count { bucket -= first.count }
        following[Int(backend)] = Self.none
        if first[bucket] == Self.none {
            first[bucket] = backend
        } else {
            following[Int(last[bucket])] = backend
        }
        last[bucket] = backend
    }
}
