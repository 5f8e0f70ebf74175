/// The random numbers of a worker's choices: one word of state that lies inside the choice itself.
///
/// SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA
/// 2014). Two workers must not have the same seed, or they choose alike. Never for secrets.
package struct ChoiceRandom: BitwiseCopyable, Sendable {
    @usableFromInline
    package var state: UInt64

    package init(seed: UInt64) {
        state = seed
    }

    @inlinable
    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }

    /// A number in `0..<count`, which is at least 1.
    ///
    /// The upper half of a 128-bit product (Lemire, "Fast random integer generation in an
    /// interval", 2019) without his rejection step: the bias is below `count` / 2^64.
    @inlinable
    package mutating func below(_ count: Int) -> Int {
        Int(
            truncatingIfNeeded: UInt64(truncatingIfNeeded: count).multipliedFullWidth(by: next())
                .high)
    }

    /// True with the given probability; always for 1 and more, never for 0 and less.
    @inlinable
    package mutating func isTrue(withChance chance: Double) -> Bool {
        Double(next() >> 11) * 0x1p-53 < chance
    }
}
