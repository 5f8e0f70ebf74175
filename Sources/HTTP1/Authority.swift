/// The syntax of `host[:port]`, in `Host` and in request targets.
///
/// Narrower than RFC 3986: a name is letters, digits and `-._`, without percent-encoding and
/// sub-delimiters, which no host on the web has and which readers disagree about. An address in
/// brackets is checked for its characters only. User information is refused by the same rule.
enum Authority {
    @inline(__always)
    static func isValid(_ bytes: Span<UInt8>, _ range: ByteRange) -> Bool {
        guard !range.isEmpty else { return false }
        let isLiteral = bytes.word(at: range.start).byte(at: 0) == UInt8(ascii: "[")
        let end =
            isLiteral
            ? endOfLiteral(bytes, range)
            : min(bytes.firstStop(from: range.start) { $0.outsideHostName }, range.end)
        guard end > range.start else { return false }
        return end == range.end || isPort(bytes, from: end, to: range.end)
    }

    /// The position behind `]`, or the start of `range` when the brackets are not well-formed.
    private static func endOfLiteral(_ bytes: Span<UInt8>, _ range: ByteRange) -> UInt32 {
        var position = range.start &+ 1
        while position < range.end {
            let byte = bytes[Int(position)]
            if byte == UInt8(ascii: "]") {
                return position > range.start &+ 1 ? position &+ 1 : range.start
            }
            let isAddress =
                ByteClass.hexDigit(byte) != nil || byte == UInt8(ascii: ":")
                || byte == UInt8(ascii: ".")
            guard isAddress else { break }
            position &+= 1
        }
        return range.start
    }

    /// A colon and one to five digits that make at most 65,535.
    @inline(__always)
    private static func isPort(_ bytes: Span<UInt8>, from start: UInt32, to end: UInt32) -> Bool {
        let digits = end &- start &- 1
        let word = bytes.word(at: start)
        guard word.byte(at: 0) == UInt8(ascii: ":"), digits &- 1 < 5 else { return false }
        guard word.behindFirst.outsideDigits.firstIndex >= digits else { return false }
        return digits < 5 || number(bytes, from: start &+ 1, to: end) <= 65_535
    }

    /// The number that the decimal digits in `start..<end` make.
    private static func number(_ bytes: Span<UInt8>, from start: UInt32, to end: UInt32) -> UInt32 {
        var number: UInt32 = 0
        for position in start..<end {
            number = number &* 10 &+ UInt32(bytes[Int(position)] &- UInt8(ascii: "0"))
        }
        return number
    }
}
