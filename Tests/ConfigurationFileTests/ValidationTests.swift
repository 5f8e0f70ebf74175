import ConfigurationFile
import Testing

@Suite("Validation")
struct ValidationTests {
    private static let pool = "pools: [{ name: p, backends: [{ address: 192.0.2.1:80 }] }]"

    private static func listeners(_ lines: String...) -> String {
        (["listeners:"] + lines.map { "  - \($0)" } + [pool]).joined(separator: "\n")
    }

    @Test(
        "Names and addresses are unique",
        arguments: [
            (
                listeners(
                    "{ name: a, bind: \":80\", protocol: tcp, pool: p }",
                    "{ name: a, bind: \":81\", protocol: tcp, pool: p }"),
                ["3:13: there is a listener 'a' already, at 2:13"]
            ),
            (
                listeners(
                    "{ name: a, bind: \":80\", protocol: tcp, pool: p }",
                    "{ name: b, bind: [\":81\", \"*:80\"], protocol: tcp, pool: p }"),
                ["3:30: 0.0.0.0:80 is bound already, at 2:22"]
            ),
            (
                listeners(
                    "{ name: a, bind: [\"[::1]:80\", \"[0::1]:80\"], protocol: tcp, pool: p }"),
                ["2:35: [::1]:80 is bound already, at 2:23"]
            ),
            (
                file(pool: "backends: [{ address: 192.0.2.1:80 }, { address: 192.0.2.1:80 }]"),
                ["6:65: 192.0.2.1:80 is in this pool already, at 6:38"]
            ),
            (
                file() + "\n  - { name: p, backends: [{ address: 192.0.2.1:80 }] }",
                ["7:13: there is a pool 'p' already, at 6:13"]
            ),
        ])
    func unique(yaml: String, expected: [String]) {
        #expect(findings(yaml) == expected)
    }

    @Test(
        "Linux lets these be bound together",
        arguments: [
            #"[":80", "10.0.0.1:80"]"#, #"["10.0.0.1:80", "10.0.0.2:80"]"#, #"["*:80", "[::]:80"]"#,
            #"[":80", ":81"]"#,
        ])
    func bindsTogether(binds: String) {
        #expect(findings(file(listener: "bind: \(binds), protocol: tcp")) == [])
    }

    @Test(
        "A listener needs a pool that is there",
        arguments: [
            (
                "{ name: a, bind: \":80\", protocol: tcp, pool: q }",
                "2:50: there is no pool 'q'; did you mean 'p'?"
            ),
            (
                "{ name: a, bind: \":80\", protocol: tcp, pool: web }",
                "2:50: there is no pool 'web'"
            ),
        ])
    func pools(listener: String, expected: String) {
        #expect(findings(Self.listeners(listener)) == [expected])
    }

    @Test("Where the name of a pool is wrong, listeners are not blamed for it")
    func followUps() {
        let yaml = """
            listeners: [{ name: a, bind: ":80", protocol: tcp, pool: web }]
            pools: [{ nam: web, backends: [{ address: 192.0.2.1:80 }] }]
            """
        #expect(findings(yaml) == ["2:11: unknown key 'nam'; did you mean 'name'?"])
    }

    @Test(
        "Limits on how many there are",
        arguments: [
            (file(pool: "backends: []"), "6:26: backends: at least 1 needed"),
            (file(pool: "backends:"), "6:16: backends: at least 1 needed"),
            (file(listener: "bind: [], protocol: tcp"), "4:31: bind: at least 1 needed"),
            (
                file(
                    listener:
                        "bind: [\((1...65).map { "'10.0.0.1:\($0)'" }.joined(separator: ","))], "
                        + "protocol: tcp"),
                "4:31: bind: 65 given, at most 64 allowed"
            ),
        ])
    func counts(yaml: String, expected: String) {
        #expect(findings(yaml) == [expected])
    }

    @Test("A thousand listeners and pools are allowed, and not one more")
    func manyListeners() {
        func yaml(_ count: Int) -> String {
            let listeners = (1...count).map {
                "  - { name: l\($0), bind: '10.0.0.1:\($0)', protocol: tcp, pool: p\($0) }\n"
            }
            let pools = (1...count).map {
                "  - { name: p\($0), backends: [{ address: 192.0.2.1:\($0) }] }\n"
            }
            return "listeners:\n\(listeners.joined())pools:\n\(pools.joined())"
        }
        #expect(findings(yaml(1_000)) == [])
        #expect(
            findings(yaml(1_001)) == [
                "2:3: listeners: 1001 given, at most 1000 allowed",
                "1004:3: pools: 1001 given, at most 1000 allowed",
            ])
    }

    @Test("Ten thousand backends are allowed, and not one more")
    func manyBackends() {
        func yaml(_ count: Int) -> String {
            let backends = (0..<count).map { "{ address: 10.0.\($0 >> 8).\($0 & 255):80 }" }
            return file(pool: "backends: [\(backends.joined(separator: ", "))]")
        }
        #expect(findings(yaml(10_000)) == [])
        #expect(findings(yaml(10_001)) == ["6:26: backends: 10001 given, at most 10000 allowed"])
    }

    @Test(
        "Timeouts that only HTTP has are refused for others",
        arguments: ["request-header", "idle"], ["tcp", "tls-passthrough"])
    func otherTimeouts(name: String, listener: String) {
        let yaml = file(
            listener: #"bind: ":80", protocol: \#(listener), timeouts: { \#(name): 5s }"#)
        let column = 62 + listener.count + name.count + 2
        #expect(
            findings(yaml) == ["4:\(column): '\(name)' is for listeners with protocol http"])
    }

    @Test(
        "Gossip on every address needs one to advertise",
        arguments: [
            (
                "bind: \":7946\"",
                ["2:25: others cannot answer to 0.0.0.0:7946; bind one address, or set 'advertise'"]
            ),
            ("bind: \":7946\", advertise: 10.0.0.1:7946", []),
            ("bind: 10.0.0.1:7946", []),
        ] as [(String, [String])])
    func advertise(gossip: String, expected: [String]) {
        #expect(findings(file(node: "{ gossip: { \(gossip), keys: k } }")) == expected)
    }

    @Test("A host name that cannot name a node is refused, unless the file gives another")
    func hostName() throws {
        let error = #expect(throws: InvalidDocument.self) {
            try Configuration.parse(yaml: file(), file: "f", hostName: "my host")
        }
        #expect(error?.diagnostics.map(\.place.line) == [2])
        #expect(error?.description.contains("'my host' cannot name this node") == true)
        let named = try Configuration.parse(
            yaml: file(node: "{ name: lb-1 }"), file: "f", hostName: "my host")
        #expect(named.value.node.name == "lb-1")
    }

    @Test(
        "What hardly means what it says is a warning",
        arguments: [
            (pool, ["1:1: warning: no listener: nothing is served"]),
            (
                file() + "\n  - { name: q, backends: [{ address: 192.0.2.1:80 }] }",
                ["7:13: warning: no listener uses the pool 'q'"]
            ),
            (
                file(
                    pool: "backends: [{ address: 192.0.2.1:80 }], "
                        + "health: { protocol: tcp, interval: 1s }"),
                [
                    "6:63: warning: the timeout (5s) is longer than the interval (1s): "
                        + "a backend that hangs is probed less often"
                ]
            ),
            (
                file(
                    pool: "backends: [{ address: 192.0.2.1:80 }], "
                        + "health: { protocol: tcp, interval: 5s }"),
                []
            ),
        ])
    func warnings(yaml: String, expected: [String]) {
        #expect(findings(yaml) == expected)
    }
}
