import HTTP1
import Primitives
import Testing

@Suite("Mutated cookies")
struct CookieMutationTests {
    static let token = "AAECAwQFBgcICQoLDA0ODw"
    static let seeds = [
        lines("GET / HTTP/1.1", "Host: a", "Cookie: a=1; LB=\(token)~x; b=2"),
        lines("GET / HTTP/1.1", "Host: a", "Cookie: LB=\(token); LB=2;c", "Cookie: d=4;LB=5"),
        lines("GET / HTTP/1.1", "Cookie: LB=\"a;b\"", "Host: a", "cookie:LB =x", "X-Y: z"),
    ]
    static let fragments: [[UInt8]] = [
        ";", "=", "; LB=", "LB", " ", "\t", "\"", "~", ";;", "\r\nCookie: ", "; \(token)~", ",",
    ].map { [UInt8]($0) }

    static func mutated(using random: inout SeededRandom) -> [UInt8] {
        var bytes = [UInt8](seeds.randomElement(using: &random) ?? "")
        let start = 25
        for _ in 0..<Int.random(in: 0...4, using: &random) where bytes.count > start + 4 {
            let place = Int.random(in: start..<(bytes.count - 4), using: &random)
            let end = min(bytes.count - 4, place + Int.random(in: 1...6, using: &random))
            let fragment = fragments.randomElement(using: &random) ?? []
            switch Int.random(in: 0..<4, using: &random) {
            case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
            case 1: bytes.removeSubrange(place..<end)
            case 2: bytes.insert(contentsOf: fragment, at: place)
            default: bytes.replaceSubrange(place..<end, with: fragment)
            }
        }
        return bytes
    }

    /// The pairs of all `Cookie` fields as a straightforward reader sees them: name, if there is
    /// an `=`, and value.
    static func pairs(_ head: ParsedRequest) -> [[String]] {
        head.fields.filter { $0.lowercased().hasPrefix("cookie: ") }.flatMap { field in
            field.unicodeScalars.dropFirst(8).split(separator: ";").map { pair in
                String(String.UnicodeScalarView(pair)).unicodeScalars
                    .split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                    .map { part in trimmed(part) }
            }
        }.filter { $0 != [""] }
    }

    private static func trimmed(_ part: String.UnicodeScalarView.SubSequence) -> String {
        let isSpace = { (scalar: Unicode.Scalar) in scalar == " " || scalar == "\t" }
        let text = part.drop(while: isSpace)
        let end = text.lastIndex { !isSpace($0) }
        return String(String.UnicodeScalarView(end.map { text[...$0] } ?? text.prefix(0)))
    }

    private static func hasName(_ pair: [String]) -> Bool {
        pair.count == 2 && pair[0] == "LB"
    }

    @Test("Cookies are what a straightforward reader finds", arguments: UInt64(0)..<64)
    func mutations(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var found = 0
        for _ in 0..<300 {
            let bytes = Self.mutated(using: &random)
            let outcome = Outcome { () throws(HTTPParseError) in try ParsedRequest(bytes) }
            guard case .value(let request) = outcome else { continue }
            let pairs = Self.pairs(request)
            let named = pairs.filter(Self.hasName)
            if !named.isEmpty { found += 1 }
            var head = RequestHead()
            _ = try head.parse(bytes.span, limits: HeadLimits())
            let name = [UInt8]("LB")
            let value = head.cookie(name.span, in: bytes.span)
            #expect(value.map(bytes.text) == named.first?[1])
            try checkForwarding(bytes, request, pairs)
        }
        #expect((50..<299).contains(found))
    }

    private func checkForwarding(
        _ bytes: [UInt8], _ request: ParsedRequest, _ pairs: [[String]]
    ) throws {
        let isOther = { (field: String) in !field.lowercased().hasPrefix("cookie: ") }
        let plain = try #require(try forwarded(bytes))
        let removed = try #require(try forwarded(bytes, cookie: "LB", edit: .remove))
        let unprefixed = try #require(try forwarded(bytes, cookie: "LB", edit: .unprefix))
        let (kept, gone, cut) = try (
            #require(try ParsedRequest(plain)), #require(try ParsedRequest(removed)),
            #require(try ParsedRequest(unprefixed))
        )
        #expect(Self.pairs(kept) == pairs)
        #expect(Self.pairs(gone) == pairs.filter { !Self.hasName($0) })
        let withoutTokens = pairs.map { pair in
            Self.hasName(pair) ? [pair[0], Self.withoutToken(pair[1])] : pair
        }
        #expect(Self.pairs(cut) == withoutTokens)
        for sent in [gone, cut] {
            #expect(sent.fields.filter(isOther) == kept.fields.filter(isOther))
            #expect(sent.framing == request.framing)
        }
        #expect(gone.length == removed.count && cut.length == unprefixed.count)
    }

    private static func withoutToken(_ value: String) -> String {
        let bytes = Array(value.utf8)
        guard bytes.count > 22, bytes[22] == UInt8(ascii: "~") else { return value }
        let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8
        guard bytes.prefix(22).allSatisfy(alphabet.contains), "AQgw".utf8.contains(bytes[21])
        else { return value }
        return trimmed(String(decoding: bytes.dropFirst(23), as: UTF8.self).unicodeScalars[...])
    }
}
