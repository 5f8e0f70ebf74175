import Yams

/// What happens to the text before Yams sees it, and what becomes of Yams' errors.
extension YAMLReader {
    /// What stands for `*` in the text that Yams sees: a private-use character, which no file may
    /// hold itself.
    static let mask: Unicode.Scalar = "\u{E000}"

    static func masked(_ text: String) -> String {
        guard text.utf8.contains(UInt8(ascii: "*")) else { return text }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count + 64)
        for byte in text.utf8 {
            if byte == UInt8(ascii: "*") {
                bytes.append(contentsOf: UTF8.encode(mask) ?? UTF8.encodedReplacementCharacter)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    static func unmasked(_ text: String) -> String {
        guard text.unicodeScalars.contains(mask) else { return text }
        var scalars = String.UnicodeScalarView()
        for scalar in text.unicodeScalars { scalars.append(scalar == mask ? "*" : scalar) }
        return String(scalars)
    }

    static func withoutByteOrderMark(_ yaml: String) -> String {
        guard yaml.unicodeScalars.first == "\u{FEFF}" else { return yaml }
        return String(yaml.unicodeScalars.dropFirst())
    }

    static func isAnchorName(_ text: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
                    true
                default:
                    false
                }
            }
    }

    /// The first character that YAML (section 5.1 of its specification 1.2.2) or we do not allow.
    static func forbiddenCharacter(in text: String) -> (Place, String)? {
        var line = 1
        var column = 1
        var previous: Unicode.Scalar = "\n"
        for scalar in text.unicodeScalars {
            guard isAllowed(scalar) else {
                let number = String(scalar.value, radix: 16, uppercase: true)
                let padding = String(repeating: "0", count: max(0, 4 - number.count))
                return (
                    Place(line: line, column: column),
                    "the character U+\(padding)\(number) is not allowed"
                )
            }
            let isSecondOfPair = scalar == "\n" && previous == "\r"
            if ["\n", "\r", "\u{85}", "\u{2028}", "\u{2029}"].contains(scalar) {
                if !isSecondOfPair { line += 1 }
                column = 1
            } else {
                column += 1
            }
            previous = scalar
        }
        return nil
    }

    private static func isAllowed(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x20...0x7E, 0x09, 0x0A, 0x0D, 0x85: true
        case 0xA0...0xFFFD: scalar != mask && scalar != "\u{FEFF}"
        case 0x1_0000...: true
        default: false
        }
    }

    /// Where and what a Yams error is, in our words where Yams' own would mislead.
    static func describe(_ error: any Error, in text: String) -> (Place, String) {
        switch error {
        case YamlError.duplicatedKeysInMapping(let keys, let context):
            let names = keys.map { quoted(unmasked($0)) }.joined(separator: ", ")
            return (
                place(context.mark),
                "\(names) stands more than once in this mapping; here for the first time"
            )
        case YamlError.composer(_, _, let mark, _):
            // Without aliases this is the only complaint that its composer has.
            return (place(mark), "a second document begins here; the file must hold one")
        case YamlError.scanner(let context, let problem, let mark, _),
            YamlError.parser(let context, let problem, let mark, _):
            return (place(mark), syntaxError(problem, context, at: place(mark), in: text))
        default:
            return (.start, "not valid YAML: \(error)")
        }
    }

    private static func syntaxError(
        _ problem: String, _ context: YamlError.Context?, at place: Place, in text: String
    ) -> String {
        if problem.hasPrefix("Maximum nesting level") { return "nested too deeply" }
        var message = "not valid YAML: \(problem)"
        if let context {
            message += " \(context.text)"
            if context.mark.line != place.line {
                message += " that begins at \(Self.place(context.mark))"
            }
        }
        let culprit = scalar(at: place, in: text)
        if culprit == "\t" {
            message += "; YAML indents with spaces, not with tabs"
        } else if culprit == ":", problem == "did not find expected node content" {
            message += "; a text that begins with ':' must stand in quotes"
        }
        return message
    }

    private static func scalar(at place: Place, in text: String) -> Unicode.Scalar? {
        let lines = text.unicodeScalars.split(
            maxSplits: place.line, omittingEmptySubsequences: false, whereSeparator: { $0 == "\n" })
        guard lines.indices.contains(place.line - 1) else { return nil }
        return lines[place.line - 1].dropFirst(place.column - 1).first
    }

    private static func place(_ mark: Mark) -> Place {
        Place(line: mark.line, column: mark.column)
    }
}
