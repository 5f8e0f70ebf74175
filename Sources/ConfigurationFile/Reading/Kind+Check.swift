import Health

extension Kind where Value == String {
    /// A short text on one line, as it is meant.
    static func phrase(_ bytesMax: Int) -> Kind {
        .text(
            "a text", placeholder: "",
            shape: .text(
                TextShape(
                    "text", limits: "1 to \(bytesMax) bytes", pattern: "^[^\\x00]+$",
                    lengthMax: bytesMax, mayLookLikeNumber: true)),
            literal: Literal.text
        ) { text, _ throws(Problem) in
            guard (1...bytesMax).contains(text.utf8.count), !text.utf8.contains(0) else {
                throw Problem(
                    message: "\(quoted(text)) is no text of 1 to \(bytesMax) bytes, "
                        + "none of them zero")
            }
            return text
        }
    }

    /// A text of visible ASCII characters.
    static func visibleText(_ lengthMax: Int) -> Kind {
        .text(
            "a text", placeholder: "",
            shape: .text(
                TextShape(
                    "text", limits: "1 to \(lengthMax) visible ASCII characters",
                    pattern: "^[!-~]+$", lengthMax: lengthMax, mayLookLikeNumber: true)),
            literal: Literal.text
        ) { text, _ throws(Problem) in
            guard (1...lengthMax).contains(text.utf8.count), isVisible(text) else {
                throw Problem(
                    message: "\(quoted(text)) is no text of 1 to \(lengthMax) visible ASCII "
                        + "characters")
            }
            return text
        }
    }
}

extension Kind where Value == [String] {
    /// A program and its arguments.
    static var command: Kind {
        let argument = Kind<String>.text(
            "a text", placeholder: "",
            shape: .text(
                TextShape(
                    "argument", pattern: "^[^\\x00]*$", lengthMax: 4_096,
                    mayLookLikeNumber: true)),
            literal: Literal.text
        ) { text, _ throws(Problem) in
            guard text.utf8.count <= 4_096, !text.utf8.contains(0) else {
                throw Problem(
                    message: "\(quoted(text)) is no argument: at most 4096 bytes, "
                        + "none of them zero")
            }
            return text
        }
        let list = Kind<[String]>.list(of: argument, 1...64)
        return Kind(placeholder: [], shape: list.shape, literal: list.literal) {
            value, key, reporter in
            let words = list.read(value, key, reporter)
            if let program = words?.first, !program.hasPrefix("/") {
                reporter.error(
                    at: value.place,
                    "\(key): \(quoted(program)) is no absolute path of a program")
                return nil
            }
            return words
        }
    }
}

extension Kind where Value == [UInt8] {
    /// Bytes as a text with the escapes `\r`, `\n`, `\t`, `\0`, `\\` and `\xHH`; every other
    /// character stands for its UTF-8 bytes.
    static var bytes: Kind {
        .text(
            "a text", placeholder: [],
            shape: .text(
                TextShape(
                    "text", limits: #"1 to 1024 bytes; `\r` `\n` `\t` `\0` `\\` `\xHH`"#,
                    pattern: #"^([^\\]|\\[rnt0\\]|\\x[0-9A-Fa-f]{2})+$"#, lengthMax: 4_096,
                    mayLookLikeNumber: true)),
            literal: { $0.isEmpty ? .list([]) : nil }
        ) { text, _ throws(Problem) in
            let bytes = try unescaped(text)
            guard (1...1_024).contains(bytes.count) else {
                throw Problem(message: "\(bytes.count) bytes given, 1 to 1024 allowed")
            }
            return bytes
        }
    }

    private static func unescaped(_ text: String) throws(Problem) -> [UInt8] {
        var bytes: [UInt8] = []
        var rest = Substring(text).utf8
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "\\") else {
                bytes.append(byte)
                continue
            }
            switch rest.popFirst() {
            case UInt8(ascii: "r"): bytes.append(0x0D)
            case UInt8(ascii: "n"): bytes.append(0x0A)
            case UInt8(ascii: "t"): bytes.append(0x09)
            case UInt8(ascii: "0"): bytes.append(0x00)
            case UInt8(ascii: "\\"): bytes.append(UInt8(ascii: "\\"))
            case UInt8(ascii: "x"): bytes.append(try hexByte(&rest))
            default: throw wrongEscape
            }
        }
        return bytes
    }

    private static func hexByte(_ rest: inout Substring.UTF8View) throws(Problem) -> UInt8 {
        var value: UInt8 = 0
        for _ in 0..<2 {
            let digit: UInt8
            switch rest.popFirst() {
            case .some(let byte) where (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte):
                digit = byte - UInt8(ascii: "0")
            case .some(let byte) where (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte | 0x20):
                digit = (byte | 0x20) - UInt8(ascii: "a") + 10
            default:
                throw wrongEscape
            }
            value = value << 4 | digit
        }
        return value
    }

    private static var wrongEscape: Problem {
        Problem(message: #"'\' begins one of \r, \n, \t, \0, \\ and \xHH, as in \x0D"#)
    }
}

extension Kind {
    /// One word, or a whole number written without quotes.
    static func wordOrNumber(
        _ word: String, _ meaning: Value, _ limits: ClosedRange<Int>,
        make: @escaping (Int) -> Value, back: @escaping (Value) -> Int?
    ) -> Kind {
        .text(
            "\(word) or a number", placeholder: meaning,
            shape: .either([.choice([word]), .number(limits)]),
            literal: { back($0).map(Literal.number) ?? .text(word) }
        ) { text, isPlain throws(Problem) in
            if text == word { return meaning }
            guard isPlain, let number = wholeNumber(text), limits.contains(number) else {
                throw Problem(
                    message: "\(quoted(text)) is neither \(word) nor a number "
                        + "from \(limits.lowerBound) to \(limits.upperBound)")
            }
            return make(number)
        }
    }
}
