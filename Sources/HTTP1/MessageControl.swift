/// What the framing and connection fields of one head said, for requests and responses alike.
struct MessageControl {
    /// How many fields `Connection` may nominate in one head.
    static let nominationsMax = 16

    private(set) var contentLength: UInt64?
    /// Whether `Content-Length` had the shortest digits for its number.
    private(set) var lengthIsCanonical = true
    private(set) var isChunked = false
    private(set) var closes = false
    private(set) var keepsAlive = false
    private(set) var nominations = 0

    /// Reads `Content-Length`: one decimal number of at most 19 digits and at most `Int64.max`.
    ///
    /// Lists, repetitions (even of equal numbers), signs and other bases are refused.
    @inline(__always)
    mutating func readContentLength(
        _ bytes: Span<UInt8>, _ value: ByteRange
    ) throws(HTTPParseError) {
        guard contentLength == nil else { throw .contentLengthRepeated }
        guard !isChunked else { throw .lengthAndTransferEncoding }
        guard value.length > 0, value.length <= 19 else { throw .contentLengthInvalid }
        var number: UInt64 = 0
        var position = value.start
        while position < value.end {
            let digit = bytes[Int(position)] &- UInt8(ascii: "0")
            guard digit < 10 else { throw .contentLengthInvalid }
            // Nineteen digits are below 2^64, so this cannot overflow.
            number = number &* 10 &+ UInt64(digit)
            position &+= 1
        }
        guard number <= UInt64(Int64.max) else { throw .contentLengthInvalid }
        contentLength = number
        lengthIsCanonical = value.length == 1 || bytes[value.lowerBound] != UInt8(ascii: "0")
    }

    /// Reads `Transfer-Encoding`, which must be exactly `chunked`, once, and not in HTTP/1.0.
    mutating func readTransferEncoding(
        _ bytes: Span<UInt8>, _ value: ByteRange, minorVersion: UInt8
    ) throws(HTTPParseError) {
        guard minorVersion == 1 else { throw .transferEncodingInHTTP10 }
        guard !isChunked else { throw .transferEncodingRepeated }
        guard contentLength == nil else { throw .lengthAndTransferEncoding }
        guard value.length == 7,
            bytes.word(at: value.start).lowercased.prefix(7)
                == ByteWord("c", "h", "u", "n", "k", "e", "d")
        else {
            throw .transferEncodingInvalid
        }
        isChunked = true
    }

    /// Reads `Connection`, of which a head may have several.
    @inline(__always)
    mutating func readConnection(
        _ bytes: Span<UInt8>, _ value: ByteRange
    ) throws(HTTPParseError) {
        let first = bytes.word(at: value.start)
        if value.length == 10, first.isKeepAlive(before: bytes.word(at: value.start &+ 8)) {
            keepsAlive = true
        } else if value.length == 5, first.isClose {
            closes = true
        } else {
            try readOptions(bytes, value)
        }
    }

    private mutating func readOptions(
        _ bytes: Span<UInt8>, _ value: ByteRange
    ) throws(HTTPParseError) {
        var options = ConnectionOptions(value)
        while let option = try options.next(in: bytes) {
            switch try option.meaning(in: bytes) {
            case .close: closes = true
            case .keepAlive: keepsAlive = true
            case .hopByHop: break
            case .nomination:
                guard nominations < Self.nominationsMax else { throw .tooManyConnectionOptions }
                nominations += 1
            }
        }
    }

    /// Whether the connection may be used again after this message (RFC 9112 section 9.3).
    func persists(minorVersion: UInt8) -> Bool {
        !closes && (minorVersion == 1 || keepsAlive)
    }
}
