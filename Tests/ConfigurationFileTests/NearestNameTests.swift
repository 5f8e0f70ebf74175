import Primitives
import Testing

@testable import ConfigurationFile

@Suite("Nearest name")
struct NearestNameTests {
    @Test(
        "A name is suggested only if it is close",
        arguments: [
            ("lisener", "listeners"), ("listners", "listeners"), ("pool", "pools"),
            ("nodes", "node"), ("bnid", "bind"), ("backend", "backends"),
            ("requestHeader", "request-header"), ("healthy_threshold", "healthy-threshold"),
            ("POOLS", "pools"), ("x", nil), ("", nil), ("servers", nil), ("frontend", nil),
            ("port", nil),
        ] as [(String, String?)])
    func suggestions(text: String, expected: String?) {
        let names = [
            "listeners", "pools", "node", "bind", "backends", "request-header",
            "healthy-threshold", "path",
        ]
        #expect(nearest(to: text, among: names) == expected)
    }

    @Test("Of equally near names the first is taken")
    func ties() {
        #expect(nearest(to: "cat", among: ["bat", "hat"]) == "bat")
        #expect(nearest(to: "cat", among: ["hat", "bat"]) == "hat")
    }

    @Test("A text of any length costs no more than a name's worth")
    func long() {
        #expect(
            nearest(to: String(repeating: "listeners", count: 100_000), among: ["listeners"]) == nil
        )
    }

    @Test(
        "Distances count insertions, deletions, substitutions and swaps",
        arguments: [
            ("", "", 0), ("", "abc", 3), ("abc", "", 3), ("abc", "abc", 0), ("abc", "acb", 1),
            ("abc", "axc", 1), ("abc", "abxc", 1), ("abc", "bc", 1), ("ca", "abc", 3),
            ("kitten", "sitting", 3), ("abcd", "badc", 2),
        ])
    func distances(left: String, right: String, expected: Int) {
        #expect(
            alignmentDistance(Array(left.unicodeScalars), Array(right.unicodeScalars)) == expected)
    }

    @Test(
        "A distance is symmetric and grows by at most one with each edit", arguments: UInt64(0)..<32
    )
    func properties(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let letters: [Unicode.Scalar] = ["a", "b", "c"]
        func word() -> [Unicode.Scalar] {
            (0..<Int.random(in: 0...8, using: &random)).map { _ in
                letters[Int.random(in: 0...2, using: &random)]
            }
        }
        for _ in 0..<50 {
            let (left, right) = (word(), word())
            let distance = alignmentDistance(left, right)
            #expect(distance == alignmentDistance(right, left))
            #expect((distance == 0) == (left == right))
            #expect(distance <= max(left.count, right.count))
            #expect(distance >= abs(left.count - right.count))
            #expect(alignmentDistance(left + ["c"], right) <= distance + 1)
        }
    }
}
