/// Chooses the backend with the fewest open connections for its weight.
///
/// Up to `scanMax` backends are compared one by one. The scan begins one further at each choice,
/// so that among equals the turn passes on: with equal loads this is a round robin (HAProxy's
/// `leastconn` and nginx's `least_conn` do the same). Of more backends, `sampleSize` drawn
/// from the weighted sequence are compared: the power of d choices (Mitzenmacher, "The power of two
/// choices in randomized load balancing", 2001; drawn by weight as in Berenbrink, Brinkmann,
/// Friedetzky and Nagel, "Balls into non-uniform bins", 2010). The fullest backend then stays
/// within about one connection of the mean, at a cost that does not grow.
package struct LeastConnections: BitwiseCopyable, Sendable {
    /// The most backends that are all compared.
    @inlinable
    package static var scanMax: Int { 32 }

    /// How many of more backends are compared: the logarithm of ten thousand.
    @inlinable
    package static var sampleSize: Int { 14 }

    @usableFromInline
    package var rotation: RoundRobin
    @usableFromInline
    package var random: ChoiceRandom

    /// - Parameters:
    ///   - start: where the first scan begins: another place in each worker.
    ///   - seed: of what is drawn: another one in each worker of each node.
    package init(start: UInt32 = 0, seed: UInt64 = 0) {
        rotation = RoundRobin(start: start)
        random = ChoiceRandom(seed: seed)
    }

    /// The position with the smallest load for its weight; nil when there is none that takes
    /// traffic.
    ///
    /// - Parameters:
    ///   - count: how many backends there are; their positions are `0..<count`.
    ///   - places: positions to draw from, each as often as its weight: a `WeightedSequence`.
    ///   - load: the load of the backend at a position.
    @inlinable
    package mutating func next(
        of count: Int, places: Span<UInt32>, load: (Int) -> BackendLoad
    ) -> Int? {
        guard count > Self.scanMax, !places.isEmpty else {
            return scan(of: count, load: load)
        }
        return draw(from: places, load: load)
    }

    @inlinable
    package mutating func scan(of count: Int, load: (Int) -> BackendLoad) -> Int? {
        guard let start = rotation.next(of: count) else { return nil }
        var best = start
        var least = load(start)
        var position = start
        for _ in 1..<count {
            position = position + 1 == count ? 0 : position + 1
            let candidate = load(position)
            if candidate.isBetter(than: least) {
                best = position
                least = candidate
            }
        }
        return least.weight > 0 ? best : nil
    }

    @inlinable
    package mutating func draw(from places: Span<UInt32>, load: (Int) -> BackendLoad) -> Int? {
        var best = Int(places[random.below(places.count)])
        var least = load(best)
        for _ in 1..<Self.sampleSize {
            let other = Int(places[random.below(places.count)])
            let candidate = load(other)
            if candidate.isLighter(than: least) {
                best = other
                least = candidate
            }
        }
        return least.weight > 0 ? best : nil
    }
}
