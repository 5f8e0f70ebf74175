/// Chooses one of `count` places at random, each with the same probability.
///
/// Over the places of a `WeightedSequence` each backend is chosen in proportion to its weight. It
/// needs no memory of earlier choices, so any number of nodes and workers spread evenly together.
package struct RandomChoice: BitwiseCopyable, Sendable {
    @usableFromInline
    package var random: ChoiceRandom

    /// - Parameter seed: another one in each worker.
    package init(seed: UInt64) {
        random = ChoiceRandom(seed: seed)
    }

    /// A random place; nil when `count` is 0.
    @inlinable
    package mutating func next(of count: Int) -> Int? {
        count > 0 ? random.below(count) : nil
    }
}
