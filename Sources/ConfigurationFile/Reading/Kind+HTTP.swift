import Health

extension Kind where Value == String {
    /// A token (RFC 9110 section 5.6.2): what methods, headers and cookies are called.
    static var token: Kind {
        .text(
            "a name", placeholder: "",
            shape: .text(
                TextShape(
                    "token", limits: "1 to 64 characters",
                    pattern: "^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}$", mayLookLikeNumber: true)),
            literal: Literal.text
        ) { text, _ throws(Problem) in
            guard isToken(text) else {
                throw Problem(
                    message: "\(quoted(text)) is no name here: 1 to 64 letters, digits "
                        + "and !#$%&'*+-.^_`|~")
            }
            return text
        }
    }

    /// The origin form of RFC 9112 section 3.2.1: a path and perhaps a query, visible ASCII only.
    static var requestTarget: Kind {
        .text(
            "a path", placeholder: "/",
            shape: .text(
                TextShape(
                    "path", limits: "begins with `/`", pattern: "^/[!\"$-~]*$",
                    lengthMax: 2_048)),
            literal: Literal.text
        ) { text, _ throws(Problem) in
            guard text.hasPrefix("/"), text.utf8.count <= 2_048, isVisible(text),
                !text.contains("#")
            else {
                throw Problem(
                    message: "\(quoted(text)) is no path that begins with '/', "
                        + "of at most 2048 visible ASCII characters and without '#'")
            }
            return text
        }
    }

    /// What may stand in a `Host` header: a name or an address, perhaps with a port.
    static var hostHeader: Kind {
        .text(
            "a host name", placeholder: "",
            shape: .text(
                TextShape(
                    "host", limits: "perhaps with a port", pattern: "^[!$-+.0-~-]+$",
                    lengthMax: 255)),
            literal: Literal.text
        ) { text, _ throws(Problem) in
            guard (1...255).contains(text.utf8.count), isVisible(text),
                !text.contains(where: { "/?#@,\"\\".contains($0) })
            else { throw Problem(message: "\(quoted(text)) is no host name") }
            return text
        }
    }
}

extension Kind where Value == SuccessCodes {
    /// Status codes as a text, or as a list of such texts.
    static var successCodes: Kind {
        let range = "[1-5][0-9]{2}( *- *[1-5][0-9]{2})?"
        let item = Kind.text(
            "status codes", placeholder: .ok,
            shape: .text(
                TextShape(
                    "status codes", limits: "100 to 599",
                    pattern: "^ *\(range)( *, *\(range))* *$", mayLookLikeNumber: true)),
            literal: { .text($0.description) }
        ) { text, _ throws(Problem) in
            guard let codes = SuccessCodes(text) else {
                throw Problem(
                    message: "\(quoted(text)) is no list of status codes such as 200-299,304")
            }
            return codes
        }
        return Kind<[SuccessCodes]>.oneOrMore(of: item, SuccessCodes.rangesMax).map {
            SuccessCodes($0.flatMap(\.ranges))
        } back: {
            [$0]
        }
    }
}

extension Kind where Value == [Probe.Header] {
    static var countMax: Int { 32 }

    /// Header fields as a mapping of names to values (RFC 9110 section 5.1 and 5.5).
    static var headers: Kind {
        let valueShape = TextShape(
            "header value", pattern: "^[!-~]([ -~]*[!-~])?$", lengthMax: 4_096,
            mayLookLikeNumber: true)
        let value = Kind<String>.text(
            "a text", placeholder: "", shape: .text(valueShape), literal: Literal.text
        ) { text, _ throws(Problem) in
            guard (1...4_096).contains(text.utf8.count), !text.hasPrefix(" "),
                !text.hasSuffix(" "),
                text.utf8.allSatisfy((UInt8(ascii: " ")...UInt8(ascii: "~")).contains)
            else {
                throw Problem(
                    message: "\(quoted(text)) is no header value: 1 to 4096 ASCII characters, "
                        + "no control character and no space around them")
            }
            return text
        }
        return Kind(
            placeholder: [],
            shape: {
                .entries(
                    keys: TextShape("header name", pattern: "^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}$"),
                    values: valueShape, countMax: countMax)
            },
            literal: { $0.isEmpty ? .list([]) : nil }
        ) { written, key, reporter in
            switch written.content {
            case .mapping(let entries):
                return fields(entries, value, key, written.place, reporter)
            case .nothing:
                return []
            case .text, .list:
                reporter.error(
                    at: written.place,
                    "\(key): expected a mapping such as { X-Probe: skein }, "
                        + "found \(written.summary)")
                return nil
            case .invalid:
                return nil
            }
        }
    }

    private static func fields(
        _ entries: [YAMLValue.Entry], _ value: Kind<String>, _ key: String, _ place: Place,
        _ reporter: Reporter
    ) -> [Probe.Header] {
        if entries.count > countMax {
            reporter.error(
                at: place, "\(key): \(entries.count) given, at most \(countMax) allowed")
        }
        var names: Set<String> = []
        var fields: [Probe.Header] = []
        for entry in entries.prefix(countMax) {
            if let problem = problem(withName: entry.key, after: names) {
                reporter.error(at: entry.keyPlace, "\(key): \(quoted(entry.key)) \(problem)")
            }
            names.insert(entry.key.lowercased())
            let written = YAMLValue(entry.value.content, at: entry.place)
            if let text = value.read(written, entry.key, reporter) {
                fields.append(Probe.Header(name: entry.key, value: text))
            }
        }
        return fields
    }

    private static func problem(withName name: String, after names: Set<String>) -> String? {
        let lowercased = name.lowercased()
        if !isToken(name) { return "is no header name" }
        if lowercased == "host" { return "has a key of its own: 'host'" }
        let own = ["connection", "content-length", "te", "transfer-encoding", "upgrade"]
        if own.contains(lowercased) { return "is set by the check itself" }
        return names.contains(lowercased) ? "stands there twice" : nil
    }
}

func isVisible(_ text: String) -> Bool {
    text.utf8.allSatisfy((UInt8(ascii: "!")...UInt8(ascii: "~")).contains)
}

/// Whether `text` is a token of at most 64 characters.
func isToken(_ text: String) -> Bool {
    (1...64).contains(text.utf8.count)
        && text.utf8.allSatisfy { isAlphanumeric($0) || "!#$%&'*+-.^_`|~".utf8.contains($0) }
}

/// Whether `text` is a domain name: labels of at most 63 letters, digits, `-` and `_` (which names
/// of services have), 253 characters in all (RFC 1035 section 2.3.4).
func isDomain(_ text: String) -> Bool {
    guard (1...253).contains(text.utf8.count) else { return false }
    return text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        .allSatisfy { label in
            let hyphen = UInt8(ascii: "-")
            return (1...63).contains(label.count) && label.first != hyphen && label.last != hyphen
                && label.allSatisfy { isAlphanumeric($0) || "-_".utf8.contains($0) }
        }
}
