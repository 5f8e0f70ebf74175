/// Consistent hashing in which no backend gets much more than its share: a key whose backend is
/// full goes to the next that is not.
///
/// Mirrokni, Thorup and Zadimoghaddam, "Consistent hashing with bounded loads", SODA 2018; HAProxy's
/// `hash-balance-factor`. A backend is full when it has `factor * (all connections + 1) * its share
/// of the weight`, rounded up; so with a factor above 1 there is always one that is not.
package struct BoundedLoad: BitwiseCopyable, Sendable {
    /// How many slots of the table are looked at before the least loaded seen is taken.
    @inlinable
    package static var walkMax: Int { 256 }

    @usableFromInline
    package let factor: Double
    /// A hundred times the sum of the weights; 0 without a bound. Whole numbers, so that products
    /// below 2^53 are exact and all nodes agree on who is full.
    @usableFromInline
    package let weights: Double

    /// - Parameters:
    ///   - factor: in per cent, 101 or more; 125 is Google's and HAProxy's advice. 0 switches the
    ///     bound off.
    ///   - weights: the sum of all `BackendLoad.weight`, in the same units.
    @inlinable
    package init(factor: UInt32, weights: UInt64) {
        self.factor = Double(factor)
        self.weights = factor == 0 ? 0 : 100 * Double(weights)
    }

    /// The position that `table` has for the hash or, while that one is full, in the slots after it.
    /// Nil when the table is empty or none that takes traffic was found.
    ///
    /// The walk goes through a Maglev table, in which the neighbours of a backend's slots are all
    /// the others: what overflows spreads over all of them, and the same keys go to the same ones.
    ///
    /// - Parameters:
    ///   - table: a `MaglevTable`.
    ///   - total: the connections of the whole pool.
    ///   - load: the load of the backend at a position.
    @inlinable
    package func next(
        for hash: UInt64, in table: Span<UInt32>, total: UInt64, load: (Int) -> BackendLoad
    ) -> Int? {
        guard var slot = HashChoice.place(of: hash, count: table.count) else { return nil }
        let capacity = factor * (Double(total) + 1)
        var best = Int(table[slot])
        var least = load(best)
        for _ in 0..<Self.walkMax {
            let position = Int(table[slot])
            let candidate = load(position)
            // Below the capacity rounded up means below the capacity, for a whole number.
            if candidate.weight > 0,
                weights == 0
                    || Double(candidate.connections) * weights < capacity * Double(candidate.weight)
            {
                return position
            }
            if candidate.isBetter(than: least) {
                best = position
                least = candidate
            }
            slot = slot + 1 == table.count ? 0 : slot + 1
        }
        return least.weight > 0 ? best : nil
    }
}
