/// The version of a message: HTTP/1.0 or HTTP/1.1, spelled in capitals (RFC 9112 section 2.3).
struct HTTPVersion {
    static let length: UInt32 = 8

    let minor: UInt8

    /// Reads the eight bytes of a version, or as many of them as there are; nil when some are
    /// missing.
    @inline(__always)
    static func read(
        _ bytes: Span<UInt8>, from start: UInt32
    ) throws(HTTPParseError) -> HTTPVersion? {
        let word = bytes.word(at: start)
        if word == ByteWord("H", "T", "T", "P", "/", "1", ".", "1") {
            return HTTPVersion(minor: 1)
        }
        if word == ByteWord("H", "T", "T", "P", "/", "1", ".", "0") {
            return HTTPVersion(minor: 0)
        }
        return try readUnusual(bytes, from: start)
    }

    /// A version that is cut short, or that is refused.
    private static func readUnusual(
        _ bytes: Span<UInt8>, from start: UInt32
    ) throws(HTTPParseError) -> HTTPVersion? {
        let common = ByteWord("H", "T", "T", "P", "/", "1", ".")
        for offset in 0..<length {
            guard let byte = bytes.byte(at: start &+ offset) else { return nil }
            let isNumber = offset == 5 || offset == 7
            guard isNumber ? ByteClass.isDigit(byte) : byte == common.byte(at: offset) else {
                throw byte == .lineFeed ? .bareLineFeed : .versionInvalid
            }
            if isNumber, byte > UInt8(ascii: "1") || offset == 5 && byte == UInt8(ascii: "0") {
                throw .versionUnsupported
            }
        }
        return nil
    }

    /// The position behind the line end that follows the version of a request line.
    @inline(__always)
    func readLineEnd(
        _ bytes: Span<UInt8>, from start: UInt32
    ) throws(HTTPParseError) -> UInt32? {
        if bytes.word(at: start).prefix(2) == ByteWord("\r", "\n") { return start &+ 2 }
        guard let byte = bytes.byte(at: start) else { return nil }
        guard byte == .carriageReturn else {
            throw byte == .lineFeed ? .bareLineFeed : .versionInvalid
        }
        guard bytes.byte(at: start &+ 1) == nil else { throw .bareCarriageReturn }
        return nil
    }
}
