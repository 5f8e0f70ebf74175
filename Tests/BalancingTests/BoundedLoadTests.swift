import Balancing
import Primitives
import Testing

@Suite("Consistent hashing with bounded load")
struct BoundedLoadTests {
    private let count = 20
    private let table = MaglevTable.build(
        names: (0..<20).map { StableHash(of: "backend \($0)").value },
        weights: Array(repeating: 1, count: 20), size: 65_537)

    private func hash(_ key: Int) -> UInt64 { StableHash(of: "key \(key)").value }

    @Test("Nobody gets more than the factor allows", arguments: [110, 125, 200] as [UInt32])
    func bound(factor: UInt32) throws {
        let rule = BoundedLoad(factor: factor, weights: UInt64(count))
        var open = [UInt64](repeating: 0, count: count)
        var random = SeededRandom(seed: 4)
        for total in 0..<5_000 {
            // A few keys have most of the traffic.
            let key =
                Int.random(in: 0..<3, using: &random) > 0
                ? Int.random(in: 0..<3, using: &random) : Int.random(in: 3..<10_000, using: &random)
            let chosen = rule.next(for: hash(key), in: table.span, total: UInt64(total)) {
                BackendLoad(connections: open[$0])
            }
            open[try #require(chosen)] += 1
            let shares = 100 * UInt64(count)
            let capacity = (UInt64(factor) * UInt64(total + 1) + shares - 1) / shares
            #expect(try #require(open.max()) <= capacity)
        }
    }

    @Test("A key keeps its backend while that has room, and goes to the same other one when not")
    func sticky() {
        let rule = BoundedLoad(factor: 125, weights: UInt64(count))
        var others: Set<Int> = []
        for key in 0..<400 {
            let own = Int(table[Int(hash(key) % 65_537)])
            func choose(own load: UInt64) -> Int? {
                rule.next(for: hash(key), in: table.span, total: 200) {
                    BackendLoad(connections: $0 == own ? load : 10)
                }
            }
            #expect(choose(own: 12) == own)
            let other = choose(own: 13)
            #expect(other != own)
            #expect(choose(own: 99) == other)
            if own == 0, let other { others.insert(other) }
        }
        // What one backend cannot take spreads over many others.
        #expect(others.count > 8)
    }

    @Test("Weights raise the bound, and those that take nothing are passed over")
    func weights() {
        let own = Int(table[Int(hash(1) % 65_537)])
        let rule = BoundedLoad(factor: 125, weights: 100)
        func choose(weight: UInt32, connections: UInt64) -> Int? {
            rule.next(for: hash(1), in: table.span, total: 99) {
                BackendLoad(
                    connections: $0 == own ? connections : 0, weight: $0 == own ? weight : 5)
            }
        }
        #expect(choose(weight: 8, connections: 9) == own)
        #expect(choose(weight: 8, connections: 10) != own)
        #expect(choose(weight: 80, connections: 99) == own)
        #expect(choose(weight: 0, connections: 0) != own)
    }

    @Test("Without a bound it is the table's entry; with everybody over it, the least loaded")
    func extremes() throws {
        let own = Int(table[Int(hash(1) % 65_537)])
        let open = BoundedLoad(factor: 0, weights: UInt64(count))
        let first = open.next(for: hash(1), in: table.span, total: 10) { _ in
            BackendLoad(connections: 1_000_000)
        }
        #expect(first == own)
        let second = open.next(for: hash(1), in: table.span, total: 10) {
            BackendLoad(connections: 1, weight: $0 == own ? 0 : 1)
        }
        #expect(second != own)
        #expect(second != nil)
        // A total that is older than the loads: nobody is below the bound.
        let rule = BoundedLoad(factor: 125, weights: UInt64(count))
        let least = rule.next(for: hash(1), in: table.span, total: 0) {
            BackendLoad(connections: $0 == 11 ? 50 : 60)
        }
        #expect(least == 11)
        let full = rule.next(for: hash(1), in: table.span, total: 0) { _ in
            BackendLoad(connections: 0, weight: 0)
        }
        #expect(full == nil)
        let empty: [UInt32] = []
        let none = rule.next(for: 1, in: empty.span, total: 0) { _ in BackendLoad(connections: 0) }
        #expect(none == nil)
    }
}
