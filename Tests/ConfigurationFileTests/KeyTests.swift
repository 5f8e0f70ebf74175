import ConfigurationFile
import Testing

@Suite("Keys")
struct KeyTests {
    @Test(
        "An unknown key is refused, with the nearest one that is not used yet",
        arguments: [
            ("lisener: []", ["1:1: unknown key 'lisener'; did you mean 'listeners'?"]),
            ("clutser: a", ["1:1: unknown key 'clutser'; did you mean 'cluster'?"]),
            ("Cluster: a", ["1:1: unknown key 'Cluster'; did you mean 'cluster'?"]),
            (
                "frontends: []",
                ["1:1: unknown key 'frontends'; known here: cluster, node, listeners, pools"]
            ),
            (
                file(node: "{ max_connections: 1, worker: 2 }"),
                [
                    "2:9: unknown key 'max_connections'; did you mean 'max-connections'?",
                    "2:29: unknown key 'worker'; did you mean 'workers'?",
                ]
            ),
            // The name is taken, so another one may have been meant.
            (
                file(node: "{ workers: 1, worker: 2 }"),
                [
                    "2:21: unknown key 'worker'; known here: name, workers, gossip, admin, "
                        + "state, max-connections, allow-exec-checks, sticky-key"
                ]
            ),
            // A key that is missing because it is misspelt is reported once.
            (
                file(listener: #"binds: ":80", protocol: http"#),
                ["4:25: unknown key 'binds'; did you mean 'bind'?"]
            ),
            (
                file(listener: #"bind: ":80", protocol: http, timeouts: { request_header: 5s }"#),
                ["4:66: unknown key 'request_header'; did you mean 'request-header'?"]
            ),
            (
                file(pool: "backends: [{ adress: 192.0.2.1:80 }]"),
                ["6:29: unknown key 'adress'; did you mean 'address'?"]
            ),
            (
                "<<: {}",
                ["1:1: unknown key '<<'; known here: cluster, node, listeners, pools"]
            ),
            (
                "\"a\\tb\": 1",
                ["1:1: unknown key 'a\\u{9}b'; known here: cluster, node, listeners, pools"]
            ),
        ])
    func unknown(yaml: String, expected: [String]) {
        #expect(findings(yaml) == expected)
    }

    @Test(
        "A key that is missing is named with what it is for",
        arguments: [
            (
                "listeners: [{}]",
                [
                    "1:13: 'name' is missing: what the listener is called",
                    "1:13: 'bind' is missing: the address and port to listen on, or a list of them",
                    "1:13: 'protocol' is missing: what it carries",
                    "1:13: 'pool' is missing: the pool that serves it",
                ]
            ),
            (
                "pools: [{}]",
                [
                    "1:9: 'name' is missing: what the pool is called",
                    "1:9: 'backends' is missing: the servers of the pool, as "
                        + "[{ address: ADDR:PORT }]",
                ]
            ),
            (
                file(pool: "backends: [{}]"),
                ["6:27: 'address' is missing: the address and port of the backend"]
            ),
            (
                file(pool: "backends: [{ address: 192.0.2.1:80 }], health: {}"),
                ["6:63: 'protocol' is missing: what a probe speaks"]
            ),
            (
                file(node: "{ gossip: }"),
                [
                    "2:9: 'bind' is missing: the UDP address that gossip arrives at",
                    "2:9: 'keys' is missing: the file with the keys of the cluster",
                ]
            ),
        ])
    func missing(yaml: String, expected: [String]) {
        #expect(findings(yaml) == expected)
    }

    @Test(
        "A value of another kind is refused",
        arguments: [
            ("cluster: [a]", "1:10: cluster: expected a name, found a list"),
            ("cluster:", "1:1: cluster: expected a name, found nothing"),
            ("cluster: ~", "1:1: cluster: expected a name, found nothing"),
            ("cluster: { a: 1 }", "1:10: cluster: expected a name, found a mapping"),
            (
                "node: a", "1:7: node: expected a mapping such as { key: value }, found 'a'"
            ),
            ("listeners: { a: 1 }", "1:12: listeners: expected a list, found a mapping"),
            (
                "listeners: [a]",
                "1:13: listeners: expected a mapping such as { key: value }, found 'a'"
            ),
            (
                "node: { workers: [1] }",
                "1:18: workers: expected auto or a number, found a list"
            ),
            (
                file(pool: "backends: [192.0.2.1:80]"),
                "6:27: backends: expected a mapping such as { address: 192.0.2.1:80 }, "
                    + "found '192.0.2.1:80'"
            ),
            (
                file(pool: "backends: 192.0.2.1:80"),
                "6:26: backends: expected a list, found '192.0.2.1:80'"
            ),
        ])
    func wrongKind(yaml: String, expected: String) {
        #expect(findings(yaml) == [expected])
    }

    @Test(
        "What the design has and this version has not is said so",
        arguments: [
            ("names: []", "1:1: 'names' is not supported yet"),
            ("node: { dns: {} }", "1:9: 'dns' is not supported yet"),
            ("node: { admin: { bind: a } }", "1:18: 'bind' is not supported yet"),
            (
                file(listener: #"bind: ":80", protocol: http, tls: {}"#),
                "4:54: 'tls' is not supported yet"
            ),
            (
                file(listener: #"bind: ":80", protocol: http, routes: []"#),
                "4:54: 'routes' is not supported yet"
            ),
            (
                file(listener: #"bind: ":80", protocol: udp"#),
                "4:48: protocol: udp is not supported yet; this version has http, tcp, "
                    + "tls-passthrough"
            ),
        ])
    func notYet(yaml: String, expected: String) {
        #expect(findings(yaml) == [expected])
    }

    @Test("All that is wrong is reported at once, by place")
    func several() {
        let yaml = """
            cluster: a b
            node: { workers: 99 }
            listeners:
              - { name: web, bind: ":80", protocol: htp, pool: p }
              - { name: raw, bind: [":80x", ":81"], protocol: tcp, pool: q }
            pools:
              - name: p
                backends:
                  - address: 192.0.2.1:80
                  - address: 192.0.2.1
                timeouts: { conect: 5s }
            """
        #expect(
            findings(yaml) == [
                "1:10: cluster: 'a b' is no name: 1 to 64 letters, digits, '.', '_' and '-', "
                    + "the first a letter or digit",
                "2:18: workers: '99' is neither auto nor a number from 1 to 64",
                "4:41: protocol: 'htp' is none of http, tcp, tls-passthrough; did you mean 'http'?",
                "5:25: bind: '80x' is no port from 1 to 65535",
                "5:62: there is no pool 'q'; did you mean 'p'?",
                "10:18: address: '192.0.2.1' has no port",
                "11:17: unknown key 'conect'; did you mean 'connect'?",
            ])
    }
}
