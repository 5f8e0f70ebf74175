import ConfigurationFile
import Health
import Primitives
import Testing

@Suite("Values")
struct ValueTests {
    private static func message(of yaml: String) -> String? {
        findings(yaml).first.map { text in
            String(text.drop { $0 != " " }.dropFirst())
        }
    }

    @Test(
        "Durations",
        arguments: [
            ("500ms", .milliseconds(500)), ("5s", .seconds(5)), ("1m30s", .seconds(90)),
            ("1h", .seconds(3_600)), ("1h1m1s1ms", .milliseconds(3_661_001)),
            ("90s", .seconds(90)), ("1ms", .milliseconds(1)), ("24h", .seconds(86_400)),
            ("\"5s\"", .seconds(5)),
        ] as [(String, Duration)])
    func duration(text: String, expected: Duration) throws {
        let yaml = file(listener: #"bind: ":80", protocol: http, timeouts: { client: \#(text) }"#)
        let checked = try Configuration.parse(yaml: yaml, file: "f", hostName: "h")
        #expect(checked.value.shared.listeners[0].timeouts.client == expected)
    }

    @Test(
        "Durations refused",
        arguments: [
            ("5", "client: '5' needs a unit, such as '5s' or '5ms'"),
            ("0s", "client: '0s' is not from 1ms to 24h"),
            ("24h1ms", "client: '24h1ms' is not from 1ms to 24h"),
            ("999999999h", "client: '999999999h' is not from 1ms to 24h"),
        ]
            + [
                "5sec", "s", "5 s", "1.5s", "-5s", "+5s", "30s1m", "5s5s", "5sms", "5d",
                "9999999999ms", "''", "５s",
            ].map { text in
                let spelled = text == "''" ? "" : text
                return (
                    text,
                    "client: '\(spelled)' is no duration; write it like 500ms, 5s, 1m30s or 1h"
                )
            })
    func durationRefused(text: String, expected: String) {
        let yaml = file(listener: #"bind: ":80", protocol: http, timeouts: { client: \#(text) }"#)
        #expect(Self.message(of: yaml) == expected)
    }

    @Test(
        "Binds",
        arguments: [
            ("10.0.0.1:80", "10.0.0.1:80"), (":8080", "0.0.0.0:8080"), ("*:8080", "0.0.0.0:8080"),
            ("[::]:80", "[::]:80"), ("[2001:db8::1]:65535", "[2001:db8::1]:65535"),
            ("0.0.0.0:1", "0.0.0.0:1"),
        ])
    func bind(text: String, expected: String) throws {
        let yaml = file(listener: "bind: \"\(text)\", protocol: http")
        let checked = try Configuration.parse(yaml: yaml, file: "f", hostName: "h")
        #expect(checked.value.shared.listeners[0].bind.map(\.description) == [expected])
    }

    @Test(
        "Binds refused",
        arguments: [
            ("80", "'80' needs an address before the port, as in ADDR:PORT"),
            ("10.0.0.1", "'10.0.0.1' has no port"),
            ("[::1]", "'[::1]' has no port"),
            ("", "'' has no port"),
            (":0", "'0' is no port from 1 to 65535"),
            (":65536", "'65536' is no port from 1 to 65535"),
            (":+80", "'+80' is no port from 1 to 65535"),
            (":", "'' is no port from 1 to 65535"),
            ("::1:80", "'::1:80': write IPv6 in brackets, such as '[::1]:80'"),
            ("[10.0.0.1]:80", "'[10.0.0.1]' is no IP address"),
            ("[fe80::1%eth0]:80", "'[fe80::1%eth0]' is no IP address"),
            ("10.0.0.256:80", "'10.0.0.256' is no IP address"),
            ("10.0.0.01:80", "'10.0.0.01' is no IP address"),
            ("localhost:80", "'localhost' is a name; a socket is bound to an IP address"),
        ])
    func bindRefused(text: String, expected: String) {
        let yaml = file(listener: "bind: \"\(text)\", protocol: http")
        #expect(Self.message(of: yaml) == "bind: " + expected)
    }

    @Test(
        "Backends refused",
        arguments: [
            (
                "app.example.com:80",
                "'app.example.com' is a name; give an IP address here; names of servers are "
                    + "looked up by 'discover' of a pool"
            ),
            ("0.0.0.0:80", "'0.0.0.0:80' is every address; give one to connect to"),
            ("[::]:80", "'[::]:80' is every address; give one to connect to"),
            (":80", "'' is no IP address"), ("*:80", "'*' is no IP address"),
        ])
    func backendRefused(text: String, expected: String) {
        let yaml = file(pool: "backends: [{ address: \"\(text)\" }]")
        #expect(Self.message(of: yaml) == "address: " + expected)
    }

    @Test(
        "Names, numbers and paths refused",
        arguments: [
            ("{ name: -a }", "name: '-a' is no name"), ("{ name: a/b }", "name: 'a/b' is no name"),
            ("{ name: '' }", "name: '' is no name"), ("{ name: é }", "name: 'é' is no name"),
            (
                "{ name: \(String(repeating: "a", count: 65)) }",
                "name: '\(String(repeating: "a", count: 60))…' is no name"
            ),
            ("{ workers: 0 }", "workers: '0' is neither auto nor a number from 1 to 64"),
            ("{ workers: 65 }", "workers: '65' is neither auto nor a number from 1 to 64"),
            ("{ workers: \"4\" }", "workers: '4' is neither auto nor a number from 1 to 64"),
            ("{ workers: 1e1 }", "workers: '1e1' is neither auto nor a number from 1 to 64"),
            ("{ max-connections: 0 }", "max-connections: '0' is no whole number from 1 to 1000000"),
            (
                "{ max-connections: 99999999999999999999 }",
                "max-connections: '99999999999999999999' is no whole number from 1 to 1000000"
            ),
            (
                "{ max-connections: '5' }",
                "max-connections: '5' is no whole number from 1 to 1000000"
            ),
            (
                "{ max-connections: 0x10 }",
                "max-connections: '0x10' is no whole number from 1 to 1000000"
            ),
            ("{ state: '' }", "state: a path is not empty"),
            (
                "{ admin: { socket: /\(String(repeating: "a", count: 107)) } }",
                "socket: a path here has at most 107 bytes"
            ),
        ])
    func nodeRefused(node: String, expected: String) {
        #expect(Self.message(of: file(node: node))?.hasPrefix(expected) == true)
    }

    @Test(
        "Health checks refused",
        arguments: [
            (
                "protocol: grpcs",
                "protocol: 'grpcs' is none of http, https, tcp, grpc, postgresql, redis, exec; "
                    + "did you mean 'grpc'?"
            ),
            ("protocol: http, port: 0", "port: '0' is no whole number from 1 to 65535"),
            ("protocol: http, path: health", "path: 'health' is no path that begins with '/'"),
            ("protocol: http, path: '/a b'", "path: '/a b' is no path that begins with '/'"),
            ("protocol: http, path: '/a#b'", "path: '/a#b' is no path that begins with '/'"),
            ("protocol: http, path: \"/a\\r\\nb\"", "path: '/a\\u{d}\\u{a}b' is no path"),
            ("protocol: http, host: 'a b'", "host: 'a b' is no host name"),
            ("protocol: http, host: \"a\\r\\nb\"", "host: 'a\\u{d}\\u{a}b' is no host name"),
            ("protocol: http, host: ''", "host: '' is no host name"),
            ("protocol: http, interval: 99ms", "interval: '99ms' is not from 100ms to 24h"),
            ("protocol: http, timeout: 0ms", "timeout: '0ms' is not from 1ms to 24h"),
            (
                "protocol: http, healthy-threshold: 0",
                "healthy-threshold: '0' is no whole number from 1 to 100"
            ),
            (
                "protocol: http, unhealthy-threshold: 101",
                "unhealthy-threshold: '101' is no whole number from 1 to 100"
            ),
            (
                "protocol: http, success-codes: 2xx",
                "success-codes: '2xx' is no list of status codes such as 200-299,304"
            ),
            (
                "protocol: http, success-codes: [200, 99]",
                "success-codes: '99' is no list of status codes such as 200-299,304"
            ),
            ("protocol: http, success-codes: []", "success-codes: at least 1 needed"),
            (
                "protocol: http, verdict: majorty",
                "verdict: 'majorty' is none of majority, any, all, local; did you mean 'majority'?"
            ),
        ])
    func healthRefused(health: String, expected: String) {
        let yaml = file(pool: "backends: [{ address: 192.0.2.1:80 }], health: { \(health) }")
        #expect(Self.message(of: yaml)?.hasPrefix(expected) == true)
        #expect(findings(yaml).count == 1)
    }

    @Test(
        "Success codes as text, number or list",
        arguments: [
            ("200", "200"), ("\"200\"", "200"), ("200-299", "200-299"),
            ("\"200,204\"", "200,204"), ("[200, 204]", "200,204"),
            ("[200-299, \"304,400\"]", "200-299,304,400"),
        ])
    func successCodes(text: String, expected: String) throws {
        let yaml = file(
            pool: "backends: [{ address: 192.0.2.1:80 }], "
                + "health: { protocol: http, success-codes: \(text) }")
        let checked = try Configuration.parse(yaml: yaml, file: "f", hostName: "h")
        let probe = try #require(checked.value.shared.pools[0].health?.check.probe)
        guard case .http(let request) = probe else {
            Issue.record("no HTTP check")
            return
        }
        #expect(request.successCodes.description == expected)
    }
}
