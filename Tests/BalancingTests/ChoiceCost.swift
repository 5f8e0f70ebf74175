import Balancing
import Primitives

/// What a choice costs by each algorithm among so many backends: how many loads it reads, and how
/// long it takes by a clock that the caller brings.
struct ChoiceCost {
    let algorithm: String
    let backends: Int
    /// On average, for one choice.
    let loadsRead: Double
    let nanoseconds: Double

    static func all(
        backends count: Int, rounds: Int = 100_000, now: () -> Int64
    ) -> [ChoiceCost] {
        let pool = Pool(count)
        let places = pool.places
        let table = pool.table
        var turn = RoundRobin()
        var random = RandomChoice(seed: 1)
        var pair = PowerOfTwo(seed: 1)
        var least = LeastConnections()
        var soonest = LeastResponseTime(seed: 1)
        let bound = BoundedLoad(factor: 125, weights: pool.sum)
        let total = 10 * pool.sum
        func measure(_ algorithm: String, _ choose: (Int) -> Int?) -> ChoiceCost {
            pool.read = 0
            let start = now()
            for round in 0..<rounds {
                if let position = choose(round) { pool.taken &+= position }
            }
            let elapsed = now() - start
            return ChoiceCost(
                algorithm: algorithm, backends: count,
                loadsRead: Double(pool.read) / Double(rounds),
                nanoseconds: Double(elapsed) / Double(rounds))
        }
        return [
            measure("round robin") { _ in turn.next(of: places.count).map { Int(places[$0]) } },
            measure("random") { _ in random.next(of: places.count).map { Int(places[$0]) } },
            measure("address hash") { round in
                let hash = HashChoice.hash(of: IPAddress(ipv4: UInt32(round)))
                return HashChoice.place(of: hash, count: places.count).map { Int(places[$0]) }
            },
            measure("consistent hash") { round in
                bound.next(for: pool.key(round), in: table.span, total: total, load: pool.load)
            },
            measure("power of two") { _ in pair.next(in: places.span, load: pool.load) },
            measure("least response time") { round in
                let now = Instant(nanoseconds: Int64(round) * 1_000)
                return soonest.next(in: places.span) {
                    pool.times[$0].cost(now: now, load: pool.load($0))
                }
            },
            measure("least connections") { _ in
                least.next(of: count, places: places.span, load: pool.load)
            },
        ]
    }

    /// Backends of the weights 1, 2 and 3 with ten connections for each unit of it.
    private final class Pool {
        let places: [UInt32]
        let table: [UInt32]
        let times: [PeakEWMA]
        let sum: UInt64
        private let loads: [BackendLoad]
        var read = 0
        /// Keeps the compiler from leaving out what is measured.
        var taken = 0

        init(_ count: Int) {
            let weights = (0..<count).map { UInt16($0 % 3 + 1) }
            places = WeightedSequence.smooth(weights: weights)
            table = MaglevTable.build(
                names: (0..<count).map { StableHash(of: "backend \($0)").value },
                weights: weights, size: MaglevTable.size(for: count))
            sum = weights.reduce(0) { $0 + UInt64($1) }
            loads = weights.map {
                BackendLoad(connections: 10 * UInt64($0), weight: UInt32($0))
            }
            times = (0..<count).map { index in
                var time = PeakEWMA()
                time.record(Int64(index % 17 + 1) * 1_000_000, now: .zero)
                return time
            }
        }

        func key(_ round: Int) -> UInt64 { UInt64(round) &* 0x9E37_79B9_7F4A_7C15 }

        func load(_ position: Int) -> BackendLoad {
            read += 1
            return loads[position]
        }
    }
}
