/// Eight bytes at once, the first in the lowest place, zeros behind the last.
///
/// Hosts and paths are read in these: finding a byte, comparing and hashing cost a few
/// instructions for eight of them. (Mycroft's test for a zero byte; Warren, "Hacker's Delight",
/// section 6-1.)
struct ByteWord: BitwiseCopyable, Hashable {
    let bits: UInt64

    private static let lowBits: UInt64 = 0x0101_0101_0101_0101
    private static let highBits: UInt64 = 0x8080_8080_8080_8080

    /// The high bit of each byte that is `byte`. Behind the first, bytes that differ from it in
    /// their lowest bit only may be marked too.
    @inline(__always)
    func marks(_ byte: UInt8) -> UInt64 {
        let zeros = bits ^ (Self.lowBits &* UInt64(byte))
        return (zeros &- Self.lowBits) & ~zeros & Self.highBits
    }

    /// Its first `count` bytes, 0...8.
    @inline(__always)
    func prefix(_ count: Int) -> ByteWord {
        count >= 8
            ? self : ByteWord(bits: bits & ~(UInt64.max &<< UInt64(truncatingIfNeeded: count &* 8)))
    }

    /// With `A`...`Z` as `a`...`z`.
    @inline(__always)
    var lowercased: ByteWord {
        let sevenBits = bits & ~Self.highBits
        let fromA = sevenBits &+ Self.lowBits &* UInt64(0x80 - UInt8(ascii: "A"))
        let behindZ = sevenBits &+ Self.lowBits &* UInt64(0x7F - UInt8(ascii: "Z"))
        let letters = (fromA ^ behindZ) & ~bits & Self.highBits
        return ByteWord(bits: bits | letters &>> 2)
    }
}

/// Reading words keeps every bounds check; positions are `UInt32`, because then the optimiser can
/// prove that one comparison covers all eight bytes of a word.
extension Span<UInt8> {
    /// The eight bytes from `position` on, zeros where the span has ended.
    @inline(__always)
    func word(at position: UInt32) -> ByteWord {
        let start = Int(position)
        if start &+ 8 <= count { return ByteWord(bits: wholeWord(at: start)) }
        guard start < count else { return ByteWord(bits: 0) }
        guard count >= 8 else { return shortWord(at: start) }
        // Read earlier and shifted, not byte by byte.
        let earlier = Int(UInt32(truncatingIfNeeded: count &- 8))
        guard earlier &+ 8 <= count else { return ByteWord(bits: 0) }
        return ByteWord(bits: wholeWord(at: earlier) &>> UInt64((start &- earlier) &* 8))
    }

    @inline(__always)
    private func wholeWord(at start: Int) -> UInt64 {
        let low =
            UInt64(self[start]) | UInt64(self[start &+ 1]) << 8
            | UInt64(self[start &+ 2]) << 16 | UInt64(self[start &+ 3]) << 24
        let high =
            UInt64(self[start &+ 4]) | UInt64(self[start &+ 5]) << 8
            | UInt64(self[start &+ 6]) << 16 | UInt64(self[start &+ 7]) << 24
        return low | high << 32
    }

    @inline(never)
    private func shortWord(at start: Int) -> ByteWord {
        var bits: UInt64 = 0
        for index in (start..<Swift.min(start + 8, count)).reversed() {
            bits = bits << 8 | UInt64(self[index])
        }
        return ByteWord(bits: bits)
    }
}
