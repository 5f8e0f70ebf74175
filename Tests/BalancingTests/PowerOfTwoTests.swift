import Balancing
import Primitives
import Testing

@Suite("The better of two")
struct PowerOfTwoTests {
    private let nowhere: [UInt32] = []

    @Test("Balls into bins: far less uneven than one random choice", arguments: UInt64(0)..<4)
    func ballsIntoBins(seed: UInt64) throws {
        let count = 1_000
        let places = (0..<count).map { UInt32($0) }
        var pair = PowerOfTwo(seed: seed)
        var one = RandomChoice(seed: seed)
        var better = [UInt64](repeating: 0, count: count)
        var random = better
        for _ in 0..<(10 * count) {
            let chosen = pair.next(in: places.span) { BackendLoad(connections: better[$0]) }
            better[try #require(chosen)] += 1
            let place = one.next(of: count)
            random[try #require(place)] += 1
        }
        // Theory: log2(ln n) + O(1) above the mean of 10 against sqrt(2 * 10 * ln n).
        #expect(try #require(better.max()) <= 14)
        #expect(try #require(random.max()) >= 19)
    }

    @Test("Shares are the weights", arguments: UInt64(0)..<4)
    func weighted(seed: UInt64) throws {
        let weights: [UInt16] = [10, 5, 1, 0, 4]
        let places = WeightedSequence.smooth(weights: weights)
        var choice = PowerOfTwo(seed: seed)
        var open = [UInt64](repeating: 0, count: weights.count)
        for _ in 0..<20_000 {
            let chosen = choice.next(in: places.span) {
                BackendLoad(connections: open[$0], weight: UInt32(weights[$0]))
            }
            open[try #require(chosen)] += 1
        }
        for (open, weight) in zip(open, weights) {
            #expect(abs(Double(open) - 1_000 * Double(weight)) <= 12)
        }
    }

    @Test("What is full is passed over, even if only one is not")
    func full() {
        let places = (0..<40).map { UInt32($0) }
        var choice = PowerOfTwo(seed: 1)
        for _ in 0..<200 {
            let chosen = choice.next(in: places.span) {
                BackendLoad(connections: 9, weight: $0 == 17 ? 1 : 0)
            }
            #expect(chosen == 17)
        }
        let none = choice.next(in: places.span) { _ in BackendLoad(connections: 0, weight: 0) }
        #expect(none == nil)
        let empty = choice.next(in: nowhere.span) { _ in BackendLoad(connections: 0) }
        #expect(empty == nil)
        let single: [UInt32] = [3]
        let only = choice.next(in: single.span) { _ in BackendLoad(connections: 0) }
        #expect(only == 3)
    }

    @Test("With two backends the emptier one is nearly always found")
    func two() {
        var choice = PowerOfTwo(seed: 2)
        let places: [UInt32] = [0, 1]
        let hits = (0..<1_000).count { _ in
            choice.next(in: places.span) { BackendLoad(connections: $0 == 0 ? 5 : 4) } == 1
        }
        #expect(hits > 950)
    }
}
