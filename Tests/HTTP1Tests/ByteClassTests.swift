import Testing

@testable import HTTP1

@Suite("Classes of bytes and names")
struct ByteClassTests {
    private static let letters = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ".utf8)
    private static let digits = Set("0123456789".utf8)
    private static let tokenMarks = Set("!#$%&'*+-.^_`|~".utf8)

    @Test("Single bytes are classed as RFC 9110 says")
    func bytes() {
        for byte in UInt8.min...UInt8.max {
            let isToken =
                Self.letters.contains(byte) || Self.digits.contains(byte)
                || Self.tokenMarks.contains(byte)
            #expect(ByteClass.token.contains(byte) == isToken)
            let isMethod = (0x41...0x5A).contains(byte) || byte == 0x2D || byte == 0x5F
            #expect(ByteClass.method.contains(byte) == isMethod)
            #expect(ByteClass.isDigit(byte) == Self.digits.contains(byte))
            let hex = UInt8(String(UnicodeScalar(byte)), radix: 16)
            #expect(ByteClass.hexDigit(byte) == (byte == 0x2B || byte == 0x2D ? nil : hex))
            let isValue = byte == 9 || (0x20...0x7E).contains(byte) || byte >= 0x80
            #expect(ByteClass.isFieldValue(byte) == isValue)
        }
    }

    @Test("A word's mask finds the first byte of its class, whatever is around it")
    func words() {
        let host = Self.letters.union(Self.digits).union("-._".utf8)
        let name = Self.letters.union("-".utf8)
        for byte in UInt8.min...UInt8.max {
            for place in 0..<8 {
                for filler in "aZ-9.~\u{7F}!".utf8 + [0, 9, 0x80, 0xFF] {
                    var bytes = [UInt8](repeating: UInt8(ascii: "a"), count: 8)
                    bytes[place] = byte
                    for behind in (place + 1)..<9 where behind < 8 { bytes[behind] = filler }
                    let word = bytes.span.word(at: 0)
                    check(bytes, word.outsideName, name.contains)
                    check(bytes, word.outsideHostName, host.contains)
                    check(bytes, word.controls) { $0 >= 0x20 && $0 != 0x7F }
                    check(bytes, word.semicolonsAndZeros) { $0 != 0x3B && $0 != 0 }
                    check(bytes, word.outsideTarget) { (0x21...0x7E).contains($0) && $0 != 0x23 }
                    let digits = bytes.map { $0 == UInt8(ascii: "a") ? UInt8(ascii: "7") : $0 }
                    check(digits, digits.span.word(at: 0).outsideDigits, Self.digits.contains)
                }
            }
        }
    }

    private func check(
        _ bytes: [UInt8], _ mask: ByteMask, _ isInside: (UInt8) -> Bool,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let first = bytes.firstIndex { !isInside($0) } ?? 8
        // The scan of values looks at every byte it stops at, so a stop too many is harmless.
        let found = mask.isEmpty ? 8 : Int(mask.firstIndex)
        let isExact = found == first
        let isEarlyTilde = found < first && bytes[found] == UInt8(ascii: "~")
        #expect(isExact || isEarlyTilde, "\(bytes)", sourceLocation: sourceLocation)
    }

    @Test("A word behind the end of its bytes is padded with zeros", arguments: 0..<20)
    func padding(count: Int) {
        let bytes = (0..<count).map { UInt8($0 + 1) }
        for start in 0..<(count + 3) {
            let word = bytes.span.word(at: UInt32(start))
            for offset in 0..<8 {
                let expected = start + offset < count ? bytes[start + offset] : 0
                #expect(word.byte(at: UInt32(offset)) == expected)
            }
        }
    }

    static let names: [(String, KnownHeader)] = [
        ("host", .host), ("connection", .connection), ("content-length", .contentLength),
        ("transfer-encoding", .transferEncoding), ("expect", .expect), ("upgrade", .upgrade),
        ("keep-alive", .keepAlive), ("te", .te), ("trailer", .trailer),
        ("proxy-connection", .proxyConnection), ("proxy-authenticate", .proxyAuthenticate),
        ("proxy-authorization", .proxyAuthorization), ("x-forwarded-for", .xForwardedFor),
        ("x-forwarded-proto", .xForwardedProto), ("x-forwarded-host", .xForwardedHost),
        ("x-real-ip", .xRealIP), ("date", .date), ("server", .server),
        ("cookie", .cookie), ("set-cookie", .setCookie),
    ]

    @Test("Every known header is found in any case, alone and inside a longer text")
    func knownNames() throws {
        #expect(Set(Self.names.map(\.1)).count == KnownHeader.allCases.count - 1)
        for (name, known) in Self.names {
            for spelling in [name, name.uppercased()] {
                for (before, behind) in [("", ""), ("GET / HTTP/1.1\r\n", ": x\r\n\r\n")] {
                    let bytes = [UInt8](before + spelling + behind)
                    let length = UInt32(spelling.utf8.count)
                    let start = UInt32(before.utf8.count)
                    #expect(KnownHeader(bytes.span, start: start, length: length) == known)
                    #expect(KnownHeader.mayBeKnown(initial: bytes[Int(start)], length: length))
                }
            }
        }
    }

    @Test("A name that differs in one byte, or in length, is not a known header")
    func nearMisses() {
        for (name, _) in Self.names {
            let bytes = [UInt8](name)
            var others = [
                bytes + [UInt8(ascii: "x")], Array(bytes.dropLast()), Array(bytes.dropFirst()),
            ]
            for index in bytes.indices {
                var other = bytes
                other[index] =
                    bytes[index] == UInt8(ascii: "q") ? UInt8(ascii: "z") : UInt8(ascii: "q")
                others.append(other)
            }
            for other in others {
                let known = KnownHeader(other.span, start: 0, length: UInt32(other.count))
                #expect(known == .other, "\(String(decoding: other, as: UTF8.self))")
            }
        }
    }

    @Test("The hop-by-hop headers are those of RFC 9110 section 7.6.1 and their relatives")
    func hopByHop() {
        let expected: Set<KnownHeader> = [
            .connection, .transferEncoding, .upgrade, .keepAlive, .te, .trailer, .proxyConnection,
            .proxyAuthenticate, .proxyAuthorization,
        ]
        #expect(Set(KnownHeader.allCases.filter(\.isHopByHop)) == expected)
    }
}
