/// Orders in which backends take turns in proportion to their weights, computed when a pool changes
/// so that each choice is one step or one draw, however many backends there are.
///
/// A sequence holds positions in the array of weights. Round robin walks through it, random choice
/// and P2C draw from it. A backend of weight 0 has no place in it.
package enum WeightedSequence {
    /// The usual limit of a sequence's length: 1 MiB of places.
    package static let lengthMax = 1 << 18

    /// One period of nginx's smooth weighted round robin (commit 52327e0627f4, 2012): at each turn
    /// every backend gains its weight, the one that has most takes the turn and loses the sum of
    /// all weights. Weights 5, 1, 1 give A A B A C A A. Equal weights give 0, 1, 2, ...
    ///
    /// Weights are divided by their greatest common divisor. Where their sum still exceeds
    /// `lengthMax` they are scaled to fit and rounded, each to at least 1: a backend then has at
    /// most half a place more or less than its due, or one place where it is due less than one.
    /// The length never exceeds `lengthMax` or the number of backends, whichever is more.
    package static func smooth(weights: [UInt16], lengthMax: Int = lengthMax) -> [UInt32] {
        var turns = SmoothTurns(weights: places(of: weights, lengthMax: lengthMax, reduced: true))
        return turns.period()
    }

    /// Each backend takes all its turns in a row: weights 3, 2, 1 give A A A B B C.
    ///
    /// Too long sequences are scaled as in `smooth`.
    package static func blocks(weights: [UInt16], lengthMax: Int = lengthMax) -> [UInt32] {
        let places = places(of: weights, lengthMax: lengthMax, reduced: false)
        var sequence: [UInt32] = []
        sequence.reserveCapacity(places.reduce(0, +))
        for (position, count) in places.enumerated() {
            sequence.append(contentsOf: repeatElement(UInt32(position), count: count))
        }
        return sequence
    }

    /// How many places each backend has in a sequence that is not longer than it may be.
    private static func places(of weights: [UInt16], lengthMax: Int, reduced: Bool) -> [Int] {
        var places = weights.map(Int.init)
        if reduced { divideByCommonDivisor(&places) }
        let sum = places.reduce(0, +)
        guard sum > lengthMax else { return places }
        // A backend may get one place more than its exact part, so as many are kept free.
        let room = max(0, lengthMax - places.count { $0 > 0 })
        for index in places.indices where places[index] > 0 {
            places[index] = max(1, (2 * places[index] * room + sum) / (2 * sum))
        }
        if reduced { divideByCommonDivisor(&places) }
        return places
    }

    private static func divideByCommonDivisor(_ numbers: inout [Int]) {
        let divisor = numbers.reduce(0, commonDivisor)
        guard divisor > 1 else { return }
        for index in numbers.indices { numbers[index] /= divisor }
    }

    private static func commonDivisor(_ left: Int, _ right: Int) -> Int {
        var (left, right) = (left, right)
        while right != 0 { (left, right) = (right, left % right) }
        return left
    }
}

/// Smooth weighted round robin over groups of equal weight.
///
/// Backends of one weight gain alike, so among them the turn rotates in their order, and only the
/// next of each group can be the one that has most: a turn costs the number of different weights.
private struct SmoothTurns {
    private struct Group {
        let weight: Int
        var members: [UInt32] = []
        /// Which member has the group's next turn.
        var next = 0
    }

    private var groups: [Group] = []
    private let sum: Int

    init(weights: [Int]) {
        sum = weights.reduce(0, +)
        var known: [Int: Int] = [:]
        for (position, weight) in weights.enumerated() where weight > 0 {
            let group = known[weight] ?? groups.count
            if group == groups.count {
                known[weight] = group
                groups.append(Group(weight: weight))
            }
            groups[group].members.append(UInt32(position))
        }
    }

    mutating func period() -> [UInt32] {
        if groups.count == 1 { return groups[0].members }
        // The innermost loop runs over these three arrays only.
        let weights = groups.map(\.weight)
        var credits = [Int](repeating: 0, count: groups.count)
        var heads = groups.map { $0.members[0] }
        var sequence: [UInt32] = []
        sequence.reserveCapacity(sum)
        for _ in 0..<sum {
            let group = Self.richest(weights, &credits, heads)
            sequence.append(heads[group])
            groups[group].next += 1
            // The next member has had one turn less, hence the same credit, but after a round.
            if groups[group].next == groups[group].members.count {
                groups[group].next = 0
                credits[group] -= sum
            }
            heads[group] = groups[group].members[groups[group].next]
        }
        return sequence
    }

    /// Adds to each group its weight and returns the one that then has most; the one whose next
    /// member stands first among equals, as in nginx.
    private static func richest(
        _ weights: [Int], _ credits: inout [Int], _ heads: [UInt32]
    ) -> Int {
        var best = 0
        var most = Int.min
        for group in weights.indices {
            let credit = credits[group] + weights[group]
            credits[group] = credit
            if credit > most || credit == most && heads[group] < heads[best] {
                best = group
                most = credit
            }
        }
        return best
    }
}
