/// Why a message was refused; `reason` says each case in words. Every case ends the connection it
/// came from, because where the next message starts is not known any more.
package enum HTTPParseError: UInt8, Error, Equatable, CaseIterable, Sendable {
    // The request line and the status line
    case emptyLine
    case methodInvalid
    case methodTooLong
    case connectUnsupported
    case targetInvalid
    case targetTooLong
    case targetFragment
    case authorityInvalid
    case versionInvalid
    case versionUnsupported
    case statusLineInvalid

    // Lines and fields
    case bareLineFeed
    case bareCarriageReturn
    case controlByte
    case leadingWhitespace
    case foldedLine
    case fieldNameInvalid
    case fieldNameAmbiguous
    case whitespaceBeforeColon
    case headTooLong
    case tooManyFields

    // What the fields mean
    case hostMissing
    case hostRepeated
    case hostInvalid
    case hostDisagrees
    case contentLengthInvalid
    case contentLengthRepeated
    case transferEncodingInvalid
    case transferEncodingRepeated
    case transferEncodingInHTTP10
    case lengthAndTransferEncoding
    case connectionInvalid
    case connectionNamesEndToEnd
    case tooManyConnectionOptions
    case expectationUnsupported

    // Chunked bodies
    case chunkSizeInvalid
    case chunkSizeTooLarge
    case chunkExtensionInvalid
    case chunkExtensionsTooLong
    case chunkEndMissing
    case trailerForbidden
    case trailersTooLong

    /// The status to answer with when a client sent it; a backend that sent it is answered for
    /// with 502 by whoever reads responses.
    package var status: Int {
        switch self {
        case .targetTooLong: 414
        case .expectationUnsupported: 417
        case .headTooLong, .tooManyFields, .trailersTooLong: 431
        case .methodTooLong, .connectUnsupported: 501
        case .versionUnsupported: 505
        default: 400
        }
    }
}

extension HTTPParseError {
    /// One phrase for a log line; never a byte of what was sent.
    package var reason: StaticString {
        switch self {
        case .emptyLine: "more than one empty line before a request"
        case .methodInvalid: "the method is not capital letters, hyphens and underscores"
        case .methodTooLong: "the method is longer than any known one"
        case .connectUnsupported: "CONNECT is not served"
        case .targetInvalid: "the request target has none of the allowed forms"
        case .targetTooLong: "the request target is too long"
        case .targetFragment: "the request target has a fragment"
        case .authorityInvalid: "the authority of the request target is not host[:port]"
        case .versionInvalid: "the version is not HTTP/DIGIT.DIGIT and a line end"
        case .versionUnsupported: "the version is neither HTTP/1.0 nor HTTP/1.1"
        case .statusLineInvalid: "the status line is malformed"
        case .bareLineFeed: "a line feed without a carriage return"
        case .bareCarriageReturn: "a carriage return without a line feed"
        case .controlByte: "a control byte in a field value or reason phrase"
        case .leadingWhitespace: "whitespace before the first header field"
        case .foldedLine: "a folded header line"
        case .fieldNameInvalid: "a field line without a valid name and a colon"
        case .fieldNameAmbiguous: "a field name that means a known header with underscores"
        case .whitespaceBeforeColon: "whitespace between field name and colon"
        case .headTooLong: "the head is too long"
        case .tooManyFields: "too many header fields"
        default: reasonInMeaning
        }
    }

    private var reasonInMeaning: StaticString {
        switch self {
        case .hostMissing: "no Host in an HTTP/1.1 request"
        case .hostRepeated: "more than one Host"
        case .hostInvalid: "Host is not host[:port]"
        case .hostDisagrees: "Host disagrees with the request target"
        case .contentLengthInvalid: "Content-Length is not one decimal number in range"
        case .contentLengthRepeated: "more than one Content-Length"
        case .transferEncodingInvalid: "Transfer-Encoding is not exactly chunked"
        case .transferEncodingRepeated: "more than one Transfer-Encoding"
        case .transferEncodingInHTTP10: "Transfer-Encoding in an HTTP/1.0 message"
        case .lengthAndTransferEncoding: "both Content-Length and Transfer-Encoding"
        case .connectionInvalid: "Connection is not a list of tokens"
        case .connectionNamesEndToEnd: "Connection names an end-to-end field"
        case .tooManyConnectionOptions: "Connection names too many fields"
        case .expectationUnsupported: "an expectation other than 100-continue"
        case .chunkSizeInvalid: "a chunk size that is not hexadecimal"
        case .chunkSizeTooLarge: "a chunk size out of range"
        case .chunkExtensionInvalid: "a malformed chunk extension"
        case .chunkExtensionsTooLong: "too many bytes of chunk extensions"
        case .chunkEndMissing: "chunk data not followed by a line end"
        case .trailerForbidden: "a trailer field that only a head may have"
        default: "the trailer section is too long"
        }
    }
}
