/// Eight bytes of a message looked at together, the first one lowest.
///
/// The masks below have the high bit of a byte set where that byte belongs to a class. They are
/// exact up to and including their first hit, which is all that a scan from left to right needs;
/// the subtractions can carry a false hit only into the bytes behind a true one.
struct ByteWord: Equatable {
    let bits: UInt64

    @inline(__always)
    init(bits: UInt64) {
        self.bits = bits
    }

    /// The word that spells up to eight ASCII characters, zeros behind them.
    @inline(__always)
    init(
        _ a: Unicode.Scalar = "\0", _ b: Unicode.Scalar = "\0", _ c: Unicode.Scalar = "\0",
        _ d: Unicode.Scalar = "\0", _ e: Unicode.Scalar = "\0", _ f: Unicode.Scalar = "\0",
        _ g: Unicode.Scalar = "\0", _ h: Unicode.Scalar = "\0"
    ) {
        let low =
            UInt64(a.value) | UInt64(b.value) << 8 | UInt64(c.value) << 16 | UInt64(d.value) << 24
        let high =
            UInt64(e.value) | UInt64(f.value) << 8 | UInt64(g.value) << 16 | UInt64(h.value) << 24
        bits = low | high << 32
    }

    @inline(__always)
    static func repeating(_ byte: UInt8) -> UInt64 {
        UInt64(byte) &* 0x0101_0101_0101_0101
    }

    /// The byte at `index` (0...7).
    @inline(__always)
    func byte(at index: UInt32) -> UInt8 {
        UInt8(truncatingIfNeeded: bits &>> (UInt64(index) &* 8))
    }

    /// The seven bytes behind the first.
    @inline(__always)
    var behindFirst: ByteWord { ByteWord(bits: bits &>> 8) }

    /// The first `count` bytes (1...8), zeros behind them.
    @inline(__always)
    func prefix(_ count: UInt32) -> ByteWord {
        ByteWord(bits: bits & (~0 &>> (64 &- UInt64(count) &* 8)))
    }

    /// ASCII letters in lower case.
    ///
    /// Digits and hyphens stay, some other bytes change: compare the result only with names made
    /// of letters, digits and hyphens, and only after the word proved to be token characters.
    @inline(__always)
    var lowercased: ByteWord {
        ByteWord(bits: bits | Self.repeating(0x20))
    }

    /// Bytes that are neither ASCII letters nor hyphens: what ends, or slows, a field name.
    @inline(__always)
    var outsideName: ByteMask {
        let hits =
            Self.outside(lowercased.bits, UInt8(ascii: "a"), UInt8(ascii: "z"))
            & Self.outside(bits, UInt8(ascii: "-"), UInt8(ascii: "-"))
        return ByteMask(bits: hits | bits)
    }

    /// Bytes that are neither ASCII letters, digits, hyphens, dots nor underscores: what ends a
    /// host name.
    @inline(__always)
    var outsideHostName: ByteMask {
        let hits =
            Self.outside(lowercased.bits, UInt8(ascii: "a"), UInt8(ascii: "z"))
            & Self.outside(bits, UInt8(ascii: "0"), UInt8(ascii: "9"))
            & Self.outside(bits, UInt8(ascii: "-"), UInt8(ascii: "."))
            & Self.outside(bits, UInt8(ascii: "_"), UInt8(ascii: "_"))
        return ByteMask(bits: hits | bits)
    }

    /// Bytes that are not decimal digits.
    @inline(__always)
    var outsideDigits: ByteMask {
        ByteMask(bits: Self.outside(bits, UInt8(ascii: "0"), UInt8(ascii: "9")) | bits)
    }

    /// Bytes that are not visible ASCII or are `#`: what ends a request target.
    @inline(__always)
    var outsideTarget: ByteMask {
        let hits =
            (bits &- Self.repeating(0x21)) | Self.equal(bits, 0x7F)
            | Self.equal(bits, UInt8(ascii: "#"))
        return ByteMask(bits: (hits & ~bits) | bits)
    }

    /// Control bytes, the horizontal tab among them: what ends, or slows, a field value. Behind
    /// 0xFF a tilde is marked as well.
    @inline(__always)
    var controls: ByteMask {
        ByteMask(bits: ((bits &- Self.repeating(0x20)) | (bits &+ Self.repeating(1))) & ~bits)
    }

    /// Semicolons and zero bytes: what ends a pair of a cookie.
    @inline(__always)
    var semicolonsAndZeros: ByteMask {
        let differences = bits ^ Self.repeating(UInt8(ascii: ";"))
        let semicolons = (differences &- Self.repeating(1)) & ~differences
        let zeros = (bits &- Self.repeating(1)) & ~bits
        return ByteMask(bits: semicolons | zeros)
    }

    /// High bits where an ASCII byte is outside `low...high`; the first byte that is not ASCII
    /// spoils those behind it.
    @inline(__always)
    private static func outside(_ bits: UInt64, _ low: UInt8, _ high: UInt8) -> UInt64 {
        (repeating(0x7F &+ low) &- bits) | (bits &+ repeating(0x7F &- high))
    }

    /// High bits where a byte of ASCII text equals `byte`.
    @inline(__always)
    private static func equal(_ bits: UInt64, _ byte: UInt8) -> UInt64 {
        (bits ^ repeating(byte)) &- repeating(1)
    }
}

/// Which of eight bytes belong to a class, as their high bits.
struct ByteMask {
    let bits: UInt64

    @inline(__always)
    init(bits: UInt64) {
        self.bits = bits & ByteWord.repeating(0x80)
    }

    @inline(__always)
    var isEmpty: Bool { bits == 0 }

    /// The index (0...7) of the first byte of the class, of which there is one.
    @inline(__always)
    var firstIndex: UInt32 {
        UInt32(truncatingIfNeeded: bits.trailingZeroBitCount) &>> 3
    }
}
