import HTTP1
import Primitives
import Testing

@Suite("Session tokens")
struct SessionTokenTests {
    @Test(
        "Sixteen bytes are 22 characters of base64url",
        arguments: [
            (0, 0, "AAAAAAAAAAAAAAAAAAAAAA"), (UInt64.max, UInt64.max, "_____________________w"),
            (0x0001_0203_0405_0607, 0x0809_0A0B_0C0D_0E0F, "AAECAwQFBgcICQoLDA0ODw"),
            (0xFBFF_BFFB_FFBF_FBFF, 0xBFFB_FFBF_FBFF_BFFB, "-_-_-_-_-_-_-_-_-_-_-w"),
            (0x69B7_1D79_F821_8A39, 0x259A_7A29_AABB_2DBA, "abcdefghijklmnopqrstug"),
            (0x0000_0000_0000_0000, 0x0000_0000_0000_0001, "AAAAAAAAAAAAAAAAAAAAAQ"),
            (0x8000_0000_0000_0000, 0x0000_0000_0000_0000, "gAAAAAAAAAAAAAAAAAAAAA"),
        ] as [(UInt64, UInt64, String)])
    func texts(high: UInt64, low: UInt64, text: String) {
        let token = SessionToken(high: high, low: low)
        #expect(written { token.append(to: &$0) } == [UInt8](text))
        #expect(read(text) == token)
    }

    @Test("Any token comes back from its text, and no other text gives it", arguments: 0..<16)
    func roundTrips(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        for _ in 0..<200 {
            let token = SessionToken(high: random.next(), low: random.next())
            let text = try #require(written { token.append(to: &$0) })
            #expect(read(String(decoding: text, as: UTF8.self)) == token)
            var other = text
            let place = Int.random(in: 0..<22, using: &random)
            other[place] = UInt8.random(in: 0...127, using: &random)
            let isSame = read(String(decoding: other, as: UTF8.self)) == token
            #expect(isSame == (other == text))
        }
    }

    @Test(
        "What is not canonical is no token",
        arguments: [
            "", "AAAAAAAAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAAAAAAAAB",
            "AAAAAAAAAAAAAAAAAAAAAP", "AAAAAAAAAAAAAAAAAAAAA=", "AAAAAAAAAA AAAAAAAAAAA",
            "AAAAAAAAAA+AAAAAAAAAAA", "AAAAAAAAAA/AAAAAAAAAAA", "AAAAAAAAAAAAAAAAAAAAA\0",
            "\u{e9}AAAAAAAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAAAAAAAAA==", "\"AAAAAAAAAAAAAAAAAAAA\"",
        ])
    func refusals(text: String) {
        #expect(read(text) == nil)
    }

    @Test("Every character is read for what it is, in the middle and at the end")
    func alphabet() {
        let alphabet = [UInt8](
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
        for byte in UInt8.min...UInt8.max {
            let value = alphabet.firstIndex(of: byte).map(UInt64.init)
            let zeros = [UInt8](repeating: UInt8(ascii: "A"), count: 20)
            let inside = token(zeros + [byte, UInt8(ascii: "A")])
            #expect(inside == value.map { SessionToken(high: 0, low: $0 << 2) })
            let last = token(zeros + [UInt8(ascii: "A"), byte])
            let expected = value.flatMap { $0 % 16 == 0 ? $0 / 16 : nil }
            #expect(last == expected.map { SessionToken(high: 0, low: $0) })
        }
    }

    @Test(
        "A token stands before a tilde",
        arguments: [
            ("AAAAAAAAAAAAAAAAAAAAAQ~x", true), ("AAAAAAAAAAAAAAAAAAAAAQ~", true),
            ("AAAAAAAAAAAAAAAAAAAAAQ", false), ("AAAAAAAAAAAAAAAAAAAAAQx~", false),
            ("AAAAAAAAAAAAAAAAAAAAA~", false), ("AAAAAAAAAAAAAAAAAAAAAB~x", false), ("~", false),
        ])
    func prefixes(value: String, isPrefixed: Bool) throws {
        let found = try inHead(value) { range, bytes in
            SessionToken(prefixOf: range, in: bytes.span)
        }
        #expect(found == (isPrefixed ? SessionToken(high: 0, low: 1) : nil))
    }

    private func read(_ text: String) -> SessionToken? {
        token([UInt8](text))
    }

    /// Field values cannot hold zeros, so these bytes do not go through a head.
    private func token(_ text: [UInt8]) -> SessionToken? {
        SessionToken(text.span)
    }

    private func inHead(
        _ value: String, _ body: (ByteRange, [UInt8]) -> SessionToken?
    ) throws -> SessionToken? {
        let bytes = [UInt8](lines("GET / HTTP/1.1", "Host: a", "Cookie: LB=\(value)"))
        var head = RequestHead()
        _ = try head.parse(bytes.span, limits: HeadLimits())
        let name = [UInt8]("LB")
        let range = head.cookie(name.span, in: bytes.span)
        return body(try #require(range), bytes)
    }
}
