/// Finds the lines of a header section and where their names end (RFC 9112 section 5).
///
/// A line ends in CR LF and in nothing else, is never folded, has a name that is a token, and no
/// space before its colon. What the fields mean is not looked at here: this loop is the larger
/// part of parsing a head, so it does little else than reading words and comparing masks.
enum FieldScanner {
    /// Puts the lines from `start` on into `slots`, counts them in `found` also when it throws,
    /// and returns the position behind the empty line at their end, or nil when that has not come.
    ///
    /// `slots` has room for one field more than `limit` allows.
    static func scan(
        _ bytes: Span<UInt8>, from start: UInt32, limit: Int,
        into slots: inout MutableSpan<HeaderField>, found: inout Int
    ) throws(HTTPParseError) -> UInt32? {
        var cursor = start
        var index = 0
        defer { found = index }
        while true {
            let name: NameEnd
            switch try readName(bytes, from: cursor, isFirst: index == 0) {
            case .field(let end): name = end
            case .sectionEnd: return cursor &+ 2
            case .incomplete: return nil
            }
            guard let end = try readValue(bytes, from: name.lastWord) else { return nil }
            guard index < limit else { throw .tooManyFields }
            slots[index] = HeaderField(
                start: cursor, colon: name.colon, end: end.position,
                hasUnusualName: name.isUnusual)
            index &+= 1
            guard !end.isLast else { return end.position &+ 4 }
            cursor = end.position &+ 2
        }
    }

    /// Where a name ends.
    private struct NameEnd {
        let colon: UInt32
        /// Where the word starts that holds the colon. No byte of a name is a control byte, so the
        /// end of the value can be sought from there, without waiting for the colon.
        let lastWord: UInt32
        let isUnusual: Bool
    }

    private enum LineStart {
        case field(NameEnd)
        /// An empty line.
        case sectionEnd
        case incomplete
    }

    /// Reads a name and its colon.
    @inline(__always)
    private static func readName(
        _ bytes: Span<UInt8>, from start: UInt32, isFirst: Bool
    ) throws(HTTPParseError) -> LineStart {
        var isUnusual = false
        var word = start
        while true {
            let characters = bytes.word(at: word)
            let mask = characters.outsideName
            guard !mask.isEmpty else {
                word &+= 8
                continue
            }
            let position = word &+ mask.firstIndex
            if characters.byte(at: mask.firstIndex) == UInt8(ascii: ":"), position != start {
                return .field(NameEnd(colon: position, lastWord: word, isUnusual: isUnusual))
            }
            guard let byte = bytes.byte(at: position) else { return .incomplete }
            guard ByteClass.token.contains(byte) else {
                if byte == .carriageReturn, position == start {
                    guard let next = bytes.byte(at: start &+ 1) else { return .incomplete }
                    guard next == .lineFeed else { throw .bareCarriageReturn }
                    return .sectionEnd
                }
                throw nameError(byte, isLineStart: position == start, isFirst: isFirst)
            }
            isUnusual = true
            word = position &+ 1
        }
    }

    private static func nameError(
        _ byte: UInt8, isLineStart: Bool, isFirst: Bool
    ) -> HTTPParseError {
        if byte == .lineFeed { return .bareLineFeed }
        guard ByteClass.isWhitespace(byte) else { return .fieldNameInvalid }
        guard isLineStart else { return .whitespaceBeforeColon }
        return isFirst ? .leadingWhitespace : .foldedLine
    }

    /// Where a line ends.
    struct LineEnd {
        /// The position of its carriage return, which a line feed follows.
        let position: UInt32
        /// Whether an empty line is next.
        let isLast: Bool
    }

    /// Finds the end of a value or reason phrase, or returns nil when it goes on.
    @inline(__always)
    static func readValue(
        _ bytes: Span<UInt8>, from start: UInt32
    ) throws(HTTPParseError) -> LineEnd? {
        var position = start
        while true {
            position = bytes.firstStop(from: position) { $0.controls }
            let tail = bytes.word(at: position)
            if tail.prefix(2) == ByteWord("\r", "\n") {
                return LineEnd(
                    position: position,
                    isLast: tail.prefix(4) == ByteWord("\r", "\n", "\r", "\n"))
            }
            guard try mayPass(bytes, at: position) else { return nil }
            position &+= 1
        }
    }

    /// Whether the byte at `position`, which does not begin a line end, belongs into a value;
    /// false when what tells has not come.
    private static func mayPass(
        _ bytes: Span<UInt8>, at position: UInt32
    ) throws(HTTPParseError) -> Bool {
        guard let byte = bytes.byte(at: position) else { return false }
        switch byte {
        case .carriageReturn:
            guard bytes.byte(at: position &+ 1) == nil else { throw .bareCarriageReturn }
            return false
        case .lineFeed:
            throw .bareLineFeed
        default:
            guard ByteClass.isFieldValue(byte) else { throw .controlByte }
            return true
        }
    }
}
