/// Draws two backends and takes the one with fewer connections for its weight.
///
/// Mitzenmacher, "The power of two choices in randomized load balancing", 2001: the fullest backend
/// is O(log log n) above the mean instead of O(log n / log log n), and nodes that know only old
/// loads do not herd. Drawn by weight and compared by load for weight, as in Berenbrink, Brinkmann,
/// Friedetzky and Nagel, "Balls into non-uniform bins", 2010.
package struct PowerOfTwo: BitwiseCopyable, Sendable {
    /// How often a pair is drawn anew because neither of the two takes traffic.
    @inlinable
    package static var drawsMax: Int { 16 }

    @usableFromInline
    package var random: ChoiceRandom

    /// - Parameter seed: another one in each worker.
    package init(seed: UInt64) {
        random = ChoiceRandom(seed: seed)
    }

    /// The better of two positions drawn from `places`; nil when none that takes traffic was found.
    ///
    /// - Parameters:
    ///   - places: the positions of a `WeightedSequence`.
    ///   - load: the load of the backend at a position.
    @inlinable
    package mutating func next(in places: Span<UInt32>, load: (Int) -> BackendLoad) -> Int? {
        next(in: places) { first, second in
            let left = load(first)
            let right = load(second)
            let isSecond = right.isLighter(than: left)
            guard (isSecond ? right : left).weight > 0 else { return nil }
            return isSecond ? second : first
        }
    }

    /// Draws pairs of positions until `better` takes one of a pair.
    ///
    /// - Parameter better: takes two positions, which are the same only where there is one backend
    ///   or chance had it so, and returns one of them, or nil to have another pair drawn.
    @inlinable
    package mutating func next(in places: Span<UInt32>, better: (Int, Int) -> Int?) -> Int? {
        guard !places.isEmpty else { return nil }
        for _ in 0..<Self.drawsMax {
            let first = places[random.below(places.count)]
            if let taken = better(Int(first), Int(partner(of: first, in: places))) { return taken }
        }
        // Nearly all are full, or the pool is tiny: look at a stretch of the sequence in order.
        var place = random.below(places.count)
        for _ in 0..<min(places.count, 64) {
            if let taken = better(Int(places[place]), Int(places[place])) { return taken }
            place = place + 1 == places.count ? 0 : place + 1
        }
        return nil
    }

    /// Another backend than `first`; where one has nearly all places, it may be the same.
    @inlinable
    package mutating func partner(of first: UInt32, in places: Span<UInt32>) -> UInt32 {
        for _ in 0..<4 {
            let other = places[random.below(places.count)]
            if other != first { return other }
        }
        return first
    }
}
