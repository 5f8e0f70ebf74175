package import Primitives

extension Configuration {
    /// Where traffic comes in.
    package struct Listener: Hashable, Sendable {
        package static let bindsMax = 64

        package var name: String
        /// At least one.
        package var bind: [SocketAddress]
        package var `protocol`: ListenerProtocol
        /// The name of the pool that serves it.
        package var pool: String
        package var timeouts: ListenerTimeouts
    }

    /// What a listener understands of its traffic.
    package enum ListenerProtocol: String, Hashable, Sendable, CaseIterable {
        /// HTTP/1.1, request by request.
        case http
        /// Bytes, connection by connection.
        case tcp
        /// Bytes, connection by connection; the ClientHello that they begin with is read, for the
        /// server name in it.
        case tlsPassthrough = "tls-passthrough"
    }

    /// How long a client is waited for. All within 1 ms and 24 h.
    package struct ListenerTimeouts: Hashable, Sendable {
        /// While the client is to send or take data and does neither.
        package var client: Duration
        /// From the first byte of a request to the end of its header. HTTP only.
        package var requestHeader: Duration
        /// Between a response and the next request. HTTP only.
        package var idle: Duration
    }
}

extension Configuration.Listener {
    init(reading keys: inout SectionReader) {
        name = keys.required("name", .name, "what the listener is called")
        bind = keys.required(
            "bind", .oneOrMore(of: .bind, Self.bindsMax),
            "the address and port to listen on, or a list of them")
        `protocol` = keys.required(
            "protocol", .choice(notYet: ["udp"]), "what it carries")
        pool = keys.required("pool", .name, "the pool that serves it")
        timeouts = keys.section(
            "timeouts", Configuration.ListenerTimeouts.init(reading:),
            "how long a client is waited for")
        keys.notYet("routes", "tls")
    }
}

extension Configuration.ListenerTimeouts {
    init(reading keys: inout SectionReader) {
        client = keys.value(
            "client", .timeout, default: .seconds(50),
            "how long a client may neither send nor take data when it should")
        requestHeader = keys.value(
            "request-header", .timeout, default: client, shown: "as client",
            "how long the header of a request may take; for http only")
        idle = keys.value(
            "idle", .timeout, default: client, shown: "as client",
            "how long a connection is kept without a request; for http only")
    }
}
