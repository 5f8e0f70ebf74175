/// The header fields that a proxy itself reads, drops or writes, each named as in its RFC; every
/// other one is `other`.
package enum KnownHeader: UInt8, Sendable, CaseIterable {
    case other
    case host
    case connection
    case contentLength
    case transferEncoding
    case expect
    case upgrade
    case keepAlive
    case te
    case trailer
    case proxyConnection
    case proxyAuthenticate
    case proxyAuthorization
    case xForwardedFor
    case xForwardedProto
    case xForwardedHost
    case xRealIP
    case date
    case server
    case cookie
    case setCookie

    /// Whether the field concerns one connection only, so that a proxy does not pass it on.
    package var isHopByHop: Bool { KnownHeaderSet.hopByHop.contains(self) }
}
