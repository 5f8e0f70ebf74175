/// A 64-bit hash that is the same on every machine, in every process and in every release.
///
/// Views of different nodes are compared by sums of these, and keys travel as them, so
/// `Hasher` (seeded for each process) will not do. The step is SplitMix64's finaliser (Steele, Lea
/// and Flood, "Fast splittable pseudorandom number generators", 2014). It is no defence against
/// somebody who chooses the input: only holders of a cluster key can.
package struct StableHash: Sendable {
    /// The hash of everything combined so far.
    package private(set) var value: UInt64 = 0x9E37_79B9_7F4A_7C15

    package init() {}

    /// The hash of the UTF-8 bytes of `text`.
    package init(of text: String) {
        combine(text)
    }

    package mutating func combine(_ word: UInt64) {
        var mixed = (value ^ word) &+ 0x9E37_79B9_7F4A_7C15
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        value = mixed ^ (mixed >> 31)
    }

    /// Combines the UTF-8 bytes of `text`, eight at a time, and then their number.
    package mutating func combine(_ text: String) {
        var word: UInt64 = 0
        var count: UInt64 = 0
        for byte in text.utf8 {
            word = word << 8 | UInt64(byte)
            count += 1
            if count % 8 == 0 {
                combine(word)
                word = 0
            }
        }
        if count % 8 != 0 { combine(word) }
        combine(count)
    }

}
