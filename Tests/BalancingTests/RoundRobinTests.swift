import Balancing
import Primitives
import Testing

@Suite("Round robin and random choice")
struct RoundRobinTests {
    @Test("Round robin goes through all in turn, from where it starts")
    func roundRobin() {
        var choice = RoundRobin(start: 1)
        #expect((0..<7).map { _ in choice.next(of: 3) } == [1, 2, 0, 1, 2, 0, 1])
        #expect(choice.next(of: 0) == nil)
        #expect(choice.next(of: 1) == 0)
    }

    @Test("Round robin stays in range when the pool shrinks and grows", arguments: UInt64(0)..<32)
    func changingPool(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var choice = RoundRobin(start: UInt32.random(in: 0...1_000, using: &random))
        for _ in 0..<200 {
            let count = Int.random(in: 0..<8, using: &random)
            let position = choice.next(of: count)
            #expect(position.map { (0..<count).contains($0) } ?? (count == 0))
        }
    }

    @Test("Random choice takes every place equally often", arguments: UInt64(0)..<8)
    func uniform(seed: UInt64) {
        for count in [2, 3, 10, 97] {
            var choice = RandomChoice(seed: seed)
            var hits = [Int](repeating: 0, count: count)
            for _ in 0..<(count * 1_000) {
                if let place = choice.next(of: count) { hits[place] += 1 }
            }
            #expect(ChiSquare(hits, shares: hits.map { _ in 1 }).isPlausible)
        }
        var choice = RandomChoice(seed: seed)
        #expect(choice.next(of: 0) == nil)
    }

    @Test("Random choice from a weighted sequence keeps to the weights", arguments: UInt64(0)..<8)
    func weighted(seed: UInt64) {
        let weights: [UInt16] = [5, 1, 0, 3, 1]
        let sequence = WeightedSequence.smooth(weights: weights)
        var choice = RandomChoice(seed: seed)
        var hits = [Int](repeating: 0, count: weights.count)
        for _ in 0..<10_000 {
            if let place = choice.next(of: sequence.count) { hits[Int(sequence[place])] += 1 }
        }
        #expect(hits[2] == 0)
        #expect(ChiSquare(hits, shares: weights.map(Double.init)).isPlausible)
    }
}
