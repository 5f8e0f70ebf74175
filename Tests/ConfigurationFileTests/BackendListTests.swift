import ConfigurationFile
import Primitives
import Testing

@Suite("Lists of backends")
struct BackendListTests {
    private static func findings(_ yaml: String) -> [String] {
        do throws(InvalidDocument) {
            return texts(try BackendList.parse(yaml: yaml, file: "f").warnings)
        } catch {
            return texts(error.diagnostics)
        }
    }

    @Test(
        "YAML and JSON do, with all that a backend of a pool has, or an address alone",
        arguments: [
            """
            - { address: 192.0.2.1:80, weight: 3, backup: true, max-connections: 9, state: drain }
            - 192.0.2.2:80
            - address: "[2001:db8::1]:80"
            """,
            """
            [ {"address": "192.0.2.1:80", "weight": 3, "backup": true, "max-connections": 9,
               "state": "drain"},
              "192.0.2.2:80", {"address": "[2001:db8::1]:80"} ]
            """,
        ])
    func lists(yaml: String) throws {
        let backends = try BackendList.parse(yaml: yaml, file: "f").value
        #expect(
            backends.map(\.address.description) == [
                "192.0.2.1:80", "192.0.2.2:80", "[2001:db8::1]:80",
            ])
        #expect(backends.map(\.weight) == [3, 1, 1])
        #expect(backends.map(\.isBackup) == [true, false, false])
        #expect(backends.map(\.maxConnections) == [9, nil, nil])
        #expect(backends.map(\.state) == [.drain, .ready, .ready])
    }

    @Test("An empty list is a list")
    func empty() throws {
        #expect(try BackendList.parse(yaml: "[]", file: "f").value == [])
    }

    @Test(
        "What is wrong is told with its place",
        arguments: [
            ("", ["1:1: expected a list such as [{ address: 192.0.2.1:80 }], found nothing"]),
            (
                "backends: []",
                ["1:1: expected a list such as [{ address: 192.0.2.1:80 }], found a mapping"]
            ),
            (
                "192.0.2.1:80",
                ["1:1: expected a list such as [{ address: 192.0.2.1:80 }], found '192.0.2.1:80'"]
            ),
            ("- 192.0.2.1", ["1:3: address: '192.0.2.1' has no port"]),
            (
                "- 192.0.2.1:80\n- { address: 192.0.2.1:80 }\n",
                ["2:14: 192.0.2.1:80 is in this list already, at 1:3"]
            ),
            (
                "- { weight: 3 }\n",
                ["1:3: 'address' is missing: the address and port of the backend"]
            ),
            (
                "- []\n",
                [
                    "1:3: backends: expected a mapping such as { address: 192.0.2.1:80 }, "
                        + "found a list"
                ]
            ),
        ])
    func mistakes(yaml: String, expected: [String]) {
        #expect(Self.findings(yaml) == expected)
    }

    @Test("There is a limit to the items")
    func limit() {
        let items = (0..<10_001).map { "- 10.0.\($0 / 250).\($0 % 250):80\n" }.joined()
        #expect(
            Self.findings(items) == ["1:1: backends: 10001 given, at most 10000 allowed"])
    }
}
