/// The names of fields whose loss on the way would change what a message means or whom it trusts.
///
/// A peer that names such a field in `Connection` asks a proxy to drop it, and one that sends it
/// as a trailer asks a proxy to take it up late: both are refused, because both make two readers
/// of one message disagree. These are the fields of message framing and routing, of content,
/// conditions and caching, of credentials and cookies, and those that tell a backend where a
/// request came from (RFC 9110 sections 6.5.1 and 7.6.1).
enum EndToEndName {
    /// Whether the name in `start..<(start + length)`, of token characters, is one of them.
    static func contains(_ bytes: Span<UInt8>, start: UInt32, length: UInt32) -> Bool {
        guard length > 0 else { return false }
        let first = bytes.word(at: start).lowercased.prefix(min(length, 8))
        guard length > 8 else { return isShort(first) }
        let second = bytes.word(at: start &+ 8).lowercased.prefix(min(length &- 8, 8))
        if hasPrefix(first, second) { return true }
        return length <= 16 ? isLong(first, second) : isTransferEncoding(bytes, start, length)
    }

    /// The names of at most eight bytes.
    private static func isShort(_ name: ByteWord) -> Bool {
        switch name {
        case ByteWord("h", "o", "s", "t"), ByteWord("e", "x", "p", "e", "c", "t"),
            ByteWord("c", "o", "o", "k", "i", "e"), ByteWord("v", "i", "a"),
            ByteWord("d", "a", "t", "e"), ByteWord("r", "a", "n", "g", "e"),
            ByteWord("o", "r", "i", "g", "i", "n"), ByteWord("r", "e", "f", "e", "r", "e", "r"),
            ByteWord("l", "o", "c", "a", "t", "i", "o", "n"),
            ByteWord("i", "f", "-", "m", "a", "t", "c", "h"),
            ByteWord("i", "f", "-", "r", "a", "n", "g", "e"):
            true
        default:
            false
        }
    }

    /// `Content-…`, `If-…` and `X-Forwarded-…`.
    private static func hasPrefix(_ first: ByteWord, _ second: ByteWord) -> Bool {
        first == ByteWord("c", "o", "n", "t", "e", "n", "t", "-")
            || first.prefix(3) == ByteWord("i", "f", "-")
            || first == ByteWord("x", "-", "f", "o", "r", "w", "a", "r")
                && second.prefix(4) == ByteWord("d", "e", "d", "-")
    }

    /// The names of nine to sixteen bytes that none of the prefixes covers.
    private static func isLong(_ first: ByteWord, _ second: ByteWord) -> Bool {
        switch (first, second) {
        case (
            ByteWord("a", "u", "t", "h", "o", "r", "i", "z"),
            ByteWord("a", "t", "i", "o", "n")
        ),
            (ByteWord("c", "a", "c", "h", "e", "-", "c", "o"), ByteWord("n", "t", "r", "o", "l")),
            (ByteWord("f", "o", "r", "w", "a", "r", "d", "e"), ByteWord("d")),
            (ByteWord("s", "e", "t", "-", "c", "o", "o", "k"), ByteWord("i", "e")),
            (ByteWord("u", "s", "e", "r", "-", "a", "g", "e"), ByteWord("n", "t")),
            (
                ByteWord("w", "w", "w", "-", "a", "u", "t", "h"),
                ByteWord("e", "n", "t", "i", "c", "a", "t", "e")
            ),
            (ByteWord("x", "-", "r", "e", "a", "l", "-", "i"), ByteWord("p")):
            true
        default:
            false
        }
    }

    private static func isTransferEncoding(
        _ bytes: Span<UInt8>, _ start: UInt32, _ length: UInt32
    ) -> Bool {
        KnownHeader(bytes, start: start, length: length) == .transferEncoding
    }
}
