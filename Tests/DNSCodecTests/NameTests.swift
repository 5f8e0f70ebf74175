import DNSCodec
import Testing

@Suite("Domain names")
struct NameTests {
    private static let label63 = String(repeating: "a", count: 63)
    /// The longest name: 4 + 3 × 64 + 62 + 1 = 255 bytes as it travels.
    private static let longest =
        [label63, label63, label63, String(repeating: "b", count: 61)].joined(separator: ".")

    @Test(
        "Text and name are the same thing",
        arguments: [
            ("example.com", "example.com"), ("example.com.", "example.com"), (".", "."),
            ("_http._tcp.Example.COM", "_http._tcp.Example.COM"),
            (#"a\.b.example"#, #"a\.b.example"#), (#"a\\b"#, #"a\\b"#),
            (#"tab\009x"#, #"tab\009x"#), (#"\101\255"#, #"e\255"#), (#"a\ b"#, #"a\032b"#),
            (longest, longest),
        ])
    func text(text: String, description: String) throws {
        let name = try #require(DomainName(text))
        #expect(name.description == description)
        #expect(DomainName(description) == name)
        #expect(name.wire.count <= DomainName.bytesMax)
    }

    @Test(
        "What is no name is refused",
        arguments: [
            "", "..", ".a", "a..b", "a b", "ä.example", "a\nb", label63 + "a", longest + "b",
            longest + ".b", #"\25"#, #"\256"#, #"a\"#, "a\0b",
        ])
    func refused(text: String) {
        #expect(DomainName(text) == nil)
    }

    @Test("Case does not matter, but stays")
    func letterCase() throws {
        let big = try #require(DomainName("WWW.Example.COM"))
        let small = try #require(DomainName("www.example.com"))
        #expect(big == small)
        #expect(big.hashValue == small.hashValue)
        #expect(!(big < small) && !(small < big))
        #expect(big.description == "WWW.Example.COM")
        #expect(try #require(DomainName("[")) != #require(DomainName("{")), "no letters")
    }

    @Test("A name knows what it is under")
    func ancestors() throws {
        let name = try #require(DomainName("a.b.Example.com"))
        #expect(
            name.labels.map { String(decoding: $0, as: UTF8.self) } == ["a", "b", "Example", "com"])
        for ancestor in ["a.b.example.com", "example.COM", "com", "."] {
            #expect(name.isWithin(try #require(DomainName(ancestor))), "\(ancestor)")
        }
        for other in ["xample.com", "c.a.b.example.com", "a", "org"] {
            #expect(!name.isWithin(try #require(DomainName(other))), "\(other)")
        }
    }

    @Test("A search suffix is appended unless the name grows too long")
    func suffix() throws {
        let name = try #require(DomainName("api"))
        let suffix = try #require(DomainName("svc.cluster.local"))
        #expect(name.appending(suffix) == DomainName("api.svc.cluster.local"))
        #expect(name.appending(.root) == name)
        #expect(name.appending(try #require(DomainName(Self.longest))) == nil)
    }
}
