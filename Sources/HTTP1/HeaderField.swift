/// One line of a header section, as offsets into the head.
package struct HeaderField: Sendable {
    /// A token (RFC 9110 section 5.1), as it was spelled.
    package let name: ByteRange
    /// Without the whitespace around it.
    package private(set) var value: ByteRange
    /// Which header it is, if it is one that a proxy has to know.
    package private(set) var known = KnownHeader.other
    /// What becomes of it; final only when the whole head has been parsed.
    package internal(set) var passage = Passage.verbatim
    /// Whether the name has characters besides letters and hyphens.
    let hasUnusualName: Bool

    /// What a proxy does with the line when it passes the message on.
    package enum Passage: UInt8, Sendable {
        /// `name: value` with exactly one space: copied with its line end as it came.
        case verbatim
        /// Name and value as they came, the whitespace around the value made regular.
        case respaced
        /// Hop-by-hop, or written anew by the proxy.
        case dropped
    }

    /// A line that starts at `start` and whose carriage return is at `end`; its value still has
    /// the whitespace around it.
    @inline(__always)
    init(start: UInt32, colon: UInt32, end: UInt32, hasUnusualName: Bool) {
        name = ByteRange(start, colon)
        value = ByteRange(colon &+ 1, end)
        self.hasUnusualName = hasUnusualName
    }

    /// The position behind the line; only for lines that are `verbatim`.
    @inline(__always)
    var lineEnd: UInt32 { value.end &+ 2 }

    /// Takes the whitespace from around the value and finds out which header it is; one of
    /// `dropped` is not passed on.
    @inline(__always)
    mutating func settle(
        _ bytes: Span<UInt8>, dropping dropped: KnownHeaderSet
    ) throws(HTTPParseError) {
        if isRegular(bytes) {
            value = ByteRange(first: value.first &+ 1, last: value.last)
        } else {
            trim(bytes)
        }
        let length = UInt32(name.last &- name.first)
        if KnownHeader.mayBeKnown(initial: bytes[name.lowerBound], length: length) {
            known = KnownHeader(bytes, start: name.start, length: length)
            if dropped.contains(known) { passage = .dropped }
        }
        if hasUnusualName { try refuseAmbiguity(bytes) }
    }

    /// Whether the colon is followed by one space and then, up to the line's end, by a value
    /// without whitespace around it.
    @inline(__always)
    private func isRegular(_ bytes: Span<UInt8>) -> Bool {
        guard value.last &- value.first > 1 else { return false }
        return bytes[value.lowerBound] == .space && bytes[value.lowerBound &+ 1] > .space
            && bytes[value.upperBound &- 1] > .space
    }

    private mutating func trim(_ bytes: Span<UInt8>) {
        passage = .respaced
        var start = value.start
        var end = value.end
        while start < end, ByteClass.isWhitespace(bytes[Int(start)]) { start += 1 }
        while start < end, ByteClass.isWhitespace(bytes[Int(end) - 1]) { end -= 1 }
        value = ByteRange(start, end)
    }

    /// Refuses a name that would be a known header if its underscores were hyphens: backends that
    /// read names as CGI does cannot tell the two apart.
    private func refuseAmbiguity(_ bytes: Span<UInt8>) throws(HTTPParseError) {
        var read = NameBuffer()
        for position in name.range { read.append(bytes[position]) }
        guard read.known == known else { throw .fieldNameAmbiguous }
    }
}
