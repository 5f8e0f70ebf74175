import Health

/// The keys that say what a probe does. Each protocol has keys of its own, and refuses the others.
extension Probe {
    private enum ProbeProtocol: String, CaseIterable {
        case http
        case https
        case tcp
        case grpc
        case postgresql
        case redis
        case exec
    }

    init(reading keys: inout SectionReader) {
        let probeProtocol: ProbeProtocol = keys.required(
            "protocol", .choice(), "what a probe speaks")
        let http = HTTPRequest(reading: &keys)
        let exchange = TCPExchange(reading: &keys)
        var grpc = GRPCRequest(reading: &keys)
        let startup = PostgreSQLStartup(reading: &keys)
        let ping = RedisPing(reading: &keys)
        let command = Command(reading: &keys)
        let tls = keys.optional(
            "tls", .section(TLSSettings.init(reading:)),
            absent: "for https all defaults, for grpc no TLS", "how a probe speaks TLS",
            for: Self.only(.https, .grpc))
        switch probeProtocol {
        case .http: self = .http(http)
        case .https:
            var secured = http
            secured.tls = tls ?? TLSSettings()
            self = .http(secured)
        case .tcp: self = .tcp(exchange)
        case .grpc:
            grpc.tls = tls
            grpc.host = http.host
            self = .grpc(grpc)
        case .postgresql: self = .postgresql(startup)
        case .redis: self = .redis(ping)
        case .exec: self = .exec(command)
        }
    }

    private static func only(_ protocols: ProbeProtocol...) -> Condition {
        Condition(
            "protocol", isText: protocols.map(\.rawValue),
            because: "is for checks with protocol " + spokenList(protocols.map(\.rawValue)))
    }

    fileprivate static let onlyHTTP = only(.http, .https)
    fileprivate static let onlyHTTPOrGRPC = only(.http, .https, .grpc)
    fileprivate static let onlyTCP = only(.tcp)
    fileprivate static let onlyGRPC = only(.grpc)
    fileprivate static let onlyPostgreSQL = only(.postgresql)
    fileprivate static let onlyRedis = only(.redis)
    fileprivate static let onlyExec = only(.exec)
}

extension Probe.HTTPRequest {
    fileprivate init(reading keys: inout SectionReader) {
        let method = keys.value(
            "method", .token, default: "GET", "what is done with the path", for: Probe.onlyHTTP)
        let path = keys.value(
            "path", .requestTarget, default: "/", "what is asked for", for: Probe.onlyHTTP)
        let host = keys.optional(
            "host", .hostHeader, absent: "the address that is probed",
            "the host that is asked for", for: Probe.onlyHTTPOrGRPC)
        let headers = keys.value(
            "headers", .headers, default: [], "further header fields, as { name: value }",
            for: Probe.onlyHTTP)
        let successCodes = keys.value(
            "success-codes", .successCodes, default: .ok,
            "status codes that mean health, such as 200 or 200-299,304", for: Probe.onlyHTTP)
        let expectedBody = keys.optional(
            "expected-body", .phrase(1_024),
            "a text that must be in the first 64 KiB of the body", for: Probe.onlyHTTP)
        self.init(
            method: method, path: path, host: host, headers: headers, successCodes: successCodes,
            expectedBody: expectedBody)
        keys.expect(method != "CONNECT", of: "method") { "CONNECT asks for a tunnel, not a path" }
        keys.expect(expectedBody == nil || method != "HEAD", of: "expected-body") {
            "an answer to HEAD has no body"
        }
    }
}

extension Probe.TCPExchange {
    fileprivate init(reading keys: inout SectionReader) {
        let send = keys.value(
            "send", .bytes, default: [], "what is sent once the connection is open",
            for: Probe.onlyTCP)
        let expect = keys.value(
            "expect", .bytes, default: [], "what must be among the first bytes of the answer",
            for: Probe.onlyTCP)
        self.init(send: send, expect: expect)
    }
}

extension Probe.GRPCRequest {
    fileprivate init(reading keys: inout SectionReader) {
        let service = keys.optional(
            "service", .visibleText(256), absent: "the server as a whole",
            "the service that is asked after", for: Probe.onlyGRPC)
        self.init(service: service ?? "")
    }
}

extension Probe.PostgreSQLStartup {
    fileprivate init(reading keys: inout SectionReader) {
        // Names of PostgreSQL have at most 63 bytes (NAMEDATALEN).
        let user = keys.value(
            "user", .phrase(63), default: "skein",
            "the user that connects; it need not exist", for: Probe.onlyPostgreSQL)
        let database = keys.value(
            "database", .phrase(63), default: "postgres", "the database that it connects to",
            for: Probe.onlyPostgreSQL)
        self.init(user: user, database: database)
    }
}

extension Probe.RedisPing {
    fileprivate init(reading keys: inout SectionReader) {
        let passwordFile = keys.optional(
            "password-file", .path(), "a file whose first line is the password",
            for: Probe.onlyRedis)
        self.init(passwordFile: passwordFile)
    }
}

extension Probe.Command {
    fileprivate init(reading keys: inout SectionReader) {
        let arguments = keys.required(
            "command", .command, "the program, as an absolute path, and its arguments",
            for: Probe.onlyExec)
        self.init(arguments: arguments)
    }
}

extension Probe.TLSSettings {
    fileprivate init(reading keys: inout SectionReader) {
        let isVerified = keys.value(
            "verify", .flag, default: true, "whether the certificate must be valid for the name")
        let serverName = keys.optional(
            "server-name", .domain, absent: "as host",
            "the name that is asked for and verified")
        let authorities = keys.optional(
            "authorities", .path(), absent: "the system's",
            "a file with the certificate authorities to trust, in PEM",
            for: Condition(
                "verify", isText: ["true"], because: "is of no use where nothing is verified"))
        let certificate = keys.optional(
            "certificate", .path(), "a file with the client's certificates, in PEM")
        let key = keys.optional("key", .path(), "a file with the client's key, in PEM")
        keys.together(
            ["certificate", "key"], "a client's certificate and its key go together")
        var files: Probe.CertificateFiles?
        if let certificate, let key {
            files = Probe.CertificateFiles(certificate: certificate, key: key)
        }
        self.init(
            isVerified: isVerified, serverName: serverName, authorities: authorities,
            clientCertificate: files)
    }
}
