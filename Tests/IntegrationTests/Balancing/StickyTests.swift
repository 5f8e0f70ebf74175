import Foundation
import Testing

/// Cookies that tie clients to backends, with curl as the client.
@Suite("Balancing: sticky cookies", .bounded)
struct StickyTests {
    /// An answer as `curl --include` shows it.
    private struct Answer {
        let status: Int
        let fields: [(name: String, value: String)]
        let body: String

        func values(_ name: String) -> [String] {
            fields.filter { $0.name == name.lowercased() }.map(\.value)
        }

        /// The cookies that it sets.
        var cookies: [String] { values("set-cookie") }
    }

    private func ask(
        _ stage: Stage, _ endpoint: Endpoint, path: String = "/", _ arguments: String...
    ) async throws -> Answer {
        let result = try await stage.run(
            "curl",
            ["--silent", "--show-error", "--include"] + arguments + ["http://\(endpoint)\(path)"])
        guard result.status == 0,
            let end = result.output.firstRange(of: "\r\n\r\n")
        else { throw Failure("curl: \(result.error)\(result.output)") }
        let lines = result.output[..<end.lowerBound].split(separator: "\r\n")
        let status = try #require(lines.first.flatMap { Int($0.dropFirst(9).prefix(3)) })
        let fields = lines.dropFirst().map { line in
            let colon = line.firstIndex(of: ":") ?? line.endIndex
            return (
                line[..<colon].lowercased(),
                line[colon...].dropFirst().trimmingCharacters(in: .whitespaces)
            )
        }
        return Answer(
            status: status, fields: fields, body: String(result.output[end.upperBound...]))
    }

    /// The name and value of a cookie that is set, without its attributes.
    private func pair(_ cookie: String?) throws -> String {
        String(try #require(cookie?.split(separator: ";").first))
    }

    @Test("The cookie is set once, with its attributes, and kept from the backend")
    func insertion() async throws {
        try await Stage.run { stage in
            let backends = try stage.startRecorders("A", "B", "C")
            let node = try await stage.startNode(
                .http(to: backends, settings: ["sticky: { cookie: LB_SESSION, ttl: 1h }"]))
            let jar = stage.freshPath("jar")
            let first = try await ask(
                stage, node.endpoint, "--cookie-jar", jar, "--cookie", "theirs=1")
            #expect(first.status == 200)
            #expect(first.cookies.count == 1)
            let attributes = try #require(first.cookies.first).split(separator: ";").dropFirst()
                .map { $0.trimmingCharacters(in: .whitespaces) }
            #expect(attributes == ["Path=/", "Max-Age=3600", "HttpOnly", "SameSite=Lax"])
            #expect(first.values("cache-control") == ["private"])
            // Nothing of the backend shows.
            let token = try pair(first.cookies.first).dropFirst("LB_SESSION=".count)
            let port = "\(try #require(backends.first { $0.name == first.body }).endpoint.port)"
            #expect(token.wholeMatch(of: /[A-Za-z0-9_-]{22}/) != nil)
            #expect(!token.contains(port))

            for _ in 0..<8 {
                let again = try await ask(
                    stage, node.endpoint, "--cookie", jar, "--cookie", "theirs=1")
                #expect(again.body == first.body)
                #expect(again.cookies.isEmpty)
                #expect(again.values("cache-control").isEmpty)
            }
            let own = try #require(backends.first { $0.name == first.body })
            #expect(own.requestCount == 9)
            for request in own.requests {
                #expect(!request.head.contains("LB_SESSION"), "\(request.head)")
            }
            #expect(own.requests.first?.values("cookie") == ["theirs=1"])
        }
    }

    @Test("Every attribute can be chosen, and the cookie shown to the backend")
    func attributes() async throws {
        try await Stage.run { stage in
            let backends = try stage.startRecorders("A", "B")
            let sticky = """
                sticky: { cookie: S, path: /shop, domain: example.com, http-only: false, \
                secure: "true", same-site: none, indirect: false, nocache: false }
                """
            let node = try await stage.startNode(.http(to: backends, settings: [sticky]))
            let first = try await ask(stage, node.endpoint)
            let cookie = try #require(first.cookies.first)
            let attributes = cookie.split(separator: ";").dropFirst()
                .map { $0.trimmingCharacters(in: .whitespaces) }
            #expect(
                Set(attributes) == ["Path=/shop", "Domain=example.com", "Secure", "SameSite=None"])
            #expect(first.values("cache-control").isEmpty)
            let again = try await ask(stage, node.endpoint, "--cookie", try pair(cookie))
            #expect(again.body == first.body)
            let own = try #require(backends.first { $0.name == first.body })
            #expect(own.requests.last?.values("cookie") == [try pair(cookie)])
        }
    }

    @Test("A cookie from one node counts at the others, which share nothing but a key")
    func cluster() async throws {
        try await Stage.run { stage in
            let backends = try stage.startRecorders("A", "B", "C")
            let nodes = try await stage.startNodes(
                3,
                .http(
                    to: backends, health: NodePlan.quickCheck,
                    settings: ["sticky: { cookie: LB_SESSION }"]))
            var issued: [String: String] = [:]
            for node in nodes + nodes {
                let answer = try await ask(stage, node.endpoint)
                let cookie = try pair(answer.cookies.first)
                // One backend, one token, from whatever node.
                #expect(issued.updateValue(cookie, forKey: answer.body) ?? cookie == cookie)
                for other in nodes {
                    for _ in 0..<3 {
                        let again = try await ask(stage, other.endpoint, "--cookie", cookie)
                        #expect(again.body == answer.body)
                        #expect(again.cookies.isEmpty)
                    }
                }
            }
            // A dead backend's clients get another, and that one's cookie, on every node.
            let dead = try #require(issued.keys.sorted().first)
            let cookie = try #require(issued[dead])
            let lost = try #require(backends.first { $0.name == dead })
            lost.checks = .fails(503)
            for node in nodes { try await node.waitUntil(lost.endpoint, is: "down") }
            for node in nodes {
                let moved = try await awaited("the client is moved") {
                    let moved = try await ask(stage, node.endpoint, "--cookie", cookie)
                    return moved.body == dead ? nil : moved
                }
                let fresh = try pair(moved.cookies.first)
                #expect(moved.cookies.count == 1)
                #expect(fresh != cookie)
                #expect(issued[moved.body] ?? fresh == fresh)
                let again = try await ask(stage, nodes[0].endpoint, "--cookie", fresh)
                #expect(again.body == moved.body && again.cookies.isEmpty)
            }
        }
    }

    @Test("A backend that refuses connections loses its client on the very request")
    func refusing() async throws {
        try await Stage.run { stage in
            let backends = try stage.startRecorders("A", "B")
            let node = try await stage.startNode(
                .http(to: backends, settings: ["sticky: {}"]))
            let first = try await ask(stage, node.endpoint)
            let cookie = try pair(first.cookies.first)
            try #require(backends.first { $0.name == first.body }).stop()
            let moved = try await ask(stage, node.endpoint, "--cookie", cookie)
            #expect(moved.status == 200)
            #expect(moved.body != first.body)
            #expect(try moved.cookies.count == 1 && pair(moved.cookies.first) != cookie)
        }
    }

    @Test("Forged, cut and doubled cookies count for nothing, and are replaced")
    func forgery() async throws {
        try await Stage.run { stage in
            let backends = try stage.startRecorders("A", "B", "C")
            let node = try await stage.startNode(
                .http(to: backends, settings: ["sticky: { cookie: LB_SESSION }"]))
            let real = try await ask(stage, node.endpoint)
            let token = try pair(real.cookies.first).dropFirst("LB_SESSION=".count)
            // Another key: what a stranger would compute who knows how it is done.
            let stranger = try await stage.startNode(
                .http(to: backends, settings: ["sticky: { cookie: LB_SESSION }"]))
            var foreign: [Substring] = []
            for _ in 0..<3 {
                let answer = try await ask(stage, stranger.endpoint)
                foreign.append(try pair(answer.cookies.first).dropFirst("LB_SESSION=".count)[...])
            }
            let flipped = (token.first == "A" ? "B" : "A") + token.dropFirst()
            let forged =
                foreign + [
                    token.dropLast(), token + "A", flipped[...], "", "A", "127.0.0.1:80",
                    String(repeating: "A", count: 22)[...], String(repeating: "%", count: 22)[...],
                    String(repeating: "x", count: 3_000)[...],
                ]
            for value in forged {
                var homes: Set<String> = []
                for _ in 0..<3 {
                    let answer = try await ask(
                        stage, node.endpoint, "--cookie", "LB_SESSION=\(value)")
                    #expect(answer.status == 200)
                    #expect(answer.cookies.count == 1, "\(value)")
                    homes.insert(answer.body)
                }
                // Three in a row go to three backends: no choice is made by what was forged.
                #expect(homes.count == 3, "\(value)")
            }
        }
    }

    @Test("In prefix mode the application's cookie carries the backend, and nobody sees it change")
    func prefix() async throws {
        try await Stage.run { stage in
            let backends = try stage.startRecorders("A", "B")
            let node = try await stage.startNode(
                .http(to: backends, settings: ["sticky: { mode: prefix, cookie: JSESSIONID }"]))
            // An application that sets no cookie gets none.
            let plain = try await ask(stage, node.endpoint)
            #expect(plain.cookies.isEmpty)
            backends.forEach { $0.fields = "Set-Cookie: JSESSIONID=app-\($0.name); Path=/app\r\n" }
            let first = try await ask(stage, node.endpoint)
            let cookie = try #require(first.cookies.first)
            #expect(first.cookies.count == 1)
            #expect(
                cookie.wholeMatch(
                    of: /JSESSIONID=[A-Za-z0-9_-]{22}~app-[AB]; Path=\/app/) != nil, "\(cookie)")
            for _ in 0..<4 {
                let again = try await ask(stage, node.endpoint, "--cookie", try pair(cookie))
                #expect(again.body == first.body)
            }
            let own = try #require(backends.first { $0.name == first.body })
            #expect(own.requests.last?.values("cookie") == ["JSESSIONID=app-\(own.name)"])
            // A cookie that the application made without us ties to nothing, and reaches it whole.
            var homes: Set<String> = []
            for _ in 0..<2 {
                homes.insert(
                    try await ask(stage, node.endpoint, "--cookie", "JSESSIONID=plain").body)
            }
            #expect(homes == ["A", "B"])
            #expect(own.requests.last?.values("cookie") == ["JSESSIONID=plain"])
        }
    }

    @Test("Stickiness by address needs no cookie")
    func address() async throws {
        try await Stage.run { stage in
            let backends = try stage.startRecorders("A", "B", "C")
            let node = try await stage.startNode(
                .http(to: backends, workers: 2, settings: ["sticky: { address: true }"]))
            var homes: Set<String> = []
            for number in 1...40 {
                let host = "127.8.\(number).1"
                let names = try await node.endpoint.names(2, from: host)
                #expect(Set(names + (try await node.endpoint.names(2, from: host))).count == 1)
                homes.formUnion(names)
            }
            #expect(homes == ["A", "B", "C"])
            #expect(try await ask(stage, node.endpoint).cookies.isEmpty)
        }
    }
}
