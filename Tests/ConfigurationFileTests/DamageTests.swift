import ConfigurationFile
import Foundation
import Primitives
import Testing

/// Files with every key there is, damaged at random.
@Suite("Damage")
struct DamageTests {
    private static let documents: [String] = {
        let path = URL(filePath: #filePath).appending(path: "../../Schema/accepted.yaml")
        let text = try? String(contentsOf: path.standardized, encoding: .utf8)
        return text?.components(separatedBy: "\n---\n") ?? []
    }()

    /// What stands in for a value: of another kind, at a limit, or beyond one.
    private static let values = [
        "0", "1", "-1", "1.5", "99999999999999999999", "0s", "1ms", "9999h", "true", "''", "~",
        "[]", "{}", "[a]", "{ a: b }", "http", "srv", "\"\\0\"", "[::1]:1", "é",
    ]

    @Test(
        "A value that is exchanged for another never traps, and errors are said in order",
        arguments: UInt64(0)..<8)
    func values(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        #expect(Self.documents.count > 5)
        for document in Self.documents {
            let places = document.matches(of: /: [^\s,{}\[\]]+/).map(\.range)
            for _ in 0..<16 {
                guard let place = places.randomElement(using: &random),
                    let value = Self.values.randomElement(using: &random)
                else { continue }
                try Self.parse(document.replacingCharacters(in: place, with: ": \(value)"))
            }
        }
    }

    @Test("A key that is taken away or exchanged never traps", arguments: UInt64(0)..<8)
    func keys(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let places = Self.documents.map { $0.matches(of: /[a-z][a-z-]+:/).map(\.range) }
        for (document, places) in zip(Self.documents, places) where !places.isEmpty {
            for _ in 0..<16 {
                guard let place = places.randomElement(using: &random),
                    let other = places.randomElement(using: &random)
                else { continue }
                let key = Bool.random(using: &random) ? String(document[other]) : "x:"
                try Self.parse(document.replacingCharacters(in: place, with: key))
            }
        }
    }

    private static func parse(_ yaml: String) throws {
        do throws(InvalidDocument) {
            _ = try Configuration.parse(yaml: yaml, file: "f", hostName: "h")
        } catch {
            #expect(error.diagnostics.contains { $0.severity == .error })
            #expect(error.diagnostics.map(\.place) == error.diagnostics.map(\.place).sorted())
        }
    }
}
