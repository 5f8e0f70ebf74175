import Primitives
import Testing

@testable import Routing

struct ExplanationTests {
    @Test("The rules before the chosen one are told with what they miss")
    func reasons() throws {
        let routes = try RouteSet([
            makeRule(),
            makeRule(host: "other.com", path: "= /api/v1"),
            makeRule(host: "example.com", path: "= /api/v2"),
            makeRule(host: "example.com", path: "/api", methods: ["POST"]),
            makeRule(path: "/api", headers: [("X-Up", "1")]),
            makeRule(path: "/api", query: [("q", "*")]),
            makeRule(path: "/api", cookies: [("sid", "*")]),
            makeRule(path: "/api", networks: ["10.0.0.0/8"]),
            makeRule(path: "/api"),
        ])
        let told = explain(Request(path: "/api/v1", headers: [("x-up", "2")]), routes)
        #expect(told.choice == .rule(8))
        #expect(told.otherHosts == 1)
        #expect(told.omitted == 0)
        #expect(
            told.rejected == [
                RejectedRule(rule: 2, reason: .path), RejectedRule(rule: 3, reason: .method),
                RejectedRule(rule: 4, reason: .header("x-up")),
                RejectedRule(rule: 5, reason: .query("q")),
                RejectedRule(rule: 6, reason: .cookie("sid")),
                RejectedRule(rule: 7, reason: .network),
            ])
    }

    @Test("An ambiguous path is told in each of its readings")
    func readings() throws {
        let routes = try RouteSet([makeRule(path: "/admin"), makeRule()])
        let told = explain(Request(path: "//admin"), routes)
        #expect(told.choice == .refused(.ambiguous))
        #expect(
            told.readings == [
                ReadRule(path: "//admin", rule: 1), ReadRule(path: "/admin", rule: 0),
            ])
        let fine = explain(Request(path: "/%61dmin"), routes)
        #expect(fine.choice == .ruleForNormalPath(0, pathBytes: 6))
        #expect(fine.path == "/admin")
        #expect(fine.readings.isEmpty)
    }

    @Test("Long lists are cut, and the rest is counted")
    func omitted() throws {
        let rules = try (0..<150).map { try makeRule(path: "= /\($0)") } + [makeRule()]
        let told = explain(Request(path: "/x"), try RouteSet(rules))
        #expect(told.choice == .rule(150))
        #expect(told.rejected.count == 100)
        #expect(told.omitted == 50)
    }

    @Test(
        "Every rule before the chosen one has a reason, and the chosen one has none",
        arguments: 0..<20)
    func complete(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var maker = RandomRoutes(crowd: 30)
        let routes = try RouteSet((0..<30).map { _ in try maker.rule(&random) })
        for _ in 0..<20 {
            let request = maker.request(&random)
            let told = explain(request, routes)
            let found: Int? =
                switch told.choice {
                case .rule(let index), .ruleForNormalPath(let index, _): index
                case .none, .refused: nil
                }
            #expect(told.choice == request.choose(routes))
            if case .refused = told.choice {
                #expect(told.rejected.isEmpty)
                continue
            }
            let before = routes.order.prefix { $0 != found }.count
            #expect(told.rejected.count + told.otherHosts == before, "\(request)")
        }
    }

    private func explain(_ request: Request, _ routes: RouteSet) -> RouteExplanation {
        routes.explain(
            host: bytes(request.host).span, method: bytes(request.method).span,
            path: bytes(request.path).span, query: bytes(request.query).span,
            client: request.client, fields: request.fields)
    }
}
