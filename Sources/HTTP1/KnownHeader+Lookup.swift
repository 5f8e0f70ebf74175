extension KnownHeader {
    /// Whether a name of `length` bytes that begins with `initial` can be a known header.
    ///
    /// The lengths make a small constant table; nearly every other field is told apart by it.
    @inline(__always)
    static func mayBeKnown(initial: UInt8, length: UInt32) -> Bool {
        let initials: UInt32 =
            switch length {
            case 2: letters("t")
            case 4: letters("h", "d")
            case 6: letters("s", "e", "c")
            case 7: letters("u", "t")
            case 9: letters("x")
            case 10: letters("c", "k", "s")
            case 14: letters("c")
            case 15: letters("x")
            case 16: letters("x", "p")
            case 17: letters("x", "t")
            case 18, 19: letters("p")
            default: 0
            }
        return (initials &>> UInt32(initial)) & 1 == 1
    }

    /// One bit for each letter, the same for either case.
    @inline(__always)
    private static func letters(
        _ a: Unicode.Scalar, _ b: Unicode.Scalar? = nil, _ c: Unicode.Scalar? = nil
    ) -> UInt32 {
        1 &<< a.value | 1 &<< (b ?? a).value | 1 &<< (c ?? a).value
    }

    /// The known header with the name in `start..<(start + length)`, whose bytes have proved to be
    /// token characters (see `ByteWord.lowercased`).
    ///
    /// In each case the length is a constant, and so are the masks of the comparisons.
    init(_ bytes: Span<UInt8>, start: UInt32, length: UInt32) {
        let first = bytes.word(at: start).lowercased
        switch length {
        case 2:
            self = first.prefix(2) == ByteWord("t", "e") ? .te : .other
        case 4:
            let name = first.prefix(4)
            self =
                name == ByteWord("h", "o", "s", "t")
                ? .host : name == ByteWord("d", "a", "t", "e") ? .date : .other
        case 6:
            self = Self.ofSixBytes(first.prefix(6))
        case 7:
            let name = first.prefix(7)
            self =
                name == ByteWord("u", "p", "g", "r", "a", "d", "e")
                ? .upgrade
                : name == ByteWord("t", "r", "a", "i", "l", "e", "r") ? .trailer : .other
        case 9...16:
            self = Self.ofTwoWords(first, bytes.word(at: start &+ 8).lowercased, length)
        case 17...19:
            self = Self.ofThreeWords(
                first, bytes.word(at: start &+ 8).lowercased,
                bytes.word(at: start &+ 16).lowercased, length)
        default:
            self = .other
        }
    }

    /// Names of six bytes.
    @inline(__always)
    private static func ofSixBytes(_ name: ByteWord) -> KnownHeader {
        switch name {
        case ByteWord("s", "e", "r", "v", "e", "r"): .server
        case ByteWord("c", "o", "o", "k", "i", "e"): .cookie
        case ByteWord("e", "x", "p", "e", "c", "t"): .expect
        default: .other
        }
    }

    /// Names of nine to sixteen bytes.
    @inline(__always)
    private static func ofTwoWords(
        _ first: ByteWord, _ second: ByteWord, _ length: UInt32
    ) -> KnownHeader {
        switch first {
        case ByteWord("c", "o", "n", "n", "e", "c", "t", "i"):
            length == 10 && second.prefix(2) == ByteWord("o", "n") ? .connection : .other
        case ByteWord("c", "o", "n", "t", "e", "n", "t", "-"):
            length == 14 && second.prefix(6) == ByteWord("l", "e", "n", "g", "t", "h")
                ? .contentLength : .other
        case ByteWord("k", "e", "e", "p", "-", "a", "l", "i"):
            length == 10 && second.prefix(2) == ByteWord("v", "e") ? .keepAlive : .other
        case ByteWord("s", "e", "t", "-", "c", "o", "o", "k"):
            length == 10 && second.prefix(2) == ByteWord("i", "e") ? .setCookie : .other
        case ByteWord("x", "-", "r", "e", "a", "l", "-", "i"):
            length == 9 && second.prefix(1) == ByteWord("p") ? .xRealIP : .other
        case ByteWord("x", "-", "f", "o", "r", "w", "a", "r"):
            if length == 15, second.prefix(7) == ByteWord("d", "e", "d", "-", "f", "o", "r") {
                .xForwardedFor
            } else if length == 16, second == ByteWord("d", "e", "d", "-", "h", "o", "s", "t") {
                .xForwardedHost
            } else {
                .other
            }
        case ByteWord("p", "r", "o", "x", "y", "-", "c", "o"):
            length == 16 && second == ByteWord("n", "n", "e", "c", "t", "i", "o", "n")
                ? .proxyConnection : .other
        default:
            .other
        }
    }

    /// Names of seventeen to nineteen bytes.
    private static func ofThreeWords(
        _ first: ByteWord, _ second: ByteWord, _ third: ByteWord, _ length: UInt32
    ) -> KnownHeader {
        switch (first, second, third.prefix(length &- 16)) {
        case (
            ByteWord("t", "r", "a", "n", "s", "f", "e", "r"),
            ByteWord("-", "e", "n", "c", "o", "d", "i", "n"), ByteWord("g")
        ): .transferEncoding
        case (
            ByteWord("x", "-", "f", "o", "r", "w", "a", "r"),
            ByteWord("d", "e", "d", "-", "p", "r", "o", "t"), ByteWord("o")
        ): .xForwardedProto
        case (
            ByteWord("p", "r", "o", "x", "y", "-", "a", "u"),
            ByteWord("t", "h", "e", "n", "t", "i", "c", "a"), ByteWord("t", "e")
        ): .proxyAuthenticate
        case (
            ByteWord("p", "r", "o", "x", "y", "-", "a", "u"),
            ByteWord("t", "h", "o", "r", "i", "z", "a", "t"), ByteWord("i", "o", "n")
        ): .proxyAuthorization
        default: .other
        }
    }
}
