/// How the end of a message's body is known (RFC 9112 section 6.3).
package enum BodyFraming: Equatable, Sendable {
    /// There is no body, whatever the header fields say.
    case none
    /// The body has this many bytes, at most `Int64.max`; zero is possible.
    case length(UInt64)
    /// The body is in the chunked transfer coding.
    case chunked
    /// The body ends when the sender closes the connection; responses only.
    case untilClose
}
