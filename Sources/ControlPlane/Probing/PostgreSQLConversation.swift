import Health

/// A PostgreSQL probe: the startup message of protocol 3.0 (PostgreSQL documentation, chapter
/// "Frontend/Backend Protocol", sections 55.2.1 and 55.7), as far as the server can be told to
/// accept connections.
///
/// As `pg_isready` has it, a server that refuses this user or database is well; unlike it, one that
/// has no connection left is not.
struct PostgreSQLConversation: ByteConversation {
    let opening: [UInt8]
    let isContentWithoutAnswer = false

    /// What the server sends before it is ready is short; libpq takes no longer error either.
    private static let messageBytesMax = 30_000
    private static let protocolVersion: UInt32 = 3 << 16
    /// `Terminate`.
    private static let farewell: [UInt8] = [UInt8(ascii: "X"), 0, 0, 0, 4]

    init(_ startup: Probe.PostgreSQLStartup) {
        var body = Self.bytes(of: Self.protocolVersion)
        for text in [
            "user", startup.user, "database", startup.database, "application_name", "skein-check",
        ] {
            body += Array(text.utf8) + [0]
        }
        body.append(0)
        opening = Self.bytes(of: UInt32(body.count + 4)) + body
    }

    private static func bytes(of word: UInt32) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: word >> $0) }
    }

    func judge(_ answer: [UInt8], isWhole: Bool) -> Judgement? {
        var rest = answer[...]
        var isAuthenticated = false
        while let message = Message(first: &rest) {
            switch message.kind {
            case UInt8(ascii: "E"): return Self.judge(error: message)
            case UInt8(ascii: "R") where !message.isAuthenticationOk: return .success()
            case UInt8(ascii: "R"): isAuthenticated = true
            // A notice, or what of the protocol the server does not know.
            case UInt8(ascii: "N"), UInt8(ascii: "v"): break
            // The server could still say that it has no connection left: after these it will not.
            case UInt8(ascii: "S"), UInt8(ascii: "K"), UInt8(ascii: "Z"):
                return isAuthenticated
                    ? .success(farewell: Self.farewell) : .failure(.malformed)
            default: return .failure(.malformed)
            }
        }
        if let (kind, length) = Message.head(rest), !(4...Self.messageBytesMax).contains(length) {
            return kind == UInt8(ascii: "E")
                ? Self.judge(plain: rest.dropFirst(), isWhole: isWhole) : .failure(.malformed)
        }
        return isWhole ? .failure(.malformed) : nil
    }

    /// Before it can speak the protocol, the server says in plain text what is wrong.
    private static func judge(plain text: ArraySlice<UInt8>, isWhole: Bool) -> Judgement? {
        let line = text.prefix { $0 != UInt8(ascii: "\n") && $0 != 0 }
        guard isWhole || line.count < text.count || line.count > messageBytesMax else { return nil }
        return .failure(.serverError(String(decoding: line, as: UTF8.self)))
    }

    /// Whether an error says that the server cannot take connections; by the classes of appendix A.
    private static func judge(error: Message) -> Judgement {
        let fields = error.fields
        switch fields.code.prefix(2) {
        // Insufficient resources, operator intervention, system error, internal error.
        case "53", "57", "58", "XX": return .failure(.serverError(fields.text))
        case "": return .failure(.malformed)
        default: return .success()
        }
    }
}

/// A message of the server: a letter, a length that counts itself, and a body.
private struct Message {
    let kind: UInt8
    let body: ArraySlice<UInt8>

    /// Takes the first message off `bytes`; nil if it is not whole.
    init?(first bytes: inout ArraySlice<UInt8>) {
        guard let (kind, length) = Self.head(bytes), length >= 4, bytes.count > length else {
            return nil
        }
        self.kind = kind
        body = bytes.dropFirst(5).prefix(length - 4)
        bytes = bytes.dropFirst(1 + length)
    }

    static func head(_ bytes: ArraySlice<UInt8>) -> (kind: UInt8, length: Int)? {
        guard let kind = bytes.first, bytes.count >= 5 else { return nil }
        return (kind, bytes.dropFirst().prefix(4).reduce(0) { $0 << 8 | Int($1) })
    }

    /// Whether this is `AuthenticationOk`, if it is about authentication.
    var isAuthenticationOk: Bool { body.elementsEqual([0, 0, 0, 0]) }

    /// The SQLSTATE and the text of an error.
    var fields: (code: String, text: String) {
        var fields = (code: "", text: "")
        for field in body.split(separator: 0) {
            let value = String(decoding: field.dropFirst(), as: UTF8.self)
            switch field.first {
            case UInt8(ascii: "C"): fields.code = value
            case UInt8(ascii: "M"): fields.text = value
            default: break
            }
        }
        return fields
    }
}
