import Health
import Primitives
import Testing

@testable import ConfigurationFile

/// Where a pool's backends come from, how clients come back to them, and when they are left alone.
@Suite("Pools")
struct PoolTests {
    private static let address = "backends: [{ address: 192.0.2.1:80 }]"

    private static func pool(_ keys: String) throws -> Configuration.Pool {
        let checked = try Configuration.parse(yaml: file(pool: keys), file: "f", hostName: "h")
        #expect(checked.warnings == [])
        return checked.value.shared.pools[0]
    }

    /// What is said of a pool with these keys, without places.
    private static func messages(_ keys: String, protocol name: String = "http") -> [Substring] {
        findings(file(listener: #"bind: ":80", protocol: \#(name)"#, pool: keys))
            .map { $0.drop { $0 != " " }.dropFirst() }
    }

    private static let defaultSource = Configuration.DNSSource(
        name: "app.example.com", type: .any, port: 80, resolvers: [], minTTL: .seconds(1),
        maxTTL: .seconds(300), weight: 1)

    @Test("A source of backends has defaults")
    func discoverDefaults() throws {
        let pool = try Self.pool(
            "discover: [{ dns: app.example.com, port: 80 }, { file: /etc/b.yaml }]")
        #expect(pool.discover == [.dns(Self.defaultSource), .file(path: "/etc/b.yaml")])
        #expect(pool.backends == [])
    }

    @Test("A source of backends has all its keys")
    func discover() throws {
        let pool = try Self.pool(
            """
            discover: [{ dns: app.example.com., type: aaaa, port: 81, \
            resolvers: [192.0.2.53:53, "[::1]:5353"], min-ttl: 2s, max-ttl: 2s, weight: 0 }]
            """)
        let expected = Configuration.DNSSource(
            name: "app.example.com.", type: .aaaa, port: 81,
            resolvers: [
                SocketAddress(ip: IPAddress(ipv4: 0xC000_0235), port: 53),
                SocketAddress(ip: IPAddress(ipv6High: 0, low: 1), port: 5_353),
            ], minTTL: .seconds(2), maxTTL: .seconds(2), weight: 0)
        #expect(pool.discover == [.dns(expected)])
    }

    @Test("Services bring their ports and weights along")
    func services() throws {
        let pool = try Self.pool("discover: [{ dns: _http._tcp.example.com, type: srv }]")
        guard case .dns(let source) = pool.discover.first else {
            Issue.record("no source")
            return
        }
        #expect(source.name == "_http._tcp.example.com" && source.type == .srv)
        #expect(source.port == nil && source.weight == nil)
    }

    @Test(
        "Sources refused",
        arguments: [
            ("{}", ["'dns' or 'file' is missing: where backends are found"]),
            ("{ fil: a }", ["unknown key 'fil'; did you mean 'file'?"]),
            ("{ dns: a, file: b, type: srv }", ["'file' cannot go with 'dns'"]),
            ("{ dns: a }", ["'port' is missing: the port of the backends"]),
            ("{ dns: a, type: srv, port: 80 }", [srv("port")]),
            ("{ dns: a, type: srv, weight: 2 }", [srv("weight")]),
            ("{ file: a, port: 80 }", ["'port' is for discovery by dns"]),
            ("{ file: a, type: a }", ["'type' is for discovery by dns"]),
            (
                "{ file: a, resolvers: [], min-ttl: 1s, max-ttl: 1s, weight: 1 }",
                ["resolvers", "min-ttl", "max-ttl", "weight"].map {
                    "'\($0)' is for discovery by dns"
                }
            ),
            (
                "{ dns: 192.0.2.1, port: 80 }",
                [
                    "dns: '192.0.2.1' is an address and needs no looking up; list it under "
                        + "'backends'"
                ]
            ),
            ("{ dns: a..b, port: 80 }", ["dns: 'a..b' is no name such as app.example.com"]),
            ("{ dns: -a.b, port: 80 }", ["dns: '-a.b' is no name such as app.example.com"]),
            (
                "{ dns: a, port: 80, resolvers: [ns.example.com:53] }",
                [
                    "resolvers: 'ns.example.com' is a name; give an IP address here; names of "
                        + "servers are looked up by 'discover' of a pool"
                ]
            ),
            (
                "{ dns: a, port: 80, min-ttl: 301s }",
                ["min-ttl: the shortest time (5m1s) is longer than the longest (5m)"]
            ),
            (
                "{ dns: a, port: 80, max-ttl: 0s }", ["max-ttl: '0s' is not from 1s to 24h"]
            ),
            (
                "{ dns: a, port: 80, resolvers: "
                    + "[\((1...9).map { "192.0.2.\($0):53" }.joined(separator: ", "))] }",
                ["resolvers: 9 given, at most 8 allowed"]
            ),
        ] as [(String, [String])])
    func sourcesRefused(source: String, expected: [String]) {
        #expect(Self.messages("discover: [\(source)]") == expected.map { $0[...] })
    }

    private static func srv(_ key: String) -> String {
        "'\(key)' is for discovery with type a, aaaa or any"
    }

    @Test(
        "A pool without a backend needs another way to get one",
        arguments: [
            ("backends: [], discover: [{ file: a }]", []),
            ("registration: true", []),
            ("backends: [], registration: false", ["backends: at least 1 needed"]),
            (
                "registration: false",
                ["'backends' is missing: the servers of the pool, as [{ address: ADDR:PORT }]"]
            ),
            (
                "discover: []",
                ["'backends' is missing: the servers of the pool, as [{ address: ADDR:PORT }]"]
            ),
            ("registration: maybe", ["registration: 'maybe' is neither true nor false"]),
            ("discver: [{ file: a }]", ["unknown key 'discver'; did you mean 'discover'?"]),
            (
                "discover: [\(repeatElement("{ file: a }", count: 17).joined(separator: ", "))]",
                ["discover: 17 given, at most 16 allowed"]
            ),
        ] as [(String, [String])])
    func empty(keys: String, expected: [String]) {
        #expect(Self.messages(keys) == expected.map { $0[...] })
    }

    private static let defaultCookie = Configuration.StickyCookie(
        name: "LB_SESSION", mode: .insert, ttl: nil, path: "/", domain: nil, isHTTPOnly: true,
        secure: .auto, sameSite: .lax, isIndirect: true, isNotCached: true)

    @Test("Stickiness is by a cookie with defaults, or by address")
    func sticky() throws {
        let pool = try Self.pool("\(Self.address), sticky: {}")
        #expect(pool.sticky == .cookie(Self.defaultCookie))
        #expect(try Self.pool("\(Self.address), sticky:").sticky == pool.sticky)
        #expect(try Self.pool("\(Self.address), sticky: { address: false }").sticky == pool.sticky)
        #expect(try Self.pool("\(Self.address), sticky: { address: true }").sticky == .address)
        #expect(try Self.pool(Self.address).sticky == nil)
    }

    @Test("A cookie has all its parts")
    func cookie() throws {
        let pool = try Self.pool(
            """
            \(Self.address), sticky: { cookie: c, ttl: 1h, path: /a, domain: example.com, \
            http-only: false, secure: true, same-site: none, indirect: false, nocache: false }
            """)
        let expected = Configuration.StickyCookie(
            name: "c", mode: .insert, ttl: .seconds(3_600), path: "/a", domain: "example.com",
            isHTTPOnly: false, secure: .always, sameSite: .none, isIndirect: false,
            isNotCached: false)
        #expect(pool.sticky == .cookie(expected))
        var prefixed = Self.defaultCookie
        (prefixed.name, prefixed.mode) = ("c", .prefix)
        #expect(
            try Self.pool("\(Self.address), sticky: { cookie: c, mode: prefix }").sticky
                == .cookie(prefixed))
    }

    @Test(
        "Stickiness refused",
        arguments: [
            ("true", ["sticky: expected a mapping such as { key: value }, found 'true'"]),
            ("{ cookie: 'a b' }", ["cookie: 'a b' is no name here: 1 to 64 letters, digits"]),
            ("{ cookie: a=b }", ["cookie: 'a=b' is no name here"]),
            ("{ cookie: '' }", ["cookie: '' is no name here"]),
            ("{ mode: prefix }", ["'cookie' is missing: the application's cookie that is marked"]),
            (
                "{ mode: prefix, cookie: a, ttl: 1h, secure: true }",
                ["ttl", "secure"].map {
                    "'\($0)' is for mode insert; of the application's cookie the application "
                        + "decides"
                }
            ),
            (
                "{ address: true, cookie: a, mode: prefix, ttl: 1h, nocache: true }",
                ["cookie", "mode", "ttl", "nocache"].map {
                    "'\($0)' is for stickiness by cookie, not by address"
                }
            ),
            ("{ ttl: 0s }", ["ttl: '0s' is not from 1s to 9600h"]),
            ("{ path: a }", ["path: 'a' is no path of a cookie"]),
            ("{ path: /a;b }", ["path: '/a;b' is no path of a cookie"]),
            ("{ domain: .example.com }", ["domain: '.example.com' is no domain"]),
            ("{ secure: yes }", ["secure: 'yes' is none of auto, true, false"]),
            (
                "{ same-site: none, secure: false }",
                ["same-site: browsers drop a cookie with same-site none that may go without TLS"]
            ),
        ] as [(String, [String])])
    func stickyRefused(sticky: String, expected: [String]) {
        let found = Self.messages("\(Self.address), sticky: \(sticky)").sorted()
        #expect(found.count == expected.count)
        for (found, expected) in zip(found, expected.sorted()) {
            #expect(found.hasPrefix(expected))
        }
    }

    @Test(
        "Other values refused",
        arguments: [
            ("queue: { size: 100001 }", "size: '100001' is no whole number from 0 to 100000"),
            ("queue: { timeout: 0s }", "timeout: '0s' is not from 1ms to 24h"),
            ("slow-start: 25h", "slow-start: '25h' is not from 0s to 24h"),
            ("panic-threshold: 101", "panic-threshold: '101' is no whole number from 0 to 100"),
            ("panic-threshold: 50%", "panic-threshold: '50%' is no whole number from 0 to 100"),
            (
                "passive: { error-share: 101 }",
                "error-share: '101' is no whole number from 0 to 100"
            ),
            ("passive: { window: 999ms }", "window: '999ms' is not from 1s to 1h"),
            ("passive: { max-ejected: 0 }", "max-ejected: '0' is no whole number from 1 to 100"),
            (
                "passive: { ejection: 301s }",
                "ejection: the first ejection (5m1s) is longer than the longest (5m)"
            ),
        ])
    func valuesRefused(keys: String, expected: String) {
        #expect(Self.messages("\(Self.address), \(keys)") == [expected[...]])
    }

    @Test("Passive checks are off unless there is a section, which may be empty")
    func passive() throws {
        #expect(try Self.pool(Self.address).passive == nil)
        let expected = PassiveDefinition(
            consecutiveFailures: 5, errorShare: nil, minimumRequests: 20, window: .seconds(10),
            baseEjection: .seconds(10), maxEjection: .seconds(300), maxEjectedShare: 50,
            ejectsOnRefused: true, countsServerErrors: true)
        #expect(try Self.pool("\(Self.address), passive: {}").passive == expected)
        let off = try Self.pool("\(Self.address), passive: { consecutive-failures: 0 }").passive
        #expect(off?.consecutiveFailures == nil && off?.errorShare == nil)
    }
}
