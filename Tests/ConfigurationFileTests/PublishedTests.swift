import Foundation
import Testing

@testable import ConfigurationFile

/// What is made of the declarations: the reference and the JSON Schemas.
@Suite("Published")
struct PublishedTests {
    private static let root = URL(filePath: #filePath).appending(path: "../../..").standardized

    private static func text(_ path: String) throws -> String {
        try String(contentsOf: root.appending(path: path), encoding: .utf8)
    }

    @Test(
        "The published files are what the declarations make",
        arguments: [
            (
                "Sources/ConfigurationFile/ConfigurationFile.docc/Reference.md",
                Configuration.markdownReference, "skein reference"
            ),
            ("cluster/configuration.schema.json", Configuration.jsonSchema, "skein schema"),
            ("cluster/topology.schema.json", Topology.jsonSchema, "skein schema --topology"),
        ])
    func published(path: String, expected: String, command: String) throws {
        // Not `==`, which would print both when they differ.
        let isUpToDate = try Self.text(path) == expected
        #expect(isUpToDate, "make it anew: \(command) > \(path)")
    }

    @Test("Every link of the reference leads to a heading, and each heading is met once")
    func links() {
        let reference = Configuration.markdownReference
        let headings = reference.split(separator: "\n").filter { $0.hasPrefix("## ") }
            .map { $0.dropFirst(3).filter { $0.isLetter || $0 == "-" || $0 == " " } }
            .map { $0.lowercased().replacing(" ", with: "-") }
        #expect(Set(headings).count == headings.count)
        let links = reference.matches(of: /\]\(#([^)]*)\)/).map { String($0.output.1) }
        #expect(links.count > 10)
        #expect(Set(links).subtracting(headings) == [])
        // All but the two files' own.
        #expect(Set(headings).subtracting(links).count == 2)
    }

    @Test(
        "A row of the reference says what the declaration says",
        arguments: [
            "| `timeout` | how long a probe may take | duration, 1ms to 24h | `5s` |",
            "| `healthy-threshold` | successes in a row that bring a backend up | whole number, "
                + "1 to 100 | `2` |",
            "| `fast-interval` | the interval while a state is changing | duration, 100ms to 24h "
                + "| as interval |",
            "| `advertise` | the address that others answer to, where it is not the one bound "
                + "| address and port | as bind |",
            "| `name` | what this node is called | name, 1 to 64 letters, digits, `.`, `_`, `-` "
                + "| the host name |",
            "| `bind` | the address and port to listen on, or a list of them | address and port; "
                + "or a list of 1 to 64 of them | **required** |",
            "| `pools` | groups of backends that serve traffic | list of at most 1000: "
                + "[mapping](#pools) | none |",
            "| `state` | ready; drain: nothing new; or maintenance: no traffic at all | `ready`, "
                + "`drain` or `maintenance` | `ready` |",
            "| `command` | the program, as an absolute path, and its arguments (where `protocol` "
                + "is `exec`) | list of 1 to 64: argument | **required** |",
            "`cookie` is required where `mode` is `prefix`.",
            "Exactly one of `dns` and `file` must be given.",
            "`certificate` and `key` go together.",
            "At least one of `backends`, `discover` and `registration` must give something.",
        ])
    func rows(row: String) {
        #expect(Configuration.markdownReference.split(separator: "\n").contains(row[...]))
    }

    @Test("A default that the reference shows is the one that holds")
    func defaults() throws {
        let plain = SampleFile(spellsDefaults: false).text(of: Configuration.shape)
        let spelled = SampleFile(spellsDefaults: true).text(of: Configuration.shape)
        #expect(spelled.split(separator: "\n").count > plain.split(separator: "\n").count + 50)
        let expected = try Configuration.parse(yaml: plain, file: "plain", hostName: "h").value
        let found = try Configuration.parse(yaml: spelled, file: "spelled", hostName: "h").value
        #expect(found == expected)
        #expect(expected.shared.pools.first?.health != nil)
    }

    /// The documents of a file that the tests of the JSON Schema read too.
    private static func documents(_ name: String) throws -> [String] {
        try text("Tests/Schema/\(name)").components(separatedBy: "\n---\n")
    }

    @Test("What the JSON Schema is tried with is read, or refused, by us as well")
    func sameJudgement() throws {
        for (names, isRight) in [("accepted.yaml", true), ("refused.yaml", false)] {
            let documents = try Self.documents(names)
            #expect(documents.count > 5)
            for yaml in documents {
                #expect(
                    !findings(yaml).contains(where: Self.isError) == isRight,
                    "\(yaml): \(findings(yaml))")
            }
        }
    }

    private static func isError(_ finding: String) -> Bool {
        !finding.contains(": warning: ")
    }

    @Test("A condition holds for the synonyms of a word too, and without the key by default")
    func conditions() {
        let shape = SectionReader.describe { keys in
            let algorithm: Configuration.Balance.Algorithm = keys.value(
                "algorithm", .algorithm, default: .roundRobin, "how")
            for (name, other) in [
                ("a", Configuration.Balance.Algorithm.roundRobin), ("b", .random),
            ] {
                _ = keys.optional(
                    name, .flag, "what", for: Condition("algorithm", is: other, of: "balancing"))
            }
            return algorithm
        }
        let expected: JSONValue = [
            "a": ["properties": ["algorithm": ["enum": .list(["round-robin", "weighted"])]]],
            "b": [
                "properties": ["algorithm": ["enum": .list(["random"])]],
                "required": .list(["algorithm"]),
            ],
        ]
        guard case .object(let members) = JSONSchema.document(shape, title: "", description: "")
        else {
            Issue.record("a schema is an object")
            return
        }
        #expect(members.first { $0.name == "dependentSchemas" }?.value == expected)
    }

    @Test("JSON is written with escapes, and in order")
    func json() {
        let value: JSONValue = [
            "b": "\"\\\n\u{1}é|", "a": .list([.number(-1), .flag(true), .null]),
            "c": .list([[:], ["d": .list([])]]),
        ]
        #expect(
            value.text == #"""
                {
                  "b": "\"\\\u000a\u0001é|",
                  "a": [-1, true, null],
                  "c": [
                    {},
                    {
                      "d": []
                    }
                  ]
                }
                """#)
    }
}

/// A file with every section, made of the shape of a configuration alone.
private struct SampleFile {
    /// Whether keys that have a default stand there with it, or not at all.
    let spellsDefaults: Bool

    private static let names = [
        "name": "p", "pool": "p", "keys": "k", "bind": "10.0.0.1:7946", "address": "10.0.0.2:80",
    ]

    func text(of shape: MappingShape, indentation: String = "") -> String {
        var texts: [String: String] = [:]
        var lines: [String] = []
        for key in shape.keys {
            let isMet = key.conditions.allSatisfy { condition in
                guard let text = texts[condition.key] else { return false }
                return condition.choices?.contains(text) ?? true
            }
            guard isMet else { continue }
            texts[key.name] = key.default?.text ?? sample(of: key)
            if let value = value(of: key, indentation: indentation) {
                lines.append("\(indentation)\(key.name): \(value)")
            }
        }
        return lines.joined(separator: "\n")
    }

    private func value(of key: ReferenceNode, indentation: String) -> String? {
        if key.isRequired { return sample(of: key) }
        // One element of every list of sections, and every section.
        if let (shape, suffix) = key.shape.sections.first, key.name != "discover",
            key.name != "tls",
            key.name != "balance"
        {
            let inner = text(of: shape, indentation: indentation + "    ")
            return suffix.isEmpty ? "\n\(inner)" : "\n\(indentation)  -\n\(inner)"
        }
        guard spellsDefaults, let literal = key.default else { return nil }
        if case .list(let items) = literal { return items.isEmpty ? "" : nil }
        return literal.text
    }

    private func sample(of key: ReferenceNode) -> String {
        if case .choice(let words, _) = key.shape { return words[0] }
        return Self.names[key.name] ?? ""
    }
}
