/// What the header fields of a request mean, as far as a proxy needs to know.
struct RequestMeaning: HeadMeaning {
    /// The form and the authority of the target, which `Host` must agree with, and the version.
    let targetForm: RequestHead.TargetForm
    private(set) var host: ByteRange
    let minorVersion: UInt8

    private(set) var control = MessageControl()
    private(set) var hasHost = false
    private(set) var hasForwardedFor = false
    /// Where `Expect: 100-continue` is among the fields.
    private(set) var expectIndex: Int?

    init(targetForm: RequestHead.TargetForm, authority: ByteRange, minorVersion: UInt8) {
        self.targetForm = targetForm
        host = authority
        self.minorVersion = minorVersion
    }

    @inline(__always)
    static var dropped: KnownHeaderSet {
        .hopByHop + .xForwardedFor + .xForwardedProto + .xForwardedHost + .xRealIP
    }

    @inline(__always)
    static var meaningful: KnownHeaderSet {
        KnownHeaderSet(.host) + .contentLength + .transferEncoding + .connection + .expect
            + .xForwardedFor
    }

    mutating func take(
        _ field: inout HeaderField, at index: Int, in bytes: Span<UInt8>
    ) throws(HTTPParseError) {
        switch field.known {
        case .host:
            try readHost(bytes, field.value)
            if targetForm == .absolute { field.passage = .dropped }
        case .contentLength:
            try control.readContentLength(bytes, field.value)
            if !control.lengthIsCanonical { field.passage = .dropped }
        case .transferEncoding:
            try control.readTransferEncoding(bytes, field.value, minorVersion: minorVersion)
        case .connection:
            try control.readConnection(bytes, field.value)
        case .expect:
            try readExpect(bytes, field.value, at: index)
            if minorVersion == 0 { field.passage = .dropped }
        case .xForwardedFor:
            hasForwardedFor = true
        default:
            break
        }
    }

    private mutating func readHost(
        _ bytes: Span<UInt8>, _ value: ByteRange
    ) throws(HTTPParseError) {
        guard !hasHost else { throw .hostRepeated }
        hasHost = true
        guard Authority.isValid(bytes, value) else { throw .hostInvalid }
        if targetForm == .absolute {
            guard bytes.equalsIgnoringCase(value, host) else { throw .hostDisagrees }
        } else {
            host = value
        }
    }

    /// The one expectation there is; HTTP/1.0 knows none and ignores the field.
    private mutating func readExpect(
        _ bytes: Span<UInt8>, _ value: ByteRange, at index: Int
    ) throws(HTTPParseError) {
        guard minorVersion == 1 else { return }
        let isContinue =
            value.length == 12
            && bytes.word(at: value.start).lowercased
                == ByteWord("1", "0", "0", "-", "c", "o", "n", "t")
            && bytes.word(at: value.start &+ 8).lowercased.prefix(4)
                == ByteWord("i", "n", "u", "e")
        guard isContinue, expectIndex == nil else { throw .expectationUnsupported }
        expectIndex = index
    }
}
