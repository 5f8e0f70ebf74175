/// What one probe does, and which answer is a success.
package enum Probe: Hashable, Sendable {
    /// A connection is opened. If there is something to send it is sent, and if something is
    /// expected it must be among the first bytes of what comes back; else that the connection
    /// opens is the success.
    case tcp(TCPExchange)
    /// A request is sent on a fresh connection; the status code, and perhaps the body, decide.
    case http(HTTPRequest)
    /// The standard health service `grpc.health.v1`, over HTTP/2: `SERVING` is the success.
    case grpc(GRPCRequest)
    /// The first message of a PostgreSQL client: an answer of the protocol other than an error
    /// that says the server cannot take connections is the success.
    case postgresql(PostgreSQLStartup)
    /// `PING`, after `AUTH` when there is a password: `PONG` is the success.
    case redis(RedisPing)
    /// A command of the node's own machine: exit status 0 is the success.
    case exec(Command)

    package struct TCPExchange: Hashable, Sendable {
        /// Bytes to send; empty for none.
        package var send: [UInt8]
        /// Bytes that must come; empty for none.
        package var expect: [UInt8]

        package init(send: [UInt8] = [], expect: [UInt8] = []) {
            self.send = send
            self.expect = expect
        }
    }

    package struct HTTPRequest: Hashable, Sendable {
        /// Nil for plain HTTP.
        package var tls: TLSSettings?
        package var method: String
        /// The target in origin form, beginning with `/`.
        package var path: String
        /// The `Host` header; nil for the address that is probed.
        package var host: String?
        /// Further header fields, in order.
        package var headers: [Header]
        package var successCodes: SuccessCodes
        /// A text that must be in the first 64 KiB of the body; nil for none.
        package var expectedBody: String?

        package init(
            tls: TLSSettings? = nil, method: String = "GET", path: String = "/",
            host: String? = nil, headers: [Header] = [], successCodes: SuccessCodes = .ok,
            expectedBody: String? = nil
        ) {
            self.tls = tls
            self.method = method
            self.path = path
            self.host = host
            self.headers = headers
            self.successCodes = successCodes
            self.expectedBody = expectedBody
        }
    }

    package struct Header: Hashable, Sendable {
        package var name: String
        package var value: String

        package init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    /// How a probe speaks TLS.
    package struct TLSSettings: Hashable, Sendable {
        /// Whether the certificate must be valid for the name.
        package var isVerified: Bool
        /// The name that is asked for and verified; nil for the host of the check, if it has one.
        package var serverName: String?
        /// A file with the certificate authorities to trust, in PEM; nil for the system's.
        package var authorities: String?
        /// Files with the client's certificate chain and key, in PEM; nil for none.
        package var clientCertificate: CertificateFiles?

        package init(
            isVerified: Bool = true, serverName: String? = nil, authorities: String? = nil,
            clientCertificate: CertificateFiles? = nil
        ) {
            self.isVerified = isVerified
            self.serverName = serverName
            self.authorities = authorities
            self.clientCertificate = clientCertificate
        }
    }

    package struct CertificateFiles: Hashable, Sendable {
        package var certificate: String
        package var key: String

        package init(certificate: String, key: String) {
            self.certificate = certificate
            self.key = key
        }
    }

    package struct GRPCRequest: Hashable, Sendable {
        package var tls: TLSSettings?
        /// The service that is asked after; empty for the server as a whole.
        package var service: String
        /// The `:authority`; nil for the address that is probed.
        package var host: String?

        package init(tls: TLSSettings? = nil, service: String = "", host: String? = nil) {
            self.tls = tls
            self.service = service
            self.host = host
        }
    }

    package struct PostgreSQLStartup: Hashable, Sendable {
        package var user: String
        package var database: String

        package init(user: String = "skein", database: String = "postgres") {
            self.user = user
            self.database = database
        }
    }

    package struct RedisPing: Hashable, Sendable {
        /// A file whose first line is the password; nil for none.
        package var passwordFile: String?

        package init(passwordFile: String? = nil) {
            self.passwordFile = passwordFile
        }
    }

    package struct Command: Hashable, Sendable {
        /// The program, as an absolute path, and its arguments. The environment tells which
        /// backend: `SKEIN_ADDRESS` and `SKEIN_PORT`.
        package var arguments: [String]

        package init(arguments: [String]) {
            self.arguments = arguments
        }
    }
}
