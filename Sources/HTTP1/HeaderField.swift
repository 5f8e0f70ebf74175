/// One line of a header section, as offsets into the head.
package struct HeaderField: Sendable {
    private(set) var nameStart: UInt16
    private(set) var nameEnd: UInt16
    private(set) var valueStart: UInt16
    private(set) var valueEnd: UInt16
    package private(set) var known = KnownHeader.other
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

    /// A line that starts at `start` and whose carriage return is at `end`.
    @inline(__always)
    init(start: UInt32, colon: UInt32, end: UInt32, hasUnusualName: Bool) {
        nameStart = UInt16(truncatingIfNeeded: start)
        nameEnd = UInt16(truncatingIfNeeded: colon)
        valueStart = UInt16(truncatingIfNeeded: colon &+ 1)
        valueEnd = UInt16(truncatingIfNeeded: end)
        self.hasUnusualName = hasUnusualName
    }

    @inlinable
    package var name: ByteRange { ByteRange(start: nameStart, end: nameEnd) }

    /// Without the whitespace around it.
    @inlinable
    package var value: ByteRange { ByteRange(start: valueStart, end: valueEnd) }

    /// The position behind the line; only for lines that are `verbatim`.
    @inline(__always)
    var lineEnd: UInt32 { UInt32(valueEnd) &+ 2 }

    /// Takes the whitespace from around the value and finds out which header it is; one of
    /// `dropped` is not passed on.
    @inline(__always)
    mutating func settle(
        _ bytes: Span<UInt8>, dropping dropped: KnownHeaderSet
    ) throws(HTTPParseError) {
        if isRegular(bytes) {
            valueStart &+= 1
        } else {
            trim(bytes)
        }
        let length = UInt32(nameEnd &- nameStart)
        if KnownHeader.mayBeKnown(initial: bytes[Int(nameStart)], length: length) {
            known = KnownHeader(bytes, start: UInt32(nameStart), length: length)
            if dropped.contains(known) { passage = .dropped }
        }
        if hasUnusualName { try refuseAmbiguity(bytes) }
    }

    /// Whether the colon is followed by one space and then, up to the line's end, by a value
    /// without whitespace around it.
    @inline(__always)
    private func isRegular(_ bytes: Span<UInt8>) -> Bool {
        guard valueEnd &- valueStart > 1 else { return false }
        return bytes[Int(valueStart)] == .space && bytes[Int(valueStart) &+ 1] > .space
            && bytes[Int(valueEnd) &- 1] > .space
    }

    private mutating func trim(_ bytes: Span<UInt8>) {
        passage = .respaced
        while valueStart < valueEnd, ByteClass.isWhitespace(bytes[Int(valueStart)]) {
            valueStart += 1
        }
        while valueStart < valueEnd, ByteClass.isWhitespace(bytes[Int(valueEnd) - 1]) {
            valueEnd -= 1
        }
    }

    /// Refuses a name that would be a known header if its underscores were hyphens: backends that
    /// read names as CGI does cannot tell the two apart.
    private func refuseAmbiguity(_ bytes: Span<UInt8>) throws(HTTPParseError) {
        var read = NameBuffer()
        for position in nameStart..<nameEnd { read.append(bytes[Int(position)]) }
        guard read.known == known else { throw .fieldNameAmbiguous }
    }
}
