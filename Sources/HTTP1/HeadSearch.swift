/// Tells a connection when an incomplete head is worth parsing again.
///
/// A peer that sends byte after byte would otherwise make every byte cost a parse from the
/// start. The search looks at each byte once: it waits for a line feed that is followed by a line
/// end, or for as many bytes as a head may have. Until then a parse returns nil, unless the head
/// is malformed, and that is then noticed at its end.
package struct HeadSearch: BitwiseCopyable, Sendable {
    private enum Place: UInt8, BitwiseCopyable {
        case insideLine
        case lineStart
        case behindCarriageReturn
    }

    private var searched = 0
    private var place = Place.insideLine

    /// A search at the start of a head.
    package init() {}

    /// Whether a parse of `bytes` would now return a length or throw.
    ///
    /// `bytes` is the whole of what came since the head's first byte, and never less than at the
    /// call before. A new head needs a new search.
    package mutating func isWorthParsing(_ bytes: Span<UInt8>, limits: HeadLimits) -> Bool {
        while searched < bytes.count {
            let byte = bytes[searched]
            searched += 1
            switch (place, byte) {
            case (.lineStart, .lineFeed), (.behindCarriageReturn, .lineFeed): return true
            case (_, .lineFeed): place = .lineStart
            case (.lineStart, .carriageReturn): place = .behindCarriageReturn
            default: place = .insideLine
            }
        }
        return bytes.count >= limits.headBytes
    }
}
