import Health

extension Kind where Value == String {
    /// A name of something: 1 to 64 letters, digits, `.`, `_` and `-`, beginning with a letter or
    /// a digit; so it fits into a log line, a metric's label and a file name.
    static var name: Kind {
        .text(
            "a name", placeholder: "",
            shape: .text(
                TextShape(
                    "name", limits: "1 to 64 letters, digits, `.`, `_`, `-`",
                    pattern: "^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$", mayLookLikeNumber: true)),
            literal: Literal.text
        ) { text, _ throws(Problem) in
            guard isName(text) else { throw Problem(message: "\(quoted(text)) \(nameRule)") }
            return text
        }
    }

    /// A path of a file, directory or socket; a relative one counts from the working directory.
    static func path(bytesMax: Int = 4_095) -> Kind {
        .text(
            "a path", placeholder: "",
            shape: .text(
                TextShape(
                    "path", limits: "at most \(bytesMax) bytes", pattern: "^[^\\x00]+$",
                    lengthMax: bytesMax)),
            literal: Literal.text
        ) { text, _ throws(Problem) in
            guard !text.isEmpty else { throw Problem(message: "a path is not empty") }
            guard text.utf8.count <= bytesMax else {
                throw Problem(message: "a path here has at most \(bytesMax) bytes")
            }
            guard !text.utf8.contains(0) else {
                throw Problem(message: "\(quoted(text)) is no path: it has a zero byte")
            }
            return text
        }
    }
}

extension Kind where Value == Int {
    /// A whole number, written without quotes.
    static func number(_ limits: ClosedRange<Int>) -> Kind {
        .text(
            "a number", placeholder: limits.lowerBound, shape: .number(limits),
            literal: Literal.number
        ) { text, isPlain throws(Problem) in
            guard isPlain, let number = wholeNumber(text), limits.contains(number) else {
                throw Problem(
                    message: "\(quoted(text)) is no whole number "
                        + "from \(limits.lowerBound) to \(limits.upperBound)")
            }
            return number
        }
    }
}

extension Kind where Value == Bool {
    /// `true` or `false`, written without quotes.
    static var flag: Kind {
        .text("true or false", placeholder: false, shape: .flag, literal: Literal.flag) {
            text, isPlain throws(Problem) in
            switch (text, isPlain) {
            case ("true", true): return true
            case ("false", true): return false
            default: throw Problem(message: "\(quoted(text)) is neither true nor false")
            }
        }
    }
}

extension Kind where Value: RawRepresentable<String> & CaseIterable {
    /// One of the cases of an enumeration, by their names in the file.
    ///
    /// - Parameters:
    ///   - synonyms: Further names of cases.
    ///   - notYet: Names that have a meaning in Skein, but not in this version.
    static func choice(synonyms: [String: Value] = [:], notYet: [String] = []) -> Kind {
        let cases = Value.allCases.map(\.rawValue)
        let names = cases + synonyms.keys.sorted()
        let list = names.joined(separator: ", ")
        let first = Value.allCases[Value.allCases.startIndex]
        return .text(
            "one of \(list)", placeholder: first,
            shape: .choice(cases, synonyms: synonyms.mapValues(\.rawValue)),
            literal: { .text($0.rawValue) }
        ) { text, _ throws(Problem) in
            if let choice = Value(rawValue: text) ?? synonyms[text] { return choice }
            if notYet.contains(text) {
                throw Problem(message: "\(text) is not supported yet; this version has \(list)")
            }
            let hint = nearest(to: text, among: names).map { "; did you mean \(quoted($0))?" }
            throw Problem(message: "\(quoted(text)) is none of \(list)\(hint ?? "")")
        }
    }
}

extension Kind where Value == Duration {
    /// A duration such as `500ms`, `5s`, `1m30s` or `1h`.
    static func duration(_ limits: ClosedRange<Duration>) -> Kind {
        let range = "\(limits.lowerBound.text) to \(limits.upperBound.text)"
        return .text(
            "a duration such as 5s", placeholder: limits.lowerBound,
            shape: .text(
                TextShape(
                    "duration", limits: range,
                    pattern: "^(?=.)([0-9]{1,9}h)?([0-9]{1,9}m)?([0-9]{1,9}s)?([0-9]{1,9}ms)?$")),
            literal: { .text($0.text) }
        ) { text, _ throws(Problem) in
            let duration = try parseDuration(text)
            guard limits.contains(duration) else {
                throw Problem(message: "\(quoted(text)) is not from \(range)")
            }
            return duration
        }
    }

    /// How long to wait for something: more than nothing, and at most a day.
    static var timeout: Kind { .duration(.milliseconds(1) ... .seconds(86_400)) }
}

/// The number that `text` spells with digits only; nil if it does not, or with more than 18.
func wholeNumber(_ text: some StringProtocol) -> Int? {
    guard (1...18).contains(text.utf8.count),
        text.utf8.allSatisfy((UInt8(ascii: "0")...UInt8(ascii: "9")).contains)
    else { return nil }
    return Int(text)
}

let nameRule = "is no name: 1 to 64 letters, digits, '.', '_' and '-', the first a letter or digit"

func isName(_ text: String) -> Bool {
    guard (1...64).contains(text.utf8.count), let first = text.utf8.first else { return false }
    return isAlphanumeric(first)
        && text.utf8.allSatisfy { isAlphanumeric($0) || "._-".utf8.contains($0) }
}

func isAlphanumeric(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"):
        true
    default:
        false
    }
}
