/// A JSON value whose objects keep their order, to be written for people (RFC 8259).
enum JSONValue: Hashable {
    case null
    case flag(Bool)
    case number(Int)
    case text(String)
    case list([JSONValue])
    case object([Member])

    struct Member: Hashable {
        let name: String
        let value: JSONValue
    }

    /// The value on several lines, indented by two spaces; lists of plain values on one.
    var text: String { spelled(indentation: "") }

    private func spelled(indentation: String) -> String {
        let inner = indentation + "  "
        switch self {
        case .null: return "null"
        case .flag(let isOn): return isOn ? "true" : "false"
        case .number(let number): return String(number)
        case .text(let text): return Self.quoted(text)
        case .list(let items) where items.allSatisfy(\.isPlain):
            return "[" + items.map { $0.spelled(indentation: "") }.joined(separator: ", ") + "]"
        case .list(let items):
            let lines = items.map { inner + $0.spelled(indentation: inner) }
            return "[\n" + lines.joined(separator: ",\n") + "\n\(indentation)]"
        case .object(let members) where members.isEmpty:
            return "{}"
        case .object(let members):
            let lines = members.map { member in
                "\(inner)\(Self.quoted(member.name)): \(member.value.spelled(indentation: inner))"
            }
            return "{\n" + lines.joined(separator: ",\n") + "\n\(indentation)}"
        }
    }

    private var isPlain: Bool {
        switch self {
        case .null, .flag, .number, .text: true
        case .list, .object: false
        }
    }

    private static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\u{0}"..."\u{1F}":
                let digits = String(scalar.value, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}

extension JSONValue: ExpressibleByDictionaryLiteral {
    init(dictionaryLiteral members: (String, JSONValue)...) {
        self = .object(members.map { Member(name: $0, value: $1) })
    }
}

extension JSONValue: ExpressibleByStringLiteral {
    init(stringLiteral text: String) { self = .text(text) }
}

extension JSONValue: ExpressibleByBooleanLiteral {
    init(booleanLiteral isOn: Bool) { self = .flag(isOn) }
}
