import Balancing
import Primitives
import Testing

@Suite("Weighted sequences")
struct WeightedSequenceTests {
    @Test(
        "Smooth order is nginx's",
        arguments: [
            ([5, 1, 1], [0, 0, 1, 0, 2, 0, 0]),
            ([3, 2, 1], [0, 1, 0, 2, 1, 0]),
            ([2, 4], [1, 0, 1]),
            ([1, 1, 1], [0, 1, 2]),
            ([7, 7], [0, 1]),
            ([0, 2, 0, 1], [1, 3, 1]),
            ([9], [0]),
            ([0, 0], []),
            ([], []),
        ] as [([UInt16], [UInt32])])
    func smooth(weights: [UInt16], expected: [UInt32]) {
        #expect(WeightedSequence.smooth(weights: weights) == expected)
    }

    @Test(
        "In blocks each takes all its turns in a row",
        arguments: [
            ([3, 2, 1], [0, 0, 0, 1, 1, 2]),
            ([4, 2], [0, 0, 0, 0, 1, 1]),
            ([0, 1, 2], [1, 2, 2]),
            ([], []),
        ] as [([UInt16], [UInt32])])
    func blocks(weights: [UInt16], expected: [UInt32]) {
        #expect(WeightedSequence.blocks(weights: weights) == expected)
    }

    @Test("Round robin over a sequence gives A A A B B C A ...")
    func rotation() {
        let sequence = WeightedSequence.blocks(weights: [3, 2, 1])
        var turn = RoundRobin()
        let turns = (0..<8).compactMap { _ in turn.next(of: sequence.count) }
        #expect(turns.map { sequence[$0] } == [0, 0, 0, 1, 1, 2, 0, 0])
    }

    /// nginx's loop as it stands in ngx_http_upstream_get_peer, one backend after the other.
    private func reference(_ weights: [UInt16]) -> [UInt32] {
        var credits = [Int](repeating: 0, count: weights.count)
        let sum = weights.reduce(0) { $0 + Int($1) }
        return (0..<sum).map { _ in
            for index in weights.indices { credits[index] += Int(weights[index]) }
            var best = 0
            for index in weights.indices where credits[index] > credits[best] { best = index }
            credits[best] -= sum
            return UInt32(best)
        }
    }

    @Test("Groups of equal weight change nothing in the order", arguments: UInt64(0)..<64)
    func sameAsReference(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let heaviest = UInt16.random(in: 1...20, using: &random)
        // A weight of 1 keeps the common divisor at 1.
        let others = Int.random(in: 0..<30, using: &random)
        let weights =
            [1] + (0..<others).map { _ in UInt16.random(in: 0...heaviest, using: &random) }
        #expect(WeightedSequence.smooth(weights: weights) == reference(weights))
    }

    @Test("Nobody waits longer than twice its interval", arguments: UInt64(0)..<16)
    func interleaved(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let weights = (0..<12).map { _ in UInt16.random(in: 1...50, using: &random) }
        let sequence = WeightedSequence.smooth(weights: weights)
        for position in weights.indices {
            let places = sequence.indices.filter { sequence[$0] == UInt32(position) }
            let gaps = zip(places, places.dropFirst() + [sequence.count + places[0]]).map {
                $1 - $0
            }
            #expect((gaps.max() ?? 0) * places.count <= 2 * sequence.count + places.count)
        }
    }

    @Test("Too long sequences are scaled within half a place", arguments: UInt64(0)..<16)
    func scaled(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let count = Int.random(in: 2...300, using: &random)
        let weights = (0..<count).map { _ in UInt16.random(in: 0...UInt16.max, using: &random) }
        let limit = 2_000
        for sequence in [
            WeightedSequence.smooth(weights: weights, lengthMax: limit),
            WeightedSequence.blocks(weights: weights, lengthMax: limit),
        ] {
            #expect(sequence.count <= limit)
            var places = [Int](repeating: 0, count: count)
            for position in sequence { places[Int(position)] += 1 }
            // The scale that was used is not known: any that fits all backends will do.
            let sum = weights.reduce(0) { $0 + Double($1) }
            let scale = Double(limit - weights.count { $0 > 0 }) / sum
            let divisor = Double(sequence.count) / (scale * sum)
            for (weight, places) in zip(weights, places) {
                guard weight > 0 else {
                    #expect(places == 0)
                    continue
                }
                #expect(places >= 1)
                if divisor > 0.9 {
                    #expect(abs(Double(places) - max(1, Double(weight) * scale)) <= 0.51)
                }
            }
        }
    }

    @Test("More backends than the limit have a place each")
    func manyBackends() {
        let weights = (0..<1_000).map { UInt16($0 % 7 + 1) }
        let sequence = WeightedSequence.smooth(weights: weights, lengthMax: 100)
        #expect(sequence == (0..<1_000).map { UInt32($0) })
    }
}
