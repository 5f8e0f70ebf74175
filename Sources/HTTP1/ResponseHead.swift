/// The head of an HTTP/1 response: status line and header fields (RFC 9112 sections 4 and 5).
///
/// One worker has one and parses every response into it; nothing is allocated. All ranges are
/// offsets into the bytes that were parsed, which the caller keeps. After `parse` returned nil or
/// threw, the contents mean nothing.
package struct ResponseHead: ~Copyable {
    /// 100...999; the codes from 600 on have no meaning but are passed on.
    package internal(set) var status = 0
    /// The reason phrase, often empty.
    package internal(set) var reason = ByteRange.empty
    /// 0 or 1.
    package internal(set) var minorVersion: UInt8 = 1
    /// Every field line, the hop-by-hop ones among them.
    package internal(set) var fields = HeaderFields()
    /// How the body ends. Bytes that follow where it says `none` are the backend's fault.
    package internal(set) var framing = BodyFraming.none
    /// Whether the backend keeps the connection: never behind a body that its end ends.
    package internal(set) var keepAlive = false
    /// Whether `Connection` names fields beyond the usual hop-by-hop ones; they are dropped.
    package internal(set) var hasNominations = false

    var fieldsStart: UInt32 = 0
    private(set) var meaning = ResponseMeaning(minorVersion: 1, mayHaveLength: true)

    /// A head to parse into; this is where its storage is allocated.
    package init() {}

    /// Whether this is an interim response (1xx), which another response follows.
    package var isInterim: Bool { status < 200 }

    /// Whether the backend says that it left HTTP; Skein never asks for that.
    package var isSwitchingProtocols: Bool { status == 101 }

    /// Whether `Content-Length` may be passed on: not with 1xx and 204 (RFC 9110 section 8.6).
    var mayHaveLength: Bool { status >= 200 && status != 204 }

    /// Reads the head at the start of `bytes`, the answer to a request with `method`, and returns
    /// its length, or nil while its end has not come. What is wrong is refused as soon as it is
    /// seen, so a longer part of the same head never changes the error.
    package mutating func parse(
        _ bytes: Span<UInt8>, answering method: HTTPMethod, limits: HeadLimits
    ) throws(HTTPParseError) -> Int? {
        let window = bytes.extracting(0..<min(bytes.count, limits.headBytes))
        guard try parseLine(window), let length = try parseFields(window, limits: limits) else {
            guard bytes.count < limits.headBytes else { throw .headTooLong }
            return nil
        }
        try conclude(window, answering: method)
        return Int(length)
    }

    @inline(__always)
    private mutating func parseFields(
        _ bytes: Span<UInt8>, limits: HeadLimits
    ) throws(HTTPParseError) -> UInt32? {
        meaning = ResponseMeaning(minorVersion: minorVersion, mayHaveLength: mayHaveLength)
        return try fields.read(
            bytes, from: fieldsStart, limit: limits.fields, meaning: &meaning)
    }

    /// What only the whole head can tell: the framing by RFC 9112 section 6.3, in its order.
    @inline(__always)
    private mutating func conclude(
        _ bytes: Span<UInt8>, answering method: HTTPMethod
    ) throws(HTTPParseError) {
        let control = meaning.control
        if method == .head || !mayHaveLength || status == 304 {
            framing = .none
        } else if control.isChunked {
            framing = .chunked
        } else if let length = control.contentLength {
            framing = .length(length)
        } else {
            framing = .untilClose
        }
        keepAlive =
            control.persists(minorVersion: minorVersion) && framing != .untilClose
            && !isSwitchingProtocols
        hasNominations = control.nominations > 0
        if hasNominations { try fields.dropNominated(in: bytes) }
    }

    /// The status line. The space before an empty reason phrase may be missing.
    @inline(__always)
    private mutating func parseLine(
        _ bytes: Span<UInt8>
    ) throws(HTTPParseError) -> Bool {
        guard let version = try HTTPVersion.read(bytes, from: 0),
            let statusEnd = try parseStatus(bytes, from: HTTPVersion.length),
            let delimiter = bytes.byte(at: statusEnd)
        else { return false }
        guard delimiter == .space || delimiter == .carriageReturn else {
            throw .statusLineInvalid
        }
        let reasonStart = delimiter == .space ? statusEnd &+ 1 : statusEnd
        guard let end = try FieldScanner.readValue(bytes, from: reasonStart) else {
            return false
        }
        minorVersion = version.minor
        reason = ByteRange(reasonStart, end.position)
        fieldsStart = end.position &+ 2
        return true
    }

    /// A space and three digits, of which the first is not zero; returns the position behind.
    @inline(__always)
    private mutating func parseStatus(
        _ bytes: Span<UInt8>, from start: UInt32
    ) throws(HTTPParseError) -> UInt32? {
        guard let space = bytes.byte(at: start) else { return nil }
        guard space == .space else { throw .statusLineInvalid }
        var number = 0
        for position in (start &+ 1)..<(start &+ 4) {
            guard let byte = bytes.byte(at: position) else { return nil }
            let digit = byte &- UInt8(ascii: "0")
            guard digit < 10, number > 0 || digit > 0 else { throw .statusLineInvalid }
            number = number &* 10 &+ Int(digit)
        }
        status = number
        return start &+ 4
    }
}
