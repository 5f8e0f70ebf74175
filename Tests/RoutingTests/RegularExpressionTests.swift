import Primitives
import Testing

@testable import Routing

struct RegularExpressionTests {
    @Test(
        "An expression matches a whole text or not at all",
        arguments: [
            ("abc", "abc", true), ("abc", "abcd", false), ("abc", "xabc", false),
            ("a|b", "b", true),
            ("ab|cd", "abd", false), ("a*", "", true), ("a*", "aaa", true), ("a+", "", false),
            ("a?b", "b", true), ("a?b", "aab", false), ("(ab)+", "ababab", true),
            ("(ab)+", "aba", false), ("[a-c]+", "abcabc", true), ("[^a-c]+", "xyz", true),
            ("[^a-c]+", "xaz", false), ("[]a]+", "]a", true), ("[a-]+", "a-", true),
            ("[-a]+", "a-", true), (#"[\]\-x]+"#, "]-x", true), (#"[\d_]+"#, "1_2", true),
            (#"\d{3}"#, "123", true), (#"\d{3}"#, "12", false), (#"\d{2,}"#, "12345", true),
            (#"\d{2,3}"#, "1234", false), (#"\d{0,1}x"#, "x", true), ("a{0}b", "b", true),
            (#"\w+\s\S+"#, "a_1 é", true), (#"\W\D"#, " x", true), (#"a\.b"#, "a.b", true),
            (#"a\.b"#, "axb", false), ("a.b", "a\u{0}b", true), ("é", "é", true), (".", "é", false),
            ("..", "é", true), ("^abc$", "abc", true), ("a|b$", "b", true),
            ("(?:a|b)c", "bc", true),
            ("(?i)aBc[x-z]", "AbCY", true), ("(?i)[^a]", "A", false), ("(?i)[^a]", "b", true),
            ("(a|)b", "b", true), ("(a*)*", "aaa", true), ("(a*)*b", "aaab", true),
            ("(|a)+", "aa", true), ("(a|b)*?c", "abac", true), ("x{2}{3}", "", nil),
            ("a.*b.*c", "axxbxxc", true), (".*Mobile.*", "an Mobile one", true),
            (".*Mobile.*", "an mobile one", false), ("()", "", true), ("a}", "a}", true),
            ("a]", "a]", true),
        ] as [(String, String, Bool?)])
    func matching(expression: String, text: String, isMatch: Bool?) throws {
        guard let isMatch else {
            #expect(throws: PatternError.self) { try RegularExpression(expression) }
            return
        }
        let found = try RegularExpression(expression).matches(bytes(text).span)
        #expect(found == isMatch)
        #expect((try captures(of: expression, in: text) != nil) == isMatch)
    }

    @Test(
        "Groups capture what Perl's would",
        arguments: [
            ("/api/(.*)", "/api/a/b", ["a/b"]), ("/(a+)(a*)", "/aaa", ["aaa", ""]),
            ("/(a+?)(a*)", "/aaa", ["a", "aa"]), ("/(?:x|(y))", "/x", [nil]),
            ("/(a|ab)(c|bcd)", "/abcd", ["a", "bcd"]), ("/(a)(b)?", "/a", ["a", nil]),
            ("/((a)|b)*", "/ab", ["b", "a"]),
            (
                "(.)(.)(.)(.)(.)(.)(.)(.)(.)", "123456789",
                ["1", "2", "3", "4", "5", "6", "7", "8", "9"]
            ),
            ("/(a{1,2})(a?)", "/aa", ["aa", ""]), ("/(a??)(a?)", "/a", ["", "a"]),
        ] as [(String, String, [String?])])
    func capturing(expression: String, text: String, groups: [String?]) throws {
        #expect(try captures(of: expression, in: text) == groups)
    }

    @Test(
        "A wrong expression is refused with its fault and the byte",
        arguments: [
            ("(a", .group, 0), ("a)", .group, 1), ("[a", .characterClass, 0),
            ("[b-a]", .characterClass, 0), ("[é]", .characterClass, 0),
            (#"[\d-z]"#, .characterClass, 0), ("*a", .repetition, 0), ("a|*", .repetition, 2),
            ("a**", .repetition, 2), ("a+{2}", .repetition, 2), ("a{", .count, 1),
            ("a{2,1}", .count, 1), ("a{256}", .count, 1), ("a{,2}", .count, 1),
            ("a{1000}", .count, 1), (#"\b"#, .escape, 0), (#"(a)\1"#, .escape, 3),
            (#"a\"#, .escape, 1), (#"\é"#, .escape, 0), ("a^b", .anchor, 1), ("a$b", .anchor, 1),
            ("(a$)", .anchor, 2), ("(?=a)", .groupKind, 2), ("a(?i)b", .groupKind, 3),
            ("(a)(a)(a)(a)(a)(a)(a)(a)(a)(a)", .captures, 28),
            (String(repeating: "(?:", count: 17) + String(repeating: ")", count: 17), .depth, 51),
            ("(a{250}){3}", .size, 10), ("((a{99}){99}){99}", .size, 16),
            ("(a|b)*a(a|b){16}", .states, 15),
        ] as [(String, ExpressionFault, Int)])
    func faults(expression: String, fault: ExpressionFault, place: Int) {
        #expect(throws: PatternError.expression(fault, at: place)) {
            try RegularExpression(expression)
        }
    }

    @Test("An expression has a limited length")
    func length() {
        #expect(throws: PatternError.tooLong(limit: 512)) {
            try RegularExpression(String(repeating: "a", count: 513))
        }
        #expect(throws: PatternError.empty) { try RegularExpression("") }
    }

    @Test(
        "Texts that make others go back for ever cost captures a step for each instruction and byte",
        arguments: ["(a*)*b", "(a|aa)+b", "(a|a?)+(a|b)c", "(.*)(.*)(.*)(.*)x", "((a+)+)+b"])
    func hostile(expression: String) throws {
        let parsed = try RegularExpression(expression)
        for length in [100, 1_000, 8_000] {
            let text = [UInt8](repeating: UInt8(ascii: "a"), count: length)
            let isMatch = parsed.matches(text.span)
            #expect(!isMatch)
            var machine = ExpressionMachine(
                instructionsMax: parsed.program.count, capturing: true)
            let isFound = machine.matches(
                parsed.program.span, sets: parsed.sets.span, text.span)
            #expect(!isFound)
            #expect(machine.steps >= length)
            #expect(machine.steps <= parsed.program.count * (length + 1))
        }
    }

    @Test("Random expressions find what going back and trying again finds", arguments: 0..<200)
    func sameAsNaive(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var matched = 0
        var refused = 0
        for _ in 0..<20 {
            var maker = RandomExpression()
            let node = maker.node(depth: 3, &random)
            let text = node.text
            guard !text.isEmpty, maker.groups <= 9 else { continue }
            // What is well formed is refused only for having too many states.
            guard let parsed = try? RegularExpression(text) else {
                refused += 1
                continue
            }
            for _ in 0..<30 {
                let subject = (0..<Int.random(in: 0..<7, using: &random)).map { _ in
                    UInt8(ascii: "a") + UInt8.random(in: 0..<3, using: &random)
                }
                let expected = node.captures(in: subject, groups: maker.groups)
                let isMatch = parsed.matches(subject.span)
                #expect(isMatch == (expected != nil), "\(text) \(subject)")
                let found = captures(of: parsed, in: subject)
                #expect(found == expected, "\(text) \(subject)")
                if expected != nil { matched += 1 }
            }
        }
        #expect(matched > 10)
        #expect(refused <= 2)
    }
}

/// What the groups of an expression take of a text; nil if it does not match.
private func captures(of expression: String, in text: String) throws -> [String?]? {
    let text = bytes(text)
    return captures(of: try RegularExpression(expression), in: text)?.map { range in
        range.map { String(decoding: text[$0], as: UTF8.self) }
    }
}

private func captures(of expression: RegularExpression, in text: [UInt8]) -> [Range<Int>?]? {
    var machine = ExpressionMachine(instructionsMax: expression.program.count, capturing: true)
    guard machine.matches(expression.program.span, sets: expression.sets.span, text.span) else {
        return nil
    }
    guard expression.captures > 0 else { return [] }
    return (1...expression.captures).map { machine.captured($0) }
}
