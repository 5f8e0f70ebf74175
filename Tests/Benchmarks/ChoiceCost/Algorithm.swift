import Balancing
import Primitives

/// An algorithm, and how to have it choose many times.
struct Algorithm: Sendable {
    let name: String
    /// Chooses so often in a pool; returns the sum of the chosen positions.
    let choose: @Sendable (ChoicePool, Int) -> Int

    static let all = [
        Algorithm(name: "round robin") { pool, choices in
            let places = pool.places
            var turn = RoundRobin()
            return sum(choices) { _ in turn.next(of: places.count).map { Int(places[$0]) } }
        },
        Algorithm(name: "address hash") { pool, choices in
            let places = pool.places
            return sum(choices) { choice in
                let hash = HashChoice.hash(of: IPAddress(ipv4: UInt32(truncatingIfNeeded: choice)))
                return HashChoice.place(of: hash, count: places.count).map { Int(places[$0]) }
            }
        },
        Algorithm(name: "consistent hash") { pool, choices in
            let table = pool.table
            return sum(choices) { choice in
                HashChoice.place(of: key(choice), count: table.count).map { Int(table[$0]) }
            }
        },
        Algorithm(name: "consistent hash, bounded") { pool, choices in
            let (table, loads) = (pool.table, pool.loads)
            return sum(choices) { choice in
                pool.bound.next(for: key(choice), in: table.span, total: pool.connections) {
                    loads[$0]
                }
            }
        },
        Algorithm(name: "power of two choices") { pool, choices in
            let (places, loads) = (pool.places, pool.loads)
            var pair = PowerOfTwo(seed: 1)
            return sum(choices) { _ in pair.next(in: places.span) { loads[$0] } }
        },
        Algorithm(name: "random") { pool, choices in
            let places = pool.places
            var random = RandomChoice(seed: 1)
            return sum(choices) { _ in random.next(of: places.count).map { Int(places[$0]) } }
        },
        Algorithm(name: "least response time") { pool, choices in
            let (places, loads, times) = (pool.places, pool.loads, pool.times)
            var soonest = LeastResponseTime(seed: 1)
            return sum(choices) { choice in
                let now = Instant(nanoseconds: Int64(choice) * 1_000)
                return soonest.next(in: places.span) {
                    times[$0].cost(now: now, load: loads[$0])
                }
            }
        },
        Algorithm(name: "least connections") { pool, choices in
            let (places, loads) = (pool.places, pool.loads)
            var least = LeastConnections()
            return sum(choices) { _ in
                least.next(of: pool.count, places: places.span) { loads[$0] }
            }
        },
    ]

    /// Inlined, so that what is timed is the choice and no call of a closure.
    @inline(__always)
    private static func sum(_ choices: Int, _ choose: (Int) -> Int?) -> Int {
        var sum = 0
        for choice in 0..<choices { sum &+= choose(choice) ?? 0 }
        return sum
    }

    @inline(__always)
    private static func key(_ choice: Int) -> UInt64 {
        UInt64(truncatingIfNeeded: choice) &* 0x9E37_79B9_7F4A_7C15
    }
}
