/// What a `ChunkedDecoder` found next.
package enum ChunkedEvent: Equatable, Sendable {
    /// The body's next bytes are in this range of what was given.
    case data(Range<Int>)
    /// Everything that was given has been read, and the body goes on.
    case needMore
    /// The body has ended; what follows belongs to the next message.
    case end
}

/// Reads a body in the chunked transfer coding, in pieces as they come (RFC 9112 section 7.1).
///
/// Strict where readers of the same bytes could disagree: a size is one to sixteen hexadecimal
/// digits and at most `Int64.max`, without sign, prefix or spaces; every line ends in CR LF; chunk
/// data is followed by CR LF. Extensions are read over and never passed on; all extensions of one
/// body may have `extensionBytesMax` bytes together, so that a peer cannot make a proxy read for
/// ever without a byte of body. Trailer fields are checked like header fields and discarded, at
/// most `trailerFieldsMax` of them in `trailerBytesMax` bytes; one that belongs into a head is
/// refused.
package struct ChunkedDecoder: BitwiseCopyable, Sendable {
    /// Hexadecimal digits of one chunk size, leading zeros among them.
    package static let sizeDigitsMax = 16
    /// Bytes of all chunk extensions of one body, each with its semicolon.
    package static let extensionBytesMax = 16_384
    /// Bytes of the trailer section, its last empty line among them.
    package static let trailerBytesMax = 8_192
    /// Fields of the trailer section.
    package static let trailerFieldsMax = 32

    private enum Place: UInt8, BitwiseCopyable {
        case size
        case chunkExtension
        case sizeLineFeed
        case data
        case dataCarriageReturn
        case dataLineFeed
        case trailers
        case ended
    }

    private var place = Place.size
    private var digits = 0
    private var extensionBytes = 0
    /// The chunk's size while it is read, then what is missing of its data.
    private var remaining: UInt64 = 0
    private var trailers = TrailerSection()

    /// A decoder at the start of a body.
    package init() {}

    /// Whether the body has ended.
    package var isFinished: Bool { place == .ended }

    /// Reads on at `offset` and moves it behind what the event tells of.
    ///
    /// Call it until it returns `needMore` (then `offset` is at the end of `bytes`) or `end`, and
    /// not again after it threw.
    package mutating func next(
        _ bytes: Span<UInt8>, at offset: inout Int
    ) throws(HTTPParseError) -> ChunkedEvent {
        while offset < bytes.count {
            switch place {
            case .data:
                return takeData(bytes.count, at: &offset)
            case .ended:
                return .end
            case .size, .chunkExtension, .sizeLineFeed, .dataCarriageReturn, .dataLineFeed,
                .trailers:
                try step(bytes[offset])
                offset += 1
            }
        }
        return place == .ended ? .end : .needMore
    }

    private mutating func takeData(_ count: Int, at offset: inout Int) -> ChunkedEvent {
        let length = Int(min(remaining, UInt64(count - offset)))
        let range = offset..<(offset + length)
        offset += length
        remaining -= UInt64(length)
        if remaining == 0 { place = .dataCarriageReturn }
        return .data(range)
    }

    /// One byte of the framing.
    @inline(__always)
    private mutating func step(_ byte: UInt8) throws(HTTPParseError) {
        switch place {
        case .size:
            try readSize(byte)
        case .chunkExtension:
            try readExtension(byte)
        case .sizeLineFeed:
            guard byte == .lineFeed else { throw .bareCarriageReturn }
            place = remaining == 0 ? .trailers : .data
        case .dataCarriageReturn:
            guard byte == .carriageReturn else { throw .chunkEndMissing }
            place = .dataLineFeed
        case .dataLineFeed:
            guard byte == .lineFeed else { throw .chunkEndMissing }
            place = .size
            digits = 0
        case .trailers:
            if try trailers.read(byte) { place = .ended }
        case .data, .ended:
            break
        }
    }

    private mutating func readSize(_ byte: UInt8) throws(HTTPParseError) {
        if let digit = ByteClass.hexDigit(byte) {
            // At most sixteen digits, so nothing is shifted out.
            guard digits < Self.sizeDigitsMax else { throw .chunkSizeTooLarge }
            digits += 1
            remaining = remaining << 4 | UInt64(digit)
            guard remaining <= UInt64(Int64.max) else { throw .chunkSizeTooLarge }
            return
        }
        guard digits > 0 else { throw .chunkSizeInvalid }
        switch byte {
        case .carriageReturn: place = .sizeLineFeed
        case UInt8(ascii: ";"): try readExtension(byte)
        case .lineFeed: throw .bareLineFeed
        default: throw .chunkSizeInvalid
        }
    }

    private mutating func readExtension(_ byte: UInt8) throws(HTTPParseError) {
        place = .chunkExtension
        if byte == .carriageReturn {
            place = .sizeLineFeed
            return
        }
        guard ByteClass.isFieldValue(byte) else { throw .chunkExtensionInvalid }
        extensionBytes += 1
        guard extensionBytes <= Self.extensionBytesMax else { throw .chunkExtensionsTooLong }
    }
}
