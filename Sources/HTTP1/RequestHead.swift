/// The head of an HTTP/1 request: request line and header fields (RFC 9112 sections 3 and 5).
///
/// One worker has one and parses every request into it; nothing is allocated. All ranges are
/// offsets into the bytes that were parsed, which the caller keeps. After `parse` returned nil or
/// threw, the contents mean nothing.
package struct RequestHead: ~Copyable {
    /// The four forms of RFC 9112 section 3.2, less the one of `CONNECT`, which is refused.
    package enum TargetForm: UInt8, Sendable {
        /// `/path?query`.
        case origin
        /// `http://host/path?query`, with either scheme.
        case absolute
        /// `OPTIONS *`.
        case asterisk
    }

    package internal(set) var method = HTTPMethod.other
    /// The method as it was spelled.
    package internal(set) var methodRange = ByteRange.empty
    package internal(set) var targetForm = TargetForm.origin
    /// The whole target as it came: visible ASCII without `#`. Neither percent-encoding nor dot
    /// segments have been looked at.
    package internal(set) var target = ByteRange.empty
    /// Path and query. In absolute form, what follows the authority: it may be empty or begin
    /// with `?`, and then a `/` is understood before it; see `isPathImplied`.
    package internal(set) var path = ByteRange.empty
    /// Whether the path begins with a `/` that the target leaves out.
    package internal(set) var isPathImplied = false
    /// The host, with its port if one was given: the authority of a target in absolute form, else
    /// the value of `Host`. Empty only in an HTTP/1.0 request without either.
    package internal(set) var host = ByteRange.empty
    /// 0 or 1.
    package internal(set) var minorVersion: UInt8 = 1
    /// Every field line, `Host` and the hop-by-hop ones among them.
    package internal(set) var fields = HeaderFields()
    /// `none`, `length` or `chunked`.
    package internal(set) var framing = BodyFraming.none
    /// Whether the client wants the connection kept (RFC 9112 section 9.3).
    package internal(set) var keepAlive = false
    /// Whether the client waits for `100 Continue` before it sends the body: it said so, speaks
    /// HTTP/1.1 and has a body to send (RFC 9110 section 10.1.1).
    package internal(set) var expectsContinue = false
    /// Whether `Connection` names fields beyond the usual hop-by-hop ones; they are dropped.
    package internal(set) var hasNominations = false

    /// Where the request line starts and the fields start, for copying whole lines.
    var lineStart: UInt32 = 0
    var fieldsStart: UInt32 = 0
    private(set) var meaning = RequestMeaning(
        targetForm: .origin, authority: .empty, minorVersion: 1)

    /// A head to parse into; this is where its storage is allocated.
    package init() {}

    /// Reads the head at the start of `bytes` and returns its length, or nil while its end has
    /// not come. What is wrong is refused as soon as it is seen, so a longer part of the same
    /// head never changes the error.
    ///
    /// One empty line before the request line is passed over (RFC 9112 section 2.2).
    package mutating func parse(
        _ bytes: Span<UInt8>, limits: HeadLimits
    ) throws(HTTPParseError) -> Int? {
        let window = bytes.extracting(0..<min(bytes.count, limits.headBytes))
        host = .empty
        guard try parseLine(window, limits: limits),
            let length = try parseFields(window, limits: limits)
        else {
            guard bytes.count < limits.headBytes else { throw .headTooLong }
            return nil
        }
        try conclude(window)
        return Int(length)
    }

    @inline(__always)
    private mutating func parseFields(
        _ bytes: Span<UInt8>, limits: HeadLimits
    ) throws(HTTPParseError) -> UInt32? {
        meaning = RequestMeaning(
            targetForm: targetForm, authority: host, minorVersion: minorVersion)
        return try fields.read(
            bytes, from: fieldsStart, limit: limits.fields, meaning: &meaning)
    }

    /// What only the whole head can tell.
    @inline(__always)
    private mutating func conclude(_ bytes: Span<UInt8>) throws(HTTPParseError) {
        guard meaning.hasHost || minorVersion == 0 else { throw .hostMissing }
        host = meaning.host
        let control = meaning.control
        if control.isChunked {
            framing = .chunked
        } else if let length = control.contentLength {
            framing = .length(length)
        } else {
            framing = .none
        }
        keepAlive = control.persists(minorVersion: minorVersion)
        expectsContinue = false
        if let index = meaning.expectIndex {
            expectsContinue = framing != .none && framing != .length(0)
            if !expectsContinue { fields.drop(at: index) }
        }
        hasNominations = control.nominations > 0
        if hasNominations { try fields.dropNominated(in: bytes) }
    }
}
