package import Primitives

/// What a proxy tells a backend about the connection that a request came on.
package struct Forwarding: BitwiseCopyable, Sendable {
    /// Who sent the request: `X-Forwarded-For` and `X-Real-IP`.
    let client: AddressText
    /// Where it was received: the `Host` of HTTP/1.0 requests that name none.
    let listener: AddressText
    /// Whether it came over TLS: `X-Forwarded-Proto`.
    let isTLS: Bool

    /// `client` and `listener` are the two ends of the connection; making this may allocate, so
    /// make it once for each connection.
    package init(client: IPAddress, listener: SocketAddress, isTLS: Bool) {
        self.client = AddressText(client)
        self.listener = AddressText(listener)
        self.isTLS = isTLS
    }
}
