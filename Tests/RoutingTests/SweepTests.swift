import Primitives
import Testing

@testable import Routing

struct SweepTests {
    @Test(
        "Random rules and requests: the lookup finds what trying everything finds",
        arguments: 0..<100)
    func sameAsNaive(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var maker = RandomRoutes(crowd: [3, 12, 60, 300][Int(seed % 4)])
        let rules = try (0..<maker.crowd).map { _ in try maker.rule(&random) }
        let routes = try RouteSet(rules)
        let naive = NaiveMatcher(rules: rules)
        for _ in 0..<1_000 {
            let request = maker.request(&random)
            let expected = naive.match(request)
            #expect(request.match(routes) == expected, "\(request)")
        }
    }

    @Test("Whatever is let through leads to one rule in every reading", arguments: 0..<50)
    func readings(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var maker = RandomRoutes(crowd: 20)
        let rules = try (0..<20).map { _ in try maker.rule(&random) }
        let routes = try RouteSet(rules)
        let naive = NaiveMatcher(rules: rules)
        let pieces = ["/", "//", "%2F", "%5c", "\\", ";x", "api", "v1", "%61", "a", "users"]
        for _ in 0..<200 {
            var request = maker.request(&random)
            request.path =
                "/"
                + (0..<Int.random(in: 0..<6, using: &random)).map { _ in one(pieces, &random) }
                .joined()
            guard case .variant(let all) = PathReading.verdict(on: bytes(request.path).span) else {
                continue
            }
            let found = Set(
                all.combinations.map { reading in
                    var read = request
                    read.path = reading.text(of: bytes(request.path).span)
                    return naive.match(read)
                })
            switch request.choose(routes) {
            case .ruleForNormalPath(let index, _): #expect(found == [index], "\(request)")
            case .none: #expect(found == [nil], "\(request)")
            case .refused(let refusal):
                #expect(refusal == .ambiguous && found.count > 1, "\(request)")
            case .rule: Issue.record("a variant was taken for plain: \(request)")
            }
        }
    }

    @Test("The sweep's requests meet many different rules")
    func variety() throws {
        let winners = try (0..<UInt64(100)).map { seed in
            var random = SeededRandom(seed: seed)
            var maker = RandomRoutes(crowd: 60)
            let naive = NaiveMatcher(rules: try (0..<60).map { _ in try maker.rule(&random) })
            return Set((0..<100).map { _ in naive.match(maker.request(&random)) }).count
        }
        #expect(winners.sorted()[50] >= 5)
    }
}

/// Rules and requests from so small a vocabulary that they often meet.
struct RandomRoutes {
    let crowd: Int
    private let labels = ["a", "b", "com", "Example", "x-1", "more-than-sixteen-Bytes-x"]
    private let segments = [
        "api", "v1", "users", "a", "", "apix", "%20", "x.y", "eight-by", "sixteen-bytes-xx",
        "more-than-sixteen-bytes-x",
        "more-than-sixteen-bytes-y", "more-than-sixteen-bytes-x-and-24",
    ]
    private let values = ["1", "mobile", "Mozilla Mobile Safari", "", "a+b", "abcabc"]
    private let patterns = [
        "*", "1", "*obile*", "~ [a-z]+", "~ .*Mob.*", "", "a*c", "~ (abc)*", "m*", "a b",
    ]
    private let expressions = [
        "~ /api/.*", "~ /(a|api)/v[0-9]+", "~ /[^/]*", "~ .*users", "~ /a(/a)*", "~ /.*/.*/?",
    ]
    private let names = ["a", "b", "x-y"]

    init(crowd: Int) {
        self.crowd = crowd
    }

    mutating func rule(_ random: inout SeededRandom) throws -> RouteRule {
        let isPlain = Int.random(in: 0..<3, using: &random) == 0
        func some<Value>(_ make: (inout SeededRandom) -> Value) -> [Value] {
            guard !isPlain, Int.random(in: 0..<4, using: &random) == 0 else { return [] }
            return (0...Int.random(in: 0..<2, using: &random)).map { _ in make(&random) }
        }
        let methods = some { one(["GET", "POST", "PURGE"], &$0) }
        let headers = some { (one(names, &$0), one(patterns, &$0)) }
        let query = some { (one(names, &$0), one(patterns, &$0)) }
        let cookies = some { (one(names, &$0), one(patterns, &$0)) }
        let networks = some { one(["192.0.2.0/25", "192.0.0.0/8", "2001:db8::/32"], &$0) }
        return try makeRule(
            host: host(&random), path: path(&random), methods: methods, headers: headers,
            query: query, cookies: cookies, networks: networks,
            priority: one([0, 0, 0, 0, 1, -1], &random))
    }

    private func host(_ random: inout SeededRandom) -> String? {
        let name = (0...Int.random(in: 0..<3, using: &random)).map { _ in one(labels, &random) }
            .joined(separator: ".")
        return one([nil, "*", name, name, "*." + name], &random)
    }

    private func path(_ random: inout SeededRandom) -> String? {
        let plain = segments.filter { !$0.isEmpty }
        let path = (0..<Int.random(in: 0..<4, using: &random)).map { _ in "/" + one(plain, &random)
        }
        .joined()
        let end = one(["", "/"], &random)
        switch Int.random(in: 0..<8, using: &random) {
        case 0: return nil
        case 1...3: return path + "/*"
        case 4: return path.isEmpty ? "/" : path
        case 5, 6: return "= " + (path.isEmpty ? "/" : path + end)
        default: return one(expressions, &random)
        }
    }

    mutating func request(_ random: inout SeededRandom) -> Request {
        var request = Request()
        request.host =
            (0..<Int.random(in: 0..<5, using: &random)).map { _ in
                one(
                    labels + ["A", "MORE-than-sixteen-bytes-X", "more-than-sixteen-bytes-y"],
                    &random)
            }.joined(separator: ".") + one(["", ":80", ".", ""], &random)
        request.method = one(["GET", "POST", "get", "PURGE"], &random)
        request.path =
            (0..<Int.random(in: 0..<5, using: &random)).map { _ in "/" + one(segments, &random) }
            .joined()
        if request.path.isEmpty { request.path = one(["/", "*", ""], &random) }
        request.query = (0..<Int.random(in: 0..<3, using: &random)).map { _ in
            one(names + ["%61"], &random) + one(["", "=", "=1", "=a%20b", "=mobile"], &random)
        }.joined(separator: "&")
        for _ in 0..<Int.random(in: 0..<4, using: &random) {
            request.headers.append((one(names + ["A"], &random), one(values, &random)))
            request.cookies.append((one(names, &random), one(values, &random)))
        }
        request.client = IPAddress(ipv4: one([0xC000_0201, 0xC000_02FF, 0x0A00_0001], &random))
        return request
    }
}

private func one<Value>(_ values: [Value], _ random: inout SeededRandom) -> Value {
    values[Int.random(in: 0..<values.count, using: &random)]
}
