package import Primitives

/// Lets a backend that has just come up take its share of traffic little by little.
///
/// Envoy's slow start with an aggression of 1 and a least weight of 10 %: the factor grows linearly
/// over the window. Choices by load divide by a weight that is multiplied with it (`weight`);
/// choices from a sequence accept a place with that probability (`Acceptance`).
package enum SlowStart {
    /// The share of its weight that a backend has in the first moment.
    @inlinable
    package static var least: Double { 0.1 }

    /// How many units of `BackendLoad.weight` one unit of configured weight is.
    @inlinable
    package static var weightUnit: UInt32 { 256 }

    /// The share of its weight that a backend has at `now`, `least`...1.
    ///
    /// - Parameters:
    ///   - since: when it came up.
    ///   - window: how long it takes until it has all of it, in nanoseconds; 1 at once for 0.
    @inlinable
    package static func factor(since: Instant, now: Instant, window: Int64) -> Double {
        let elapsed = now.nanoseconds &- since.nanoseconds
        guard elapsed < window else { return 1 }
        return max(least, Double(elapsed) / Double(window))
    }

    /// A configured weight with its slow-start factor, as `BackendLoad` takes it: all loads of a
    /// pool must be made like this, or none. At least 1, but for the weight 0.
    @inlinable
    package static func weight(_ weight: UInt16, factor: Double) -> UInt32 {
        guard weight > 0 else { return 0 }
        return max(1, UInt32(Double(weight) * Double(weightUnit) * min(max(factor, 0), 1)))
    }
}

/// Draws from a sequence when some of its backends take less than their share: those in slow start
/// by chance, those that are full not at all.
package enum Acceptance {
    /// How many places are drawn before the best of them is taken.
    @inlinable
    package static var drawsMax: Int { 16 }

    /// The first place that accepts: `first`, else others at random; after `drawsMax` the one with
    /// the best chance. Nil when none with a chance was found.
    ///
    /// At random, not the next in line: else the neighbour of a slow backend would get its traffic.
    /// With everybody accepting it costs one call of `chance`.
    ///
    /// - Parameters:
    ///   - first: the place that the algorithm chose, in `0..<count`.
    ///   - chance: the probability that a place accepts: 1 for a backend that takes its full share,
    ///     the slow-start factor, or 0 for one that takes nothing now.
    @inlinable
    package static func place(
        _ first: Int, of count: Int, random: inout ChoiceRandom, chance: (Int) -> Double
    ) -> Int? {
        var place = first
        var best: Int?
        var bestChance = 0.0
        for _ in 0..<drawsMax {
            let probability = chance(place)
            if probability >= 1 || random.isTrue(withChance: probability) { return place }
            if probability > bestChance {
                best = place
                bestChance = probability
            }
            place = random.below(count)
        }
        return best ?? next(after: place, of: count, chance: chance)
    }

    /// Nearly all are full: a stretch of the sequence in order.
    @inlinable
    package static func next(after place: Int, of count: Int, chance: (Int) -> Double) -> Int? {
        var place = place
        for _ in 0..<min(count, 64) {
            if chance(place) > 0 { return place }
            place = place + 1 == count ? 0 : place + 1
        }
        return nil
    }
}
