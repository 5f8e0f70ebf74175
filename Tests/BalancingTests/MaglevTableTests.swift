import Balancing
import Primitives
import Testing

@Suite("Maglev tables")
struct MaglevTableTests {
    private func names(_ count: Int, seed: UInt64) -> [UInt64] {
        (0..<count).map { index in
            var hash = StableHash()
            hash.combine(seed)
            hash.combine("10.0.\(index / 256).\(index % 256):80")
            return hash.value
        }
    }

    private func counts(_ table: [UInt32], _ count: Int) -> [Int] {
        var counts = [Int](repeating: 0, count: count)
        for position in table { counts[Int(position)] += 1 }
        return counts
    }

    @Test("All sizes are primes and give each backend at least 25 slots, and 100 in usual pools")
    func sizes() {
        for size in MaglevTable.sizes {
            let divisor = (2..<1_100).first { size % $0 == 0 }
            #expect(divisor == nil)
        }
        for count in [1, 3, 655, 656, 5_000, 10_485] {
            #expect(MaglevTable.size(for: count) >= (count <= 655 ? 100 : 25) * count)
        }
        #expect(MaglevTable.size(for: 3) == 65_537)
        #expect(MaglevTable.size(for: 1_000_000) == MaglevTable.sizeMax)
    }

    @Test("Backends of equal weight have equally many slots", arguments: [1, 2, 3, 10, 100, 600])
    func balance(count: Int) throws {
        let size = MaglevTable.size(for: count)
        let table = MaglevTable.build(
            names: names(count, seed: 1), weights: Array(repeating: 7, count: count), size: size)
        let counts = counts(table, count)
        #expect(table.count == size)
        #expect(try #require(counts.max()) - (try #require(counts.min())) <= 1)
    }

    @Test("Slots are in proportion to the weights", arguments: UInt64(0)..<8)
    func weights(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let weights = (0..<20).map { _ in UInt16.random(in: 0...100, using: &random) }
        let table = MaglevTable.build(names: names(20, seed: seed), weights: weights, size: 65_537)
        let sum = Double(weights.reduce(0, +))
        for (weight, count) in zip(weights, counts(table, 20)) {
            #expect(abs(Double(count) - 65_537 * Double(weight) / sum) <= 2)
        }
    }

    @Test("The order in which a node knows the backends makes no difference")
    func order() {
        let count = 50
        let names = names(count, seed: 3)
        let weights = (0..<count).map { UInt16($0 % 4 + 1) }
        let shuffled = (0..<count).map { $0 * 7 % count }
        let table = MaglevTable.build(names: names, weights: weights, size: 65_537)
        let other = MaglevTable.build(
            names: shuffled.map { names[$0] }, weights: shuffled.map { weights[$0] }, size: 65_537)
        #expect(table == other.map { UInt32(shuffled[Int($0)]) })
    }

    @Test(
        "One of n that goes moves at most 1/n of the keys and two in a hundred",
        arguments: [2, 3, 5, 10, 50, 200, 655], [false, true])
    func disruption(count: Int, isWeighted: Bool) {
        let names = names(count, seed: 5)
        var weights = (0..<count).map { UInt16(isWeighted ? $0 % 3 + 1 : 1) }
        let size = MaglevTable.size(for: count)
        let before = MaglevTable.build(names: names, weights: weights, size: size)
        for gone in [0, count / 2, count - 1] {
            let weight = weights[gone]
            weights[gone] = 0
            let after = MaglevTable.build(names: names, weights: weights, size: size)
            weights[gone] = weight
            let moved = zip(before, after).count { $0 != $1 }
            let own = before.count { $0 == UInt32(gone) }
            #expect(!after.contains(UInt32(gone)))
            #expect(Double(moved - own) / Double(size) <= 0.02)
            if !isWeighted { #expect(Double(moved) / Double(size) <= 1 / Double(count) + 0.02) }
        }
    }

    @Test("A table without weights is empty, and one name may come twice")
    func degenerate() {
        #expect(MaglevTable.build(names: [], weights: [], size: 7).isEmpty)
        #expect(MaglevTable.build(names: [1, 2], weights: [0, 0], size: 7).isEmpty)
        let twice = MaglevTable.build(names: [5, 5], weights: [1, 1], size: 13)
        #expect(counts(twice, 2) == [7, 6])
        // More backends than slots: some go without.
        let crowded = MaglevTable.build(
            names: (0..<40).map { $0 }, weights: Array(repeating: 1, count: 40), size: 13)
        #expect(crowded.count == 13)
        #expect(Set(crowded).count == 13)
    }

    @Test("A very heavy backend among light ones is no trouble")
    func skewed() {
        let count = 500
        let weights = [UInt16.max] + Array(repeating: UInt16(1), count: count - 1)
        let table = MaglevTable.build(names: names(count, seed: 9), weights: weights, size: 65_537)
        let counts = counts(table, count)
        #expect(counts.dropFirst().allSatisfy { (1...2).contains($0) })
    }
}
