import Primitives
import Testing

@testable import Routing

struct LookupTests {
    @Test(
        "Hosts are found in any case, with a port, with a dot behind",
        arguments: [
            ("example.com", 0), ("EXAMPLE.COM:8080", 0), ("example.com.", 0), ("a.example.com", 1),
            ("a.b.example.com:80", 1), ("exact.example.com", 2), ("x.exact.example.com", 1),
            ("xexample.com", 5), ("com", 5), ("", 5), (".", 5), ("..", 5), ("example.com..", 5),
            (".example.com", 5), ("a..example.com", 5), ("[2001:DB8::1]:443", 3),
            ("[2001:db8::1]", 3), ("[2001:db8::2]", 5), ("192.0.2.1", 4), ("192.0.2.1:80", 4),
            (":80", 5), ("[", 5), ("example.com:", 0), ("example.com:a:b", 0),
        ])
    func hosts(host: String, found: Int) throws {
        let routes = try RouteSet([
            makeRule(host: "example.com"), makeRule(host: "*.Example.com"),
            makeRule(host: "exact.example.com"), makeRule(host: "[2001:db8::1]"),
            makeRule(host: "192.0.2.1"), makeRule(),
        ])
        #expect(Request(host: host).match(routes) == found)
    }

    @Test(
        "Paths are found on the borders of segments",
        arguments: [
            ("/api", 0), ("/api/", 0), ("/api/x", 0), ("/api/x/y/z", 0), ("/apix", 3), ("/ap", 3),
            ("/API", 3), ("/exact", 1), ("/exact/", 3), ("/slash/", 2), ("/slash", 3), ("/", 3),
            ("/api//x", 0), ("//api", 3), ("*", 4), ("", 4), ("api", 4),
        ])
    func paths(path: String, found: Int) throws {
        let routes = try RouteSet([
            makeRule(path: "/api/*"), makeRule(path: "= /exact"), makeRule(path: "= /slash/"),
            makeRule(path: "/"), makeRule(priority: -1),
        ])
        #expect(Request(path: path).match(routes) == found)
    }

    @Test("Nothing matches where no rule does")
    func nothing() throws {
        #expect(Request().match(try RouteSet([])) == nil)
        #expect(Request().match(try RouteSet([makeRule(host: "other.com")])) == nil)
        #expect(Request(path: "/x").match(try RouteSet([makeRule(path: "= /")])) == nil)
    }

    @Test("Methods are compared with their case, one of several is enough, and GET is not HEAD")
    func methods() throws {
        let routes = try RouteSet([makeRule(methods: ["GET", "PURGE"])])
        #expect(Request(method: "GET").match(routes) == 0)
        #expect(Request(method: "PURGE").match(routes) == 0)
        #expect(Request(method: "get").match(routes) == nil)
        #expect(Request(method: "HEAD").match(routes) == nil)
        #expect(Request(method: "GETX").match(routes) == nil)
    }

    @Test(
        "Headers match on any line, cookies on the first of the name",
        arguments: [
            ([("X-Up", "1")], [], 0), ([("x-up", "0"), ("X-UP", "1")], [], 0),
            ([("x-up", "0")], [], nil), ([], [("sid", "abc")], 1),
            ([], [("sid", "x"), ("sid", "abc")], nil), ([], [("SID", "abc")], nil),
        ] as [([(String, String)], [(String, String)], Int?)])
    func fields(
        headers: [(String, String)], cookies: [(String, String)], found: Int?
    ) throws {
        let routes = try RouteSet([
            makeRule(headers: [("X-Up", "1")]), makeRule(cookies: [("sid", "~ [a-c]+")]),
        ])
        #expect(Request(headers: headers, cookies: cookies).match(routes) == found)
    }

    @Test(
        "Query parameters are compared without escapes; the first of a name counts",
        arguments: [
            ("q=a b", "q=a%20b", true), ("q=a b", "q=a+b", true), ("q=a b", "%71=a+b", true),
            ("q=1", "x=2&q=1", true), ("q=1", "q=2&q=1", false), ("q=1", "qq=1", false),
            ("q=1", "q=1&", true), ("q=", "q", true), ("q=", "q=", true), ("q=*", "q", true),
            ("q=*", "", false), ("q=", "", false), ("q=100%", "q=100%", true),
            ("q=~ [a-z]+", "q=%61bc", true), ("q=a=b", "q=a=b", true), ("q=1", "q=1;x=2", false),
            ("q=1", "&&q=1", true), ("q=%2", "q=%2", true), ("q=*é*", "q=x%C3%A9y", true),
        ])
    func query(condition: String, query: String, isMatch: Bool) throws {
        let parts = condition.split(
            separator: "=", maxSplits: 1, omittingEmptySubsequences: false
        ).map(String.init)
        let routes = try RouteSet([makeRule(query: [(parts[0], parts[1])])])
        #expect((Request(query: query).match(routes) != nil) == isMatch)
    }

    @Test("A query parameter that is too long only counts as present")
    func longQuery() throws {
        let present = try RouteSet([makeRule(query: [("q", "*")])])
        let some = try RouteSet([makeRule(query: [("q", "a*")])])
        for (length, letter, fits) in [
            (1_024, "a", true), (1_025, "a", false), (1_024, "%61", true), (1_025, "%61", false),
            (8_000, "a", false), (8_000, "+", false),
        ] {
            let request = Request(query: "q=a" + String(repeating: letter, count: length - 1))
            #expect(request.match(present) == 0)
            #expect((request.match(some) != nil) == fits)
        }
    }

    @Test("Client networks are one condition of several")
    func networks() throws {
        let routes = try RouteSet([
            makeRule(path: "/admin", networks: ["10.0.0.0/8", "2001:db8::/32"])
        ])
        for (client, found) in [
            ("10.1.2.3", 0), ("::ffff:10.1.2.3", 0), ("2001:db8::1", 0), ("192.0.2.1", nil),
        ] as [(String, Int?)] {
            let address = try #require(IPAddress(client))
            #expect(Request(path: "/admin/x", client: address).match(routes) == found)
        }
    }

    @Test("A set has limits")
    func limits() throws {
        let rule = try makeRule()
        #expect(throws: RouteSetError.tooManyRules) {
            try RouteSet(Array(repeating: rule, count: 10_001))
        }
        let expression = try makeRule(path: "~ /a.*")
        #expect(throws: RouteSetError.tooManyPathExpressions) {
            try RouteSet(Array(repeating: expression, count: 65))
        }
        let elsewhere = try makeRule(host: "a.com", path: "~ /a.*")
        #expect(throws: Never.self) {
            try RouteSet(
                Array(repeating: expression, count: 64) + Array(repeating: elsewhere, count: 64))
        }
        let heavy = try (0..<26).map {
            try makeRule(headers: [("a", "~ \($0)?(a|b)*a(a|b){12}")])
        }
        #expect(throws: RouteSetError.expressionsTooLarge) { try RouteSet(heavy) }
        #expect(throws: Never.self) { try RouteSet(Array(repeating: heavy[0], count: 5_000)) }
    }

    @Test("Ten thousand rules of ten hosts each find their own")
    func manyRules() throws {
        let rules = try (0..<10_000).map {
            try makeRule(host: "www\($0 % 10).example.com", path: "/service/\($0)/*")
        }
        let routes = try RouteSet(rules)
        for index in stride(from: 0, to: 10_000, by: 7) {
            let request = Request(
                host: "www\(index % 10).example.com", path: "/service/\(index)/a/b")
            #expect(request.match(routes) == index)
            let other = Request(
                host: "www\((index + 1) % 10).example.com", path: "/service/\(index)/a/b")
            #expect(other.match(routes) == nil)
        }
    }

    @Test("Any bytes are answered without a trap", arguments: 0..<50)
    func anyBytes(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var maker = RandomRoutes(crowd: 40)
        let routes = try RouteSet((0..<40).map { _ in try maker.rule(&random) })
        let alphabet = bytes("/.%;\\2eEfF5cC0:[]*?&=+aA~\u{0}é ")
        func any() -> String {
            let count = Int.random(in: 0..<24, using: &random)
            return String(
                decoding: (0..<count).map { _ in
                    alphabet[Int.random(in: 0..<alphabet.count, using: &random)]
                }, as: UTF8.self)
        }
        for _ in 0..<500 {
            let request = Request(host: any(), method: any(), path: "/" + any(), query: any())
            _ = request.match(routes)
            let choice = request.choose(routes, scratch: Int.random(in: 0..<80, using: &random))
            if case .rule(let index) = choice { #expect(request.match(routes) == index) }
        }
    }
}
