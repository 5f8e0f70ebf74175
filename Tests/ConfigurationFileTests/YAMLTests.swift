import ConfigurationFile
import Primitives
import Testing

@Suite("YAML")
struct YAMLTests {
    @Test(
        "What is no YAML, or no single mapping, is reported with its place",
        arguments: [
            ("", ["1:1: the file holds no configuration"]),
            ("# only a comment\n", ["1:1: the file holds no configuration"]),
            ("- a", ["1:1: expected keys and values, found a list"]),
            ("word", ["1:1: expected keys and values, found 'word'"]),
            (
                "cluster: 'a",
                [
                    "1:12: not valid YAML: found unexpected end of stream while scanning a "
                        + "quoted scalar"
                ]
            ),
            (
                "cluster: a\nnode: { name: a\npools: []\n",
                [
                    "3:6: not valid YAML: did not find expected ',' or '}' while parsing a flow "
                        + "mapping that begins at 2:7"
                ]
            ),
            (
                "node:\n\tname: a",
                [
                    "2:1: not valid YAML: found character that cannot start any token while "
                        + "scanning for the next token; YAML indents with spaces, not with tabs"
                ]
            ),
            (
                "node: { name: :80 }",
                [
                    "1:15: not valid YAML: did not find expected node content while parsing a "
                        + "flow node; a text that begins with ':' must stand in quotes"
                ]
            ),
            ("a: 1\n---\nb: 2", ["2:1: a second document begins here; the file must hold one"]),
            ("cluster: a\u{1}", ["1:11: the character U+0001 is not allowed"]),
            ("a: é\r\nb: \u{E000}", ["2:4: the character U+E000 is not allowed"]),
            ("? [a]\n: 1", ["1:3: a key must be plain text"]),
            ("cluster: !include a", ["1:10: tags such as '!include' are not supported"]),
            (String(repeating: "[", count: 5_000), ["1:1: nested too deeply"]),
            (String(repeating: "- ", count: 5_000), ["1:1999: nested too deeply"]),
        ])
    func refused(yaml: String, expected: [String]) {
        #expect(findings(yaml) == expected)
    }

    @Test(
        "A key that stands twice in a mapping is refused",
        arguments: [
            ("cluster: a\ncluster: b", "1:1: 'cluster'"),
            ("cluster: a\nnode:\n  name: a\n  state: /a\n  name: b", "3:3: 'name'"),
            ("node: { name: a, \"name\": b }", "1:9: 'name'"),
            ("? '*'\n: 1\n? '*'\n: 1", "1:3: '*'"),
        ])
    func duplicates(yaml: String, start: String) {
        #expect(
            findings(yaml)
                == ["\(start) stands more than once in this mapping; here for the first time"])
    }

    @Test(
        "Columns count Unicode scalars, from 1",
        arguments: [
            ("node: { é: 1, x: 1 }", ["1:9", "1:15"]), ("{ \"😀\": 1, x: 1 }", ["1:3", "1:11"]),
            ("\u{FEFF}x: 1", ["1:1"]), ("cluster: a\r\n  # é\r\nx: 1", ["3:1"]),
        ])
    func columns(yaml: String, expected: [String]) {
        let places = findings(yaml).map { $0.prefix(while: { $0 != " " }).dropLast() }
        #expect(places == expected.map { $0[...] })
    }

    @Test("Anchors may be used again, and what is wrong with one is reported where it is written")
    func aliases() throws {
        let yaml = """
            listeners:
              - { name: a, bind: ":80", protocol: tcp, pool: p, timeouts: &t { client: 7s } }
              - { name: b, bind: ":81", protocol: tcp, pool: p, timeouts: *t }
            pools:
              - { name: p, backends: [{ address: 192.0.2.1:80 }] }
            """
        let checked = try Configuration.parse(yaml: yaml, file: "f", hostName: "h")
        #expect(
            checked.value.shared.listeners.map(\.timeouts.client) == [.seconds(7), .seconds(7)])
        let wrong = yaml.replacing("7s", with: "7")
        #expect(findings(wrong).map { $0.prefix(5) } == ["2:76:", "2:76:"])
    }

    @Test(
        "An alias without an anchor, or a '*' without quotes, is refused",
        arguments: [
            ("cluster: *a", "1:10: no anchor '&a' stands before this alias"),
            ("cluster: &a [*a]", "1:14: no anchor '&a' stands before this alias"),
            ("cluster: *:80", "1:10: '*:80' must stand in quotes: a bare '*' begins an alias"),
            ("*a : 1", "1:1: a key must be plain text"),
        ])
    func badAliases(yaml: String, expected: String) {
        #expect(findings(yaml).contains(expected))
    }

    @Test("A '*' that is no alias is kept as it is")
    func stars() {
        #expect(
            findings("node: { name: 'a*b', workers: a*b } # *")
                == [
                    "1:15: name: 'a*b' is no name: 1 to 64 letters, digits, '.', '_' and '-', "
                        + "the first a letter or digit",
                    "1:31: workers: 'a*b' is neither auto nor a number from 1 to 64",
                ])
    }

    @Test("Aliases that multiply are refused before they are followed, in values and in keys")
    func bombs() {
        var lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
        for level in 1...30 {
            let uses = Array(repeating: "*a\(level - 1)", count: 9).joined(separator: ", ")
            lines.append("a\(level): &a\(level) [\(uses)]")
        }
        let bomb = lines.joined(separator: "\n")
        #expect(findings(bomb) == ["7:10: the file has more than 1000000 values, aliases resolved"])
        #expect(findings(bomb + "\n? *a30\n: 1\n? *a30\n: 2").count == 1)
    }

    @Test("A file above the limit is refused unread")
    func size() {
        let comment = "#" + String(repeating: "x", count: 4 << 20)
        #expect(findings(comment) == ["1:1: the file is larger than 4 MiB"])
    }

    @Test("Of a file with no end of errors the first hundred are kept, and the rest counted")
    func many() {
        let yaml = (0..<150).map { "k\($0): 1" }.joined(separator: "\n")
        let error = #expect(throws: InvalidDocument.self) {
            try Configuration.parse(yaml: yaml, file: "f", hostName: "h")
        }
        #expect(error?.diagnostics.count == 100)
        #expect(error?.description.hasSuffix("\nand 50 more") == true)
    }

    @Test("A diagnostic prints as editors expect it")
    func description() {
        let error = #expect(throws: InvalidDocument.self) {
            try Configuration.parse(yaml: "node:\n  nome: a", file: "/etc/a.yaml", hostName: "h")
        }
        #expect(
            error?.description
                == "/etc/a.yaml:2:3: error: unknown key 'nome'; did you mean 'name'?")
    }

    @Test(
        "Random damage to a good file never traps, and never passes with errors unsaid",
        arguments: UInt64(0)..<16)
    func damage(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let good = Array(file(node: "{ name: a, gossip: { bind: 10.0.0.1:1, keys: k } }").utf8)
        for _ in 0..<60 {
            var bytes = good
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let index = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0...2, using: &random) {
                case 0: bytes.remove(at: index)
                case 1: bytes.insert(UInt8.random(in: 0...127, using: &random), at: index)
                default:
                    bytes[index] = "[]{}:,*&!|>'\"\n -#?".utf8.randomElement(using: &random) ?? 0
                }
            }
            let yaml = String(decoding: bytes, as: UTF8.self)
            do throws(InvalidDocument) {
                _ = try Configuration.parse(yaml: yaml, file: "f", hostName: "h")
            } catch {
                #expect(error.diagnostics.contains { $0.severity == .error })
                #expect(error.diagnostics.map(\.place) == error.diagnostics.map(\.place).sorted())
                #expect(!error.description.contains("\n\n"))
            }
        }
    }
}
