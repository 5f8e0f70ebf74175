package import Primitives

extension StableHash {
    /// What one versioned item adds to the sum that stands for a whole view: views with equal sums
    /// hold the same items in the same versions.
    package static func fingerprint(id: UInt64, generation: UInt64, counter: UInt64) -> UInt64 {
        var hash = StableHash()
        hash.combine(id)
        hash.combine(generation)
        hash.combine(counter)
        return hash.value
    }
}
