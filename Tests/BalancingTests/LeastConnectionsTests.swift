import Balancing
import Primitives
import Testing

@Suite("Least connections")
struct LeastConnectionsTests {
    private let nowhere: [UInt32] = []

    @Test(
        "The smallest load is taken",
        arguments: [([3, 1, 2], 1), ([0, 0, 0], 0), ([5], 0), ([9, 9, 8, 9], 2)]
            as [([UInt64], Int)])
    func least(loads: [UInt64], expected: Int) {
        var choice = LeastConnections()
        let chosen = choice.next(of: loads.count, places: nowhere.span) {
            BackendLoad(connections: loads[$0])
        }
        #expect(chosen == expected)
    }

    @Test("Among equals the turn passes on, and with none there is no choice")
    func ties() {
        var choice = LeastConnections()
        let turns = (0..<6).map { _ in
            choice.next(of: 3, places: nowhere.span) { _ in BackendLoad(connections: 4) }
        }
        #expect(turns == [0, 1, 2, 0, 1, 2])
        let none = choice.next(of: 0, places: nowhere.span) { _ in BackendLoad(connections: 0) }
        #expect(none == nil)
    }

    @Test("Connections that stay open spread evenly over the backends", arguments: UInt64(0)..<16)
    func spread(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var choice = LeastConnections()
        var open = [UInt64](repeating: 0, count: 7)
        for _ in 0..<2_000 {
            if Int.random(in: 0..<3, using: &random) > 0,
                let chosen = choice.next(
                    of: 7, places: nowhere.span, load: { BackendLoad(connections: open[$0]) })
            {
                #expect(open[chosen] == open.min())
                open[chosen] += 1
            } else {
                let leaving = Int.random(in: 0..<7, using: &random)
                open[leaving] -= min(open[leaving], 1)
            }
        }
    }

    @Test(
        "The load after the new connection is compared with the weight",
        arguments: [
            ([0, 0], [1, 3], 1),
            ([1, 3], [1, 3], 1),
            ([0, 2], [1, 3], 0),
            ([4, 9], [100, 200], 0),
            ([4, 9], [100, 201], 1),
            ([0, 7], [0, 1], 1),
            ([4_000_000_000, 4_294_967_295], [16_776_960, 16_776_960], 0),
        ] as [([UInt64], [UInt32], Int)])
    func weighted(connections: [UInt64], weights: [UInt32], expected: Int) {
        var choice = LeastConnections()
        let chosen = choice.next(of: connections.count, places: nowhere.span) {
            BackendLoad(connections: connections[$0], weight: weights[$0])
        }
        #expect(chosen == expected)
    }

    @Test("None is chosen when all are full, whether scanned or drawn", arguments: [3, 500])
    func full(count: Int) {
        var choice = LeastConnections()
        let places = (0..<count).map { UInt32($0) }
        let chosen = choice.next(of: count, places: places.span) { _ in
            BackendLoad(connections: 0, weight: 0)
        }
        #expect(chosen == nil)
    }

    @Test(
        "With no connection closing, shares are the weights, give or take one",
        arguments: UInt64(0)..<8)
    func shares(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let weights = (0..<20).map { _ in UInt32.random(in: 1...50, using: &random) }
        var open = [UInt64](repeating: 0, count: 20)
        var choice = LeastConnections(start: UInt32(seed), seed: UInt64(seed))
        let rounds = 7 * weights.reduce(0, +)
        for _ in 0..<rounds {
            let chosen = choice.next(of: 20, places: nowhere.span) {
                BackendLoad(connections: open[$0], weight: weights[$0])
            }
            if let chosen { open[chosen] += 1 }
        }
        for (open, weight) in zip(open, weights) {
            #expect(abs(Int(open) - 7 * Int(weight)) <= 1)
        }
    }

    /// Fills a pool with ten connections for each unit of weight and returns, for each backend, how
    /// many it has more than that for a unit.
    private func excess(weights: [UInt16], seed: UInt32) -> [Double] {
        let places = WeightedSequence.smooth(weights: weights)
        var open = [UInt64](repeating: 0, count: weights.count)
        var choice = LeastConnections(start: seed, seed: UInt64(seed))
        for _ in 0..<(10 * weights.reduce(0) { $0 + Int($1) }) {
            let chosen = choice.next(of: weights.count, places: places.span) {
                BackendLoad(connections: open[$0], weight: UInt32(weights[$0]))
            }
            if let chosen { open[chosen] += 1 }
        }
        return zip(open, weights).map { Double($0) / Double($1) - 10 }
    }

    @Test("Of many backends the fullest stays close to the mean", arguments: UInt32(0)..<4)
    func manyBackends(seed: UInt32) throws {
        let equal = excess(weights: Array(repeating: 1, count: 1_000), seed: seed)
        #expect(try #require(equal.max()) <= 1)
        #expect(try #require(equal.min()) >= -3)
        // One of a thousand has half of the weight: it is drawn as often as it should be chosen.
        let heavy = excess(weights: [999] + Array(repeating: 1, count: 999), seed: seed)
        #expect(abs(heavy[0]) < 1)
        #expect(try #require(heavy.max()) <= 2)
    }
}
