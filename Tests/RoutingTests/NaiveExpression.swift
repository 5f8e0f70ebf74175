import Primitives

/// A regular expression that is matched by trying everything in Perl's order.
indirect enum NaiveExpression {
    case byte(UInt8)
    case any
    case notA
    case sequence([NaiveExpression])
    case choice([NaiveExpression])
    case group(Int, NaiveExpression)
    case some(NaiveExpression, ClosedRange<Int>, isLazy: Bool)

    /// More than any text of the tests is long.
    static let many = 20

    /// As it is written; every part is in a group, so that nothing depends on precedence.
    var text: String {
        switch self {
        case .byte(let byte): String(UnicodeScalar(byte))
        case .any: "."
        case .notA: "[^a]"
        case .sequence(let parts): parts.map(\.text).joined()
        case .choice(let branches): "(?:" + branches.map(\.text).joined(separator: "|") + ")"
        case .group(_, let inner): "(" + inner.text + ")"
        case .some(let inner, let range, let isLazy):
            "(?:" + inner.text + ")" + Self.sign(range) + (isLazy ? "?" : "")
        }
    }

    private static func sign(_ range: ClosedRange<Int>) -> String {
        switch range {
        case 0...many: "*"
        case 1...many: "+"
        case 0...1: "?"
        default:
            range.upperBound == many
                ? "{\(range.lowerBound),}" : "{\(range.lowerBound),\(range.upperBound)}"
        }
    }

    /// Whether it can match nothing.
    var isNullable: Bool {
        switch self {
        case .byte, .any, .notA: false
        case .sequence(let parts): parts.allSatisfy(\.isNullable)
        case .choice(let branches): branches.contains(where: \.isNullable)
        case .group(_, let inner): inner.isNullable
        case .some(let inner, let range, _): range.lowerBound == 0 || inner.isNullable
        }
    }

    /// What the groups take if it matches all of `text`.
    func captures(in text: [UInt8], groups: Int) -> [Range<Int>?]? {
        var result: [Range<Int>?]?
        let none = [Range<Int>?](repeating: nil, count: groups)
        _ = match(text, 0, none) { end, captures in
            guard end == text.count else { return false }
            result = captures
            return true
        }
        return result
    }

    private func match(
        _ text: [UInt8], _ start: Int, _ captures: [Range<Int>?],
        _ next: (Int, [Range<Int>?]) -> Bool
    ) -> Bool {
        switch self {
        case .byte(let byte):
            return start < text.count && text[start] == byte && next(start + 1, captures)
        case .any: return start < text.count && next(start + 1, captures)
        case .notA:
            return start < text.count && text[start] != UInt8(ascii: "a")
                && next(start + 1, captures)
        case .sequence(let parts):
            guard let first = parts.first else { return next(start, captures) }
            return first.match(text, start, captures) { end, captures in
                NaiveExpression.sequence(Array(parts.dropFirst()))
                    .match(text, end, captures, next)
            }
        case .choice(let branches):
            return branches.contains { $0.match(text, start, captures, next) }
        case .group(let number, let inner):
            return inner.match(text, start, captures) { end, captures in
                var captures = captures
                captures[number - 1] = start..<end
                return next(end, captures)
            }
        case .some(let inner, let range, let isLazy):
            func more(_ count: Int, _ place: Int, _ captures: [Range<Int>?]) -> Bool {
                if count < range.lowerBound { return again(count, place, captures) }
                if isLazy {
                    return next(place, captures) || again(count, place, captures)
                }
                return again(count, place, captures) || next(place, captures)
            }
            func again(_ count: Int, _ place: Int, _ captures: [Range<Int>?]) -> Bool {
                guard count < range.upperBound else { return false }
                return inner.match(text, place, captures) { more(count + 1, $0, $1) }
            }
            return more(0, start, captures)
        }
    }
}

/// Makes expressions over a, b and c. What is repeated never matches nothing: on what its groups
/// take then, engines do not agree.
struct RandomExpression {
    private(set) var groups = 0

    mutating func node(depth: Int, _ random: inout SeededRandom) -> NaiveExpression {
        guard depth > 0 else { return leaf(&random) }
        switch Int.random(in: 0..<10, using: &random) {
        case 0..<3:
            return .sequence(
                (0..<Int.random(in: 1..<4, using: &random)).map { _ in
                    node(depth: depth - 1, &random)
                })
        case 3..<5:
            return .choice(
                (0..<Int.random(in: 1..<4, using: &random)).map { _ in
                    node(depth: depth - 1, &random)
                })
        case 5, 6:
            groups += 1
            let number = groups
            return .group(number, node(depth: depth - 1, &random))
        case 7, 8:
            let inner = node(depth: depth - 1, &random)
            return inner.isNullable ? inner : repetition(inner, &random)
        default: return leaf(&random)
        }
    }

    private func repetition(
        _ inner: NaiveExpression, _ random: inout SeededRandom
    ) -> NaiveExpression {
        let many = NaiveExpression.many
        let ranges = [0...many, 1...many, 0...1, 2...2, 1...3, 2...many, 0...2]
        return .some(
            inner, ranges[Int.random(in: 0..<ranges.count, using: &random)],
            isLazy: Bool.random(using: &random))
    }

    private func leaf(_ random: inout SeededRandom) -> NaiveExpression {
        switch Int.random(in: 0..<8, using: &random) {
        case 0: .any
        case 1: .notA
        case 2: .sequence([])
        default: .byte(UInt8(ascii: "a") + UInt8.random(in: 0..<3, using: &random))
        }
    }
}
