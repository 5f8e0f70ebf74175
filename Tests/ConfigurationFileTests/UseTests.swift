import ConfigurationFile
import Testing

/// What a pool asks for, against what its listeners can give.
@Suite("Use")
struct UseTests {
    private static func yaml(protocols: [String], pool: String) -> String {
        let listeners = protocols.enumerated().map { index, name in
            "  - { name: l\(index), bind: \":8\(index)\", protocol: \(name), pool: p }\n"
        }
        return """
            listeners:
            \(listeners.joined())pools:
              - { name: p, backends: [{ address: 192.0.2.1:80 }], \(pool) }
            """
    }

    private static func hash(_ key: String) -> String {
        "balance: { algorithm: consistent-hash, hash-on: \(key) }"
    }

    @Test(
        "Hashing and cookies are refused where a listener cannot serve them",
        arguments: [
            (
                ["tcp"], hash("path"),
                [
                    "4:103: 'path' is for pools whose listeners all have protocol http; 'l0', at "
                        + "2:40, has tcp"
                ]
            ),
            (
                ["http", "tcp", "tls-passthrough"], hash("header, name: a"),
                [
                    "6:103: 'header' is for pools whose listeners all have protocol http; 'l1', at "
                        + "3:40, has tcp"
                ]
            ),
            (
                ["tls-passthrough"], hash("cookie, name: a"),
                [
                    "4:103: 'cookie' is for pools whose listeners all have protocol http; 'l0', at "
                        + "2:40, has tls-passthrough"
                ]
            ),
            (
                ["tls-passthrough", "http"], hash("sni"),
                [
                    "5:103: 'sni' is for pools whose listeners all have protocol tls-passthrough; "
                        + "'l1', at 3:40, has http"
                ]
            ),
            (
                ["tcp"], "sticky: {}",
                [
                    "4:63: stickiness by cookie is for pools whose listeners all have protocol "
                        + "http; 'l0', at 2:40, has tcp"
                ]
            ),
            (["tcp"], "sticky: { address: true }", []),
            (["tcp", "http", "tls-passthrough"], hash("address"), []),
            (["http", "http"], hash("path"), []),
            (["tls-passthrough"], hash("sni"), []),
            // What the listener has is not known, so it is not held against the pool.
            (
                ["htp"], hash("sni"),
                [
                    "2:40: protocol: 'htp' is none of http, tcp, tls-passthrough; did you mean "
                        + "'http'?"
                ]
            ),
        ] as [([String], String, [String])])
    func protocols(protocols: [String], pool: String, expected: [String]) {
        #expect(findings(Self.yaml(protocols: protocols, pool: pool)) == expected)
    }

    @Test("A pool that no listener uses may ask for anything")
    func unused() {
        let found = findings(
            "pools: [{ name: p, backends: [{ address: 192.0.2.1:80 }], \(Self.hash("sni")) }]")
        #expect(found == ["1:1: warning: no listener: nothing is served"])
    }
}
