/// What the header fields of a response mean, as far as a proxy needs to know.
struct ResponseMeaning: HeadMeaning {
    let minorVersion: UInt8
    /// Whether the status may have a `Content-Length`; see `ResponseHead.mayHaveLength`.
    let mayHaveLength: Bool

    private(set) var control = MessageControl()

    init(minorVersion: UInt8, mayHaveLength: Bool) {
        self.minorVersion = minorVersion
        self.mayHaveLength = mayHaveLength
    }

    @inline(__always)
    static var dropped: KnownHeaderSet { .hopByHop }

    @inline(__always)
    static var meaningful: KnownHeaderSet {
        KnownHeaderSet(.contentLength) + .transferEncoding + .connection
    }

    mutating func take(
        _ field: inout HeaderField, at index: Int, in bytes: Span<UInt8>
    ) throws(HTTPParseError) {
        switch field.known {
        case .contentLength:
            try control.readContentLength(bytes, field.value)
            if !control.lengthIsCanonical || !mayHaveLength { field.passage = .dropped }
        case .transferEncoding:
            try control.readTransferEncoding(bytes, field.value, minorVersion: minorVersion)
        case .connection:
            try control.readConnection(bytes, field.value)
        default:
            break
        }
    }
}
