import Testing

@testable import Routing

/// The order of the Kubernetes Gateway API, criterion by criterion: of each pair the first wins,
/// whichever stands first in the configuration.
struct PrecedenceTests {
    private static func pairs() throws -> [(String, RouteRule, RouteRule)] {
        [
            (
                "explicit priority over an exact host and path",
                try makeRule(priority: 1), try makeRule(host: "a.example.com", path: "= /api/v1")
            ),
            (
                "negative priority comes last",
                try makeRule(), try makeRule(host: "a.example.com", path: "= /api/v1", priority: -1)
            ),
            (
                "an exact host over a wildcard, whatever the path",
                try makeRule(host: "a.example.com"),
                try makeRule(host: "*.example.com", path: "= /api/v1")
            ),
            (
                "the longer wildcard",
                try makeRule(host: "*.example.com"), try makeRule(host: "*.com", path: "= /api/v1")
            ),
            (
                "a wildcard over any host",
                try makeRule(host: "*.com"), try makeRule(host: "*", path: "= /api/v1")
            ),
            (
                "an exact path over an expression",
                try makeRule(path: "= /api/v1"), try makeRule(path: "~ /api/.*", methods: ["GET"])
            ),
            (
                "an expression over a prefix",
                try makeRule(path: "~ /.*"), try makeRule(path: "/api/v1/*", methods: ["GET"])
            ),
            (
                "the longer prefix",
                try makeRule(path: "/api/v1"), try makeRule(path: "/api", methods: ["GET"])
            ),
            ("a prefix over none", try makeRule(path: "/api"), try makeRule(methods: ["GET"])),
            (
                "a method over headers",
                try makeRule(methods: ["GET"]), try makeRule(headers: [("a", "*"), ("b", "*")])
            ),
            (
                "more headers",
                try makeRule(headers: [("a", "*"), ("b", "*")]),
                try makeRule(headers: [("a", "*")], query: [("q", "*")])
            ),
            (
                "headers over query", try makeRule(headers: [("a", "*")]),
                try makeRule(query: [("q", "*"), ("r", "*")])
            ),
            (
                "more query parameters",
                try makeRule(query: [("q", "*"), ("r", "*")]),
                try makeRule(query: [("q", "*")], cookies: [("c", "*")])
            ),
            (
                "query over cookies", try makeRule(query: [("q", "*")]),
                try makeRule(cookies: [("c", "*")])
            ),
            (
                "cookies over networks", try makeRule(cookies: [("c", "*")]),
                try makeRule(networks: ["192.0.2.0/24"])
            ),
            ("a network over nothing", try makeRule(networks: ["192.0.2.0/24"]), try makeRule()),
        ]
    }

    @Test("The more specific of two rules wins in either order")
    func pairwise() throws {
        let request = Request(
            host: "a.example.com", path: "/api/v1", query: "q=1&r=2",
            headers: [("A", "1"), ("B", "2")], cookies: [("c", "3")])
        for (name, first, second) in try Self.pairs() {
            #expect(request.match(try RouteSet([first, second])) == 0, "\(name)")
            #expect(request.match(try RouteSet([second, first])) == 1, "\(name)")
            #expect(request.match(try RouteSet([second])) == 0, "the other matches: \(name)")
        }
    }

    @Test("Of equal rules the first in the configuration wins")
    func ties() throws {
        let request = Request(path: "/api/v1")
        for text in [nil, "/", "= /api/v1", "~ /api/.*", "/api/*"] {
            let rule = try makeRule(path: text)
            #expect(request.match(try RouteSet([rule, rule])) == 0)
        }
        #expect(
            request.match(try RouteSet([makeRule(path: "~ /a.*"), makeRule(path: "~ /api/v1")]))
                == 0)
        #expect(request.match(try RouteSet([makeRule(), makeRule(path: "/")])) == 0)
        #expect(request.match(try RouteSet([makeRule(path: "/"), makeRule()])) == 0)
    }

    @Test("A rule whose other conditions fail leaves the request to the next")
    func fallingThrough() throws {
        let routes = try RouteSet([
            makeRule(host: "example.com", path: "= /api/v1", methods: ["POST"]),
            makeRule(host: "example.com", path: "/api", headers: [("x", "1")]),
            makeRule(host: "*.com", path: "/api/v1"), makeRule(),
        ])
        #expect(Request(path: "/api/v1").match(routes) == 2)
        #expect(Request(method: "POST", path: "/api/v1").match(routes) == 0)
        #expect(Request(path: "/api/v1", headers: [("X", "1")]).match(routes) == 1)
        #expect(Request(path: "/other").match(routes) == 3)
    }
}
