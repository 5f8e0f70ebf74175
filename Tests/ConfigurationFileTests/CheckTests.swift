import ConfigurationFile
import Health
import Testing

/// What a check's protocol makes of its keys.
@Suite("Checks")
struct CheckTests {
    private static func yaml(_ health: String) -> String {
        file(pool: "backends: [{ address: 192.0.2.1:80 }], health: { \(health) }")
    }

    private static func check(_ health: String) throws -> Configuration.HealthCheck {
        let checked = try Configuration.parse(yaml: yaml(health), file: "f", hostName: "h")
        return try #require(checked.value.shared.pools[0].health)
    }

    @Test(
        "Each protocol makes a probe of its own keys",
        arguments: [
            ("protocol: http", .http(Probe.HTTPRequest())),
            ("protocol: https", .http(Probe.HTTPRequest(tls: Probe.TLSSettings()))),
            (
                "protocol: https, host: a.example, tls: { verify: false, server-name: b.example }",
                .http(
                    Probe.HTTPRequest(
                        tls: Probe.TLSSettings(isVerified: false, serverName: "b.example"),
                        host: "a.example"))
            ),
            (
                "protocol: https, tls: { authorities: ca, certificate: c, key: k }",
                .http(
                    Probe.HTTPRequest(
                        tls: Probe.TLSSettings(
                            authorities: "ca",
                            clientCertificate: Probe.CertificateFiles(certificate: "c", key: "k"))))
            ),
            (
                "protocol: http, method: HEAD, headers: { X-A: '1', x-b: a b }",
                .http(
                    Probe.HTTPRequest(
                        method: "HEAD",
                        headers: [
                            Probe.Header(name: "X-A", value: "1"),
                            Probe.Header(name: "x-b", value: "a b"),
                        ]))
            ),
            ("protocol: http, headers:", .http(Probe.HTTPRequest())),
            ("protocol: tcp", .tcp(Probe.TCPExchange())),
            (
                #"protocol: tcp, send: 'PING\r\n', expect: +PONG"#,
                .tcp(Probe.TCPExchange(send: Array("PING\r\n".utf8), expect: Array("+PONG".utf8)))
            ),
            (
                #"protocol: tcp, send: "a\r\n\\x00", expect: '\xfF\\\t\0é'"#,
                .tcp(
                    Probe.TCPExchange(
                        send: Array("a\r\n\0".utf8),
                        expect: [0xFF, 0x5C, 0x09, 0x00, 0xC3, 0xA9]))
            ),
            ("protocol: grpc", .grpc(Probe.GRPCRequest())),
            (
                "protocol: grpc, service: a.B, host: h, tls: {}",
                .grpc(Probe.GRPCRequest(tls: Probe.TLSSettings(), service: "a.B", host: "h"))
            ),
            ("protocol: postgresql", .postgresql(Probe.PostgreSQLStartup())),
            (
                "protocol: postgresql, user: u, database: d",
                .postgresql(Probe.PostgreSQLStartup(user: "u", database: "d"))
            ),
            ("protocol: redis", .redis(Probe.RedisPing())),
            ("protocol: redis, password-file: f", .redis(Probe.RedisPing(passwordFile: "f"))),
            (
                "protocol: exec, command: [/bin/check, -v, '']",
                .exec(Probe.Command(arguments: ["/bin/check", "-v", ""]))
            ),
        ] as [(String, Probe)])
    func probes(health: String, expected: Probe) throws {
        #expect(try Self.check(health).check.probe == expected)
    }

    @Test("The interval while a state changes is the usual one, unless there is another")
    func fastInterval() throws {
        #expect(
            try Self.check("protocol: tcp, interval: 9s").check.timing.fastInterval == .seconds(9))
        let both = "protocol: tcp, interval: 9s, fast-interval: 9s"
        #expect(try Self.check(both).check.timing.fastInterval == .seconds(9))
    }

    @Test(
        "Observers are a number or all",
        arguments: [
            ("1", .count(1)), ("64", .count(64)), ("all", .all),
        ] as [(String, Configuration.Observers)])
    func observers(text: String, expected: Configuration.Observers) throws {
        #expect(try Self.check("protocol: tcp, observers: \(text)").observers == expected)
    }

    @Test("Where each node decides for itself, each probes")
    func local() throws {
        #expect(try Self.check("protocol: tcp").observers == .count(3))
        #expect(try Self.check("protocol: tcp, verdict: local").observers == .all)
    }

    private static let keys: [(key: String, protocols: [String])] = [
        ("method: GET", ["http", "https"]), ("path: /", ["http", "https"]),
        ("host: a", ["http", "https", "grpc"]), ("headers: {}", ["http", "https"]),
        ("success-codes: 200", ["http", "https"]), ("expected-body: a", ["http", "https"]),
        ("send: a", ["tcp"]), ("expect: a", ["tcp"]), ("service: a", ["grpc"]),
        ("user: a", ["postgresql"]), ("database: a", ["postgresql"]),
        ("password-file: a", ["redis"]), ("command: [/a]", ["exec"]),
        ("tls: {}", ["https", "grpc"]),
    ]

    @Test(
        "A key of another protocol is refused, with the protocols that it is for",
        arguments: ["http", "https", "tcp", "grpc", "postgresql", "redis", "exec"])
    func otherProtocols(name: String) {
        for (text, protocols) in Self.keys {
            let key = text.prefix { $0 != ":" }
            let command = name == "exec" && key != "command" ? ", command: [/a]" : ""
            let list =
                protocols.count < 2
                ? protocols[0]
                : protocols.dropLast().joined(separator: ", ") + " or " + protocols.last!
            // After the rest of the line, the protocol and the command.
            let column = 77 + name.count + command.count
            let found = findings(
                Self.yaml("protocol: \(name)\(command), \(text)")
                    .replacing("node: {}", with: "node: { allow-exec-checks: true }"))
            let expected = "6:\(column): '\(key)' is for checks with protocol \(list)"
            #expect(found == (protocols.contains(name) ? [] : [expected]))
        }
    }

    @Test(
        "Values refused",
        arguments: [
            ("protocol: exec", "'command' is missing: the program, as an absolute path, and its"),
            ("protocol: exec, command: []", "command: at least 1 needed"),
            ("protocol: exec, command: /a", "command: expected a list, found '/a'"),
            ("protocol: exec, command: [a]", "command: 'a' is no absolute path of a program"),
            ("protocol: exec, command: [/a, \"\\0\"]", "command: '\\u{0}' is no argument"),
            ("protocol: http, method: 'G T'", "method: 'G T' is no name here"),
            ("protocol: http, method: CONNECT", "method: CONNECT asks for a tunnel, not a path"),
            (
                "protocol: http, method: HEAD, expected-body: a",
                "expected-body: an answer to HEAD has no body"
            ),
            ("protocol: http, expected-body: ''", "expected-body: '' is no text of 1 to 1024"),
            ("protocol: http, headers: a", "headers: expected a mapping such as"),
            ("protocol: http, headers: { 'a b': c }", "headers: 'a b' is no header name"),
            ("protocol: http, headers: { hOst: c }", "headers: 'hOst' has a key of its own"),
            (
                "protocol: http, headers: { Content-Length: '1' }",
                "headers: 'Content-Length' is set by the check itself"
            ),
            ("protocol: http, headers: { A: b, a: c }", "headers: 'a' stands there twice"),
            ("protocol: http, headers: { a: }", "a: expected a text, found nothing"),
            ("protocol: http, headers: { a: ' b' }", "a: ' b' is no header value"),
            (
                "protocol: http, headers: { a: \"b\\r\\nc: d\" }",
                "a: 'b\\u{d}\\u{a}c: d' is no header value"
            ),
            (
                "protocol: http, headers: { \((0...32).map { "a\($0): b" }.joined(separator: ", ")) }",
                "headers: 33 given, at most 32 allowed"
            ),
            ("protocol: tcp, send: ''", "send: 0 bytes given, 1 to 1024 allowed"),
            (
                "protocol: tcp, expect: \(String(repeating: "a", count: 1_025))",
                "expect: 1025 bytes given, 1 to 1024 allowed"
            ),
            (#"protocol: tcp, send: '\q'"#, #"send: '\' begins one of \r, \n, \t, \0, \\ and"#),
            (#"protocol: tcp, send: '\x1'"#, #"send: '\' begins one of"#),
            (#"protocol: tcp, send: '\x1g'"#, #"send: '\' begins one of"#),
            (#"protocol: tcp, send: '\'"#, #"send: '\' begins one of"#),
            ("protocol: grpc, service: 'a b'", "service: 'a b' is no text of 1 to 256 visible"),
            (
                "protocol: postgresql, user: \(String(repeating: "a", count: 64))",
                "user: 'aaaaaaaaaa"
            ),
            ("protocol: postgresql, database: \"\\0\"", "database: '\\u{0}' is no text"),
            (
                "protocol: https, tls: { certificate: a }",
                "'key' is missing: a client's certificate and its key go together"
            ),
            ("protocol: https, tls: { key: a }", "'certificate' is missing: a client's"),
            (
                "protocol: https, tls: { verify: false, authorities: a }",
                "'authorities' is of no use where nothing is verified"
            ),
            ("protocol: https, tls: { verify: maybe }", "verify: 'maybe' is neither true nor"),
            ("protocol: https, tls: { verify: 'true' }", "verify: 'true' is neither true nor"),
            ("protocol: https, tls: { server-name: a..b }", "server-name: 'a..b' is no domain"),
            ("protocol: tcp, fast-interval: 31s", "fast-interval: the interval while a state is"),
            (
                "protocol: tcp, timeout: 1s, interval: 1s, fast-interval: 2s",
                "fast-interval: the interval while a state is changing (2s) is longer than the "
                    + "usual one (1s)"
            ),
            (
                "protocol: tcp, jitter: 31s",
                "jitter: the jitter (31s) is longer than the interval (30s)"
            ),
            // Against an interval that is wrong nothing is measured.
            ("protocol: tcp, interval: 30, fast-interval: 31s", "interval: '30' needs a unit"),
            ("protocol: tcp, initial-delay: 25h", "initial-delay: '25h' is not from 0s to 24h"),
            ("protocol: tcp, observers: 0", "observers: '0' is neither all nor a number from 1"),
            ("protocol: tcp, observers: 65", "observers: '65' is neither all nor a number from"),
            (
                "protocol: tcp, verdict: local, observers: 3",
                "observers: with verdict local every node needs a probe of its own; leave it out"
            ),
            ("protocol: tcp, observers: none", "observers: 'none' is neither all nor a number"),
        ])
    func refused(health: String, expected: String) {
        let found = findings(Self.yaml(health))
        #expect(found.count == 1)
        let message = found.first?.drop { $0 != " " }.dropFirst()
        #expect(message?.hasPrefix(expected) == true, "\(found)")
    }

    @Test("Where the protocol is wrong, no key is blamed for it")
    func wrongProtocol() {
        #expect(
            findings(Self.yaml("protocol: icmp, path: /, send: a, command: [/a]")) == [
                "6:75: protocol: 'icmp' is none of http, https, tcp, grpc, postgresql, redis, exec"
            ])
        #expect(
            findings(Self.yaml("path: /, send: a")) == [
                "6:63: 'protocol' is missing: what a probe speaks"
            ])
    }

    @Test("A check that starts commands needs the consent of the node")
    func commands() {
        let yaml = Self.yaml("protocol: exec, command: [/a]")
        #expect(
            findings(yaml) == [
                "6:75: warning: this node does not allow exec checks, so it will fail this one; "
                    + "set 'allow-exec-checks' under 'node'"
            ])
        let allowed = yaml.replacing("node: {}", with: "node: { allow-exec-checks: true }")
        #expect(findings(allowed) == [])
    }
}
