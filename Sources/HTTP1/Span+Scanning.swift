/// How the parsers read a stranger's bytes: with every bounds check, at positions that are
/// `UInt32`, because then the optimiser can prove that one comparison covers all eight of a word.
extension Span<UInt8> {
    /// The byte at `position`, or nil behind the end.
    @inline(__always)
    func byte(at position: UInt32) -> UInt8? {
        Int(position) < count ? self[Int(position)] : nil
    }

    /// The eight bytes from `position` on, zeros where the span has ended.
    @inline(__always)
    func word(at position: UInt32) -> ByteWord {
        let start = Int(position)
        guard start &+ 8 <= count else { return lastWord(at: start) }
        return ByteWord(bits: wholeWord(at: start))
    }

    /// A word that the end of the span cuts short: read earlier and shifted, not byte by byte.
    @inline(__always)
    private func lastWord(at start: Int) -> ByteWord {
        guard start < count else { return ByteWord() }
        guard count >= 8 else { return shortWord(at: start) }
        let earlier = Int(UInt32(truncatingIfNeeded: count &- 8))
        guard earlier &+ 8 <= count else { return ByteWord() }
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

    /// A word of a span of fewer than eight bytes.
    @inline(never)
    private func shortWord(at start: Int) -> ByteWord {
        var bits: UInt64 = 0
        for index in start..<count {
            bits |= UInt64(self[index]) << UInt64((index - start) * 8)
        }
        return ByteWord(bits: bits)
    }

    /// The first position from `start` on whose byte `stops` marks; it may lie behind the end.
    ///
    /// `stops` must mark zero bytes, as every class of this module does: they stand behind the
    /// end of the span. The position moves on by constants until the last word, so that loads
    /// need not wait for one another.
    @inline(__always)
    func firstStop(from start: UInt32, _ stops: (ByteWord) -> ByteMask) -> UInt32 {
        var position = start
        var mask = stops(word(at: position))
        while mask.isEmpty {
            position &+= 8
            mask = stops(word(at: position))
        }
        return position &+ mask.firstIndex
    }

    /// Whether `range` spells the same as `other`, ASCII letters compared without case.
    func equalsIgnoringCase(_ range: ByteRange, _ other: ByteRange) -> Bool {
        guard range.count == other.count else { return false }
        for offset in 0..<range.count {
            let left = self[range.lowerBound + offset]
            let right = self[other.lowerBound + offset]
            guard ByteClass.lowercased(left) == ByteClass.lowercased(right) else { return false }
        }
        return true
    }
}
