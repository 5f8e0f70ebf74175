/// The pairs of one `Cookie` field, one after the other (RFC 6265 section 4.2.1).
///
/// A semicolon ends a pair wherever it stands, also between quotes, as RFC 6265 has it and unlike
/// its forerunner RFC 2965. The first pair of a `Set-Cookie` field is read by the same rules
/// (section 5.2). The work is linear in the length of the field.
struct CookiePairs {
    /// Where the next pair starts; not before `end` when there is none.
    private var position: UInt32
    private let end: UInt32

    init(_ value: ByteRange) {
        position = value.start
        end = value.end
    }

    /// The next pair, which may be empty, or nil after the last.
    @inline(__always)
    mutating func next(in bytes: Span<UInt8>) -> CookiePair? {
        guard position < end else { return nil }
        // Behind the end of this span there are zeros, so the scan stops at the field's end.
        let field = bytes.extracting(0..<Int(end))
        let stop = min(field.firstStop(from: position) { $0.semicolonsAndZeros }, end)
        let delimiter = position
        position = stop &+ 1
        return CookiePair(field, start: delimiter, end: stop)
    }
}

/// One pair of a cookie; what has no `=` in it is passed on and has no name.
struct CookiePair {
    /// The pair without the whitespace around it.
    let range: ByteRange
    /// Where the stretch between two semicolons starts: behind the semicolon before it.
    let stretchStart: UInt32

    @inline(__always)
    fileprivate init(_ bytes: Span<UInt8>, start: UInt32, end: UInt32) {
        stretchStart = start
        var first = start
        var last = end
        while first < last, ByteClass.isWhitespace(bytes[Int(first)]) { first &+= 1 }
        while first < last, ByteClass.isWhitespace(bytes[Int(last &- 1)]) { last &-= 1 }
        range = ByteRange(first, last)
    }

    /// The value, if `name` is the name; case matters in both. Quotes belong to the value.
    @inline(__always)
    func value(ifNamed name: Span<UInt8>, in bytes: Span<UInt8>) -> ByteRange? {
        guard name.count > 0, name.count < range.count else { return nil }
        for offset in 0..<name.count
        where bytes[range.lowerBound &+ offset] != name[offset] {
            return nil
        }
        let nameEnd = range.start &+ UInt32(truncatingIfNeeded: name.count)
        let sign = behindWhitespace(from: nameEnd, in: bytes)
        guard sign < range.end, bytes[Int(sign)] == UInt8(ascii: "=") else { return nil }
        return ByteRange(behindWhitespace(from: sign &+ 1, in: bytes), range.end)
    }

    private func behindWhitespace(from start: UInt32, in bytes: Span<UInt8>) -> UInt32 {
        var position = start
        while position < range.end, ByteClass.isWhitespace(bytes[Int(position)]) {
            position &+= 1
        }
        return position
    }
}
