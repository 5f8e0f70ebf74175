import Primitives
import Testing

@testable import Routing

struct PatternTests {
    @Test(
        "Hosts are read, and printed as they are kept",
        arguments: [
            ("example.com", "example.com"), ("EXAMPLE.com", "example.com"), ("*", "*"),
            ("*.Example.com", "*.example.com"), ("*.com", "*.com"), ("_dmarc.x-1", "_dmarc.x-1"),
            ("192.0.2.1", "192.0.2.1"), ("[2001:DB8::1]", "[2001:db8::1]"),
        ])
    func hosts(text: String, kept: String) throws {
        #expect(try HostPattern(text).description == kept)
    }

    @Test(
        "Hosts that are none are refused, with the reason",
        arguments: [
            ("", .empty), ("a..b", .hostLabel("")), (".a", .hostLabel("")), ("a.", .hostLabel("")),
            ("a b", .hostLabel("a b")), ("bücher.de", .hostLabel("bücher")),
            ("a:80", .hostPort), ("[::1]:80", .hostPort),
            ("[127.0.0.1]", .hostLabel("[127.0.0.1]")),
            ("a*.b", .hostWildcard), ("*.*.b", .hostWildcard), ("a.*", .hostWildcard),
            ("*a", .hostWildcard), ("*.", .hostLabel("")),
            (String(repeating: "a", count: 64), .hostLabel(String(repeating: "a", count: 64))),
            (String(repeating: "a.", count: 127), .tooLong(limit: 253)),
        ] as [(String, PatternError)])
    func wrongHosts(text: String, error: PatternError) {
        #expect(throws: error) { try HostPattern(text) }
    }

    @Test(
        "Paths are read, and printed as they are kept",
        arguments: [
            ("/", "/*"), ("/*", "/*"), ("/api", "/api/*"), ("/api/", "/api/*"),
            ("/api/*", "/api/*"), ("= /api", "= /api"), ("=/api/", "= /api/"), ("= /", "= /"),
            ("/%7ejoe/%e4", "/~joe/%E4/*"), ("~ /a|b", "~ /a|b"), ("/a:b@c,(d)", "/a:b@c,(d)/*"),
        ])
    func paths(text: String, kept: String) throws {
        #expect(try PathPattern(text).description == kept)
    }

    @Test(
        "Paths that are none, or that no request could have, are refused with the reason",
        arguments: [
            ("", .empty), ("api", .pathStart), ("=", .empty), ("~", .empty), ("~   ", .empty),
            ("/a b", .pathByte(0x20)), ("/a?b", .pathByte(0x3F)), ("/a#b", .pathByte(0x23)),
            ("/ü", .pathByte(0xC3)), ("/%", .pathByte(0x25)), ("/%4", .pathByte(0x25)),
            ("/%zz", .pathByte(0x25)), ("/*/a", .pathWildcard), ("/a*", .pathWildcard),
            ("= /*", .pathWildcard), ("/a//b", .pathReading(.ambiguous)),
            ("/a//", .pathReading(.ambiguous)), ("/a%2fb", .pathReading(.ambiguous)),
            (#"/a\b"#, .pathReading(.ambiguous)), ("/a;b", .pathReading(.ambiguous)),
            ("/a/../b", .pathReading(.dotSegment)), ("/%2e%2E", .pathReading(.dotSegment)),
            ("/a/.", .pathReading(.dotSegment)), ("/%00", .pathReading(.zero)),
            ("/" + String(repeating: "a", count: 1_024), .tooLong(limit: 1_024)),
        ] as [(String, PatternError)])
    func wrongPaths(text: String, error: PatternError) {
        #expect(throws: error) { try PathPattern(text) }
    }

    @Test(
        "Networks are read, and hold what they should",
        arguments: [
            ("192.0.2.0/24", "192.0.2.255", true), ("192.0.2.0/24", "192.0.3.0", false),
            ("192.0.2.7", "192.0.2.7", true), ("192.0.2.7", "192.0.2.6", false),
            ("0.0.0.0/0", "255.255.255.255", true), ("0.0.0.0/0", "::1", false),
            ("192.0.2.0/24", "::ffff:192.0.2.1", true), ("2001:db8::/32", "2001:db8:ffff::", true),
            ("2001:db8::/32", "2001:db9::", false), ("::/0", "2001:db8::", true),
            ("2001:db8::/65", "2001:db8::7fff:0:0:1", true),
            ("2001:db8::/65", "2001:db8::8000:0:0:1", false), ("::/0", "192.0.2.1", false),
            ("::1", "::1", true), ("::1/127", "::", true), ("128.0.0.0/1", "127.0.0.1", false),
        ])
    func networks(text: String, client: String, isInside: Bool) throws {
        let address = try #require(IPAddress(client))
        guard text != "::1/127" else {
            #expect(throws: PatternError.networkBits(meant: "::/127")) { try Network(text) }
            return
        }
        #expect(try Network(text).contains(address) == isInside)
    }

    @Test(
        "Networks that are none are refused",
        arguments: [
            ("", .network("")), ("192.0.2.0/33", .network("192.0.2.0/33")),
            ("::/129", .network("::/129")), ("a/8", .network("a/8")),
            ("10.0.0.0/", .network("10.0.0.0/")),
            ("10.0.0.0/08", .network("10.0.0.0/08")), ("10.0.0.0/8/8", .network("10.0.0.0/8/8")),
            ("10.0.0.0/-1", .network("10.0.0.0/-1")),
            ("10.0.0.1/8", .networkBits(meant: "10.0.0.0/8")),
        ] as [(String, PatternError)])
    func wrongNetworks(text: String, error: PatternError) {
        #expect(throws: error) { try Network(text) }
    }

    @Test(
        "Wildcards in values stand for any number of any bytes",
        arguments: [
            ("*Mobile*", "Mozilla Mobile Safari", true), ("*Mobile*", "Mobile", true),
            ("*Mobile*", "mobile", false), ("a*c", "ac", true), ("a*c", "abcd", false),
            ("a*b*c", "axxbxxbxxc", true), ("**", "", true), ("*a", "ba", true),
            ("*a", "ab", false), ("a*", "", false), ("*ab*ab", "abab", true),
            ("*ab*ab", "ababa", false), ("a**b", "ab", true),
        ])
    func wildcards(pattern: String, value: String, isMatch: Bool) {
        let found = Wildcard.matches(bytes(pattern).span, bytes(value).span)
        #expect(found == isMatch)
    }

    @Test("Values are read by their signs")
    func values() throws {
        #expect(try ValuePattern("*") == .present)
        #expect(try ValuePattern("") == .exact(""))
        #expect(try ValuePattern("a*") == .wildcard("a*"))
        #expect(try ValuePattern("~ a+") == .expression(RegularExpression("a+")))
        #expect(throws: PatternError.tooLong(limit: 256)) {
            try ValuePattern(String(repeating: "a", count: 257))
        }
    }

    @Test("Names of headers and cookies are tokens, and a rule has a limited number of each")
    func fields() throws {
        #expect(try FieldPattern.header("X-Up", .present).name == "x-up")
        #expect(try FieldPattern.cookie("Session", .present).name == "Session")
        #expect(try FieldPattern.query("a b", .present).name == "a b")
        #expect(throws: PatternError.name("a b")) { try FieldPattern.header("a b", .present) }
        #expect(throws: PatternError.name("a=")) { try FieldPattern.cookie("a=", .present) }
        #expect(throws: PatternError.empty) { try FieldPattern.header("", .present) }
        #expect(throws: PatternError.tooLong(limit: 64)) {
            try FieldPattern.query(String(repeating: "a", count: 65), .present)
        }
        #expect(throws: PatternError.tooLong(limit: 256)) {
            try FieldPattern.query("a", .exact(String(repeating: "a", count: 257)))
        }
        #expect(throws: PatternError.tooMany(limit: 16)) {
            try makeRule(methods: Array(repeating: "GET", count: 17))
        }
        #expect(throws: PatternError.name("G T")) { try makeRule(methods: ["G T"]) }
        #expect(throws: PatternError.name("")) { try makeRule(methods: [""]) }
        #expect(throws: PatternError.priority(limit: 1_000_000)) {
            try makeRule(priority: 1_000_001)
        }
    }
}
