/// What the value of a header, query parameter or cookie must be. Case matters.
package enum ValuePattern: Hashable, Sendable {
    /// Anything, also nothing: it only has to be there.
    case present
    /// These bytes and no others.
    case exact(String)
    /// Text in which every `*` stands for any number of any bytes.
    case wildcard(String)
    /// Whatever the expression matches as a whole.
    case expression(RegularExpression)

    /// The pattern that `text` spells: `~ EXPRESSION`, `*` for present, text with `*` in it, or
    /// the value itself, which may be empty.
    package init(_ text: String) throws(PatternError) {
        if let rest = text.operand(behind: "~") {
            self = .expression(try RegularExpression(rest))
            return
        }
        guard text.utf8.count <= RouteLimits.valueBytesMax else {
            throw .tooLong(limit: RouteLimits.valueBytesMax)
        }
        self = text == "*" ? .present : text.contains("*") ? .wildcard(text) : .exact(text)
    }
}

/// A condition on one header, query parameter or cookie.
package struct FieldPattern: Hashable, Sendable {
    /// The name; of a header in lower case.
    package let name: String
    package let value: ValuePattern

    private init(_ name: String, _ value: ValuePattern) throws(PatternError) {
        guard !name.isEmpty else { throw .empty }
        guard name.utf8.count <= RouteLimits.nameBytesMax else {
            throw .tooLong(limit: RouteLimits.nameBytesMax)
        }
        switch value {
        case .exact(let text), .wildcard(let text):
            guard text.utf8.count <= RouteLimits.valueBytesMax else {
                throw .tooLong(limit: RouteLimits.valueBytesMax)
            }
        case .present, .expression: break
        }
        self.name = name
        self.value = value
    }

    /// A header, whose name may be written in any case.
    package static func header(
        _ name: String, _ value: ValuePattern
    ) throws(PatternError) -> FieldPattern {
        guard name.utf8.allSatisfy(\.isTokenCharacter) else { throw .name(name) }
        let lowercased = String(decoding: name.utf8.map(\.lowercased), as: UTF8.self)
        return try FieldPattern(lowercased, value)
    }

    /// A cookie, whose name keeps its case.
    package static func cookie(
        _ name: String, _ value: ValuePattern
    ) throws(PatternError) -> FieldPattern {
        guard name.utf8.allSatisfy(\.isTokenCharacter) else { throw .name(name) }
        return try FieldPattern(name, value)
    }

    /// A query parameter. Name and value are given without escapes.
    package static func query(
        _ name: String, _ value: ValuePattern
    ) throws(PatternError) -> FieldPattern {
        try FieldPattern(name, value)
    }
}

/// Text in which `*` stands for any number of any bytes.
enum Wildcard {
    /// Whether `pattern` matches all of `text`.
    ///
    /// It goes back only to the last `*`, since an earlier one can take nothing that a later one
    /// could not; so the cost is at most the product of both lengths.
    static func matches(_ pattern: Span<UInt8>, _ text: Span<UInt8>) -> Bool {
        var place = 0
        var position = 0
        var star: Int?
        var retry = 0
        while position < text.count {
            if place < pattern.count, pattern[place] == .asterisk {
                star = place
                retry = position
                place += 1
            } else if place < pattern.count, pattern[place] == text[position] {
                place += 1
                position += 1
            } else if let last = star {
                retry += 1
                position = retry
                place = last + 1
            } else {
                return false
            }
        }
        while place < pattern.count, pattern[place] == .asterisk { place += 1 }
        return place == pattern.count
    }
}
