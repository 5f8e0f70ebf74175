/// How a response goes out to the client: which framing, and what becomes of the connection.
package struct ResponseForwarding: Equatable, Sendable {
    /// `none` and `length` as the backend sent them, else `chunked` for HTTP/1.1 and `untilClose`
    /// for HTTP/1.0 clients, which know no chunks.
    package let framing: BodyFraming
    /// Whether the client may send another request on the connection.
    package let keepAlive: Bool
    /// The client's own minor version, 0 or 1.
    package let clientMinorVersion: UInt8

    /// Chooses for the response `head`.
    ///
    /// `keepAlive` is whether the client's connection could go on: what the request asked for,
    /// less the proxy's own reasons to close.
    package init(
        of head: borrowing ResponseHead, clientMinorVersion: UInt8, keepAlive: Bool
    ) {
        self.clientMinorVersion = clientMinorVersion
        switch head.framing {
        case .none, .length: framing = head.framing
        case .chunked, .untilClose:
            framing = clientMinorVersion == 1 ? .chunked : .untilClose
        }
        self.keepAlive = keepAlive && framing != .untilClose
    }
}
