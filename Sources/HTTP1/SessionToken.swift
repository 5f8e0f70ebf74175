/// What a balancer's cookie holds: 128 bits, as 22 characters of base64url without padding
/// (RFC 4648 section 5).
///
/// What the bits mean is the caller's business; the text is the same on every machine.
package struct SessionToken: Equatable, BitwiseCopyable, Sendable {
    /// How many characters the text has.
    package static let length = 22
    /// What stands between the token and the backend's own value in prefix mode.
    package static let delimiter = UInt8(ascii: "~")

    /// The first eight of the sixteen bytes, the first one highest.
    package let high: UInt64
    /// The last eight.
    package let low: UInt64

    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// The token that `range` spells, the whole of it; nil when it is none.
    package init?(_ bytes: Span<UInt8>, _ range: ByteRange) {
        self.init(bytes.extracting(range.range))
    }

    /// The token that stands before a `~` at the start of `range`; nil when there is none.
    package init?(prefixOf range: ByteRange, in bytes: Span<UInt8>) {
        guard range.count > Self.length,
            bytes[range.lowerBound &+ Self.length] == Self.delimiter
        else { return nil }
        self.init(bytes.extracting(range.lowerBound..<(range.lowerBound &+ Self.length)))
    }

    /// The token that `text` is, the whole of it; nil when it is none.
    ///
    /// There is one text for each token: the four bits that the last character has to spare must
    /// be zero.
    package init?(_ text: Span<UInt8>) {
        guard text.count == Self.length else { return nil }
        var bits: UInt128 = 0
        for index in 0..<(Self.length - 1) {
            guard let value = Self.value(of: text[index]) else { return nil }
            bits = bits << 6 | UInt128(value)
        }
        guard let last = Self.value(of: text[Self.length - 1]), last & 0xF == 0 else { return nil }
        bits = bits << 2 | UInt128(last >> 4)
        high = UInt64(truncatingIfNeeded: bits >> 64)
        low = UInt64(truncatingIfNeeded: bits)
    }

    /// The six bits that a character stands for.
    @inline(__always)
    private static func value(of character: UInt8) -> UInt8? {
        switch character {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): character - UInt8(ascii: "A")
        case UInt8(ascii: "a")...UInt8(ascii: "z"): character - UInt8(ascii: "a") + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0") + 52
        case UInt8(ascii: "-"): 62
        case UInt8(ascii: "_"): 63
        default: nil
        }
    }

    /// The character that stands for six bits.
    @inline(__always)
    private static func character(of value: UInt8) -> UInt8 {
        switch value {
        case 0..<26: value + UInt8(ascii: "A")
        case 26..<52: value - 26 + UInt8(ascii: "a")
        case 52..<62: value - 52 + UInt8(ascii: "0")
        case 62: UInt8(ascii: "-")
        default: UInt8(ascii: "_")
        }
    }

    /// Writes the 22 characters.
    package func append(to writer: inout ByteWriter) {
        var text = InlineArray<22, UInt8>(repeating: 0)
        let bits = UInt128(high) << 64 | UInt128(low)
        for index in 0..<(Self.length - 1) {
            let value = UInt8(truncatingIfNeeded: bits >> UInt128(122 - index * 6)) & 63
            text[index] = Self.character(of: value)
        }
        let rest = UInt8(truncatingIfNeeded: bits) & 3
        text[Self.length - 1] = Self.character(of: rest << 4)
        writer.append(text.span)
    }
}
