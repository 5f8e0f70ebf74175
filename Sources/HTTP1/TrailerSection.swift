/// Reads the trailer section of a chunked body, byte after byte, and keeps none of it.
///
/// The rules are those of header fields: a token, a colon right behind it, a value without
/// control bytes, CR LF; no folding. The start of a name is kept until its colon, to refuse
/// fields that only a head may have.
struct TrailerSection {
    private enum Place: UInt8 {
        case lineStart
        case name
        case value
        case valueLineFeed
        case endLineFeed
    }

    private var place = Place.lineStart
    private var length = 0
    private var fields = 0
    private var name = NameBuffer()

    /// Takes the next byte; true when it was the last of the section.
    mutating func read(_ byte: UInt8) throws(HTTPParseError) -> Bool {
        length += 1
        guard length <= ChunkedDecoder.trailerBytesMax else { throw .trailersTooLong }
        switch place {
        case .lineStart:
            if byte == .carriageReturn {
                place = .endLineFeed
            } else {
                try startField(byte)
            }
        case .name:
            try readName(byte)
        case .value:
            if byte == .carriageReturn {
                place = .valueLineFeed
            } else if !ByteClass.isFieldValue(byte) {
                throw byte == .lineFeed ? .bareLineFeed : .controlByte
            }
        case .valueLineFeed:
            guard byte == .lineFeed else { throw .bareCarriageReturn }
            place = .lineStart
        case .endLineFeed:
            guard byte == .lineFeed else { throw .bareCarriageReturn }
            return true
        }
        return false
    }

    private mutating func startField(_ byte: UInt8) throws(HTTPParseError) {
        guard !ByteClass.isWhitespace(byte) else {
            throw fields == 0 ? .leadingWhitespace : .foldedLine
        }
        guard byte != UInt8(ascii: ":") else { throw .fieldNameInvalid }
        fields += 1
        guard fields <= ChunkedDecoder.trailerFieldsMax else { throw .trailersTooLong }
        name.removeAll()
        place = .name
        try readName(byte)
    }

    private mutating func readName(_ byte: UInt8) throws(HTTPParseError) {
        if byte == UInt8(ascii: ":") {
            guard name.known == .other, !name.mustStayEndToEnd else { throw .trailerForbidden }
            place = .value
            return
        }
        guard ByteClass.token.contains(byte) else {
            if byte == .lineFeed { throw .bareLineFeed }
            throw ByteClass.isWhitespace(byte) ? .whitespaceBeforeColon : .fieldNameInvalid
        }
        name.append(byte)
    }
}
