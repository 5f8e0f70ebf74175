import Testing

/// Backends that are judged by what becomes of real requests.
@Suite("Health: passive checks", .bounded)
struct PassiveTests {
    private static func passive(_ rules: String) -> [String] { ["passive: { \(rules) }"] }

    /// Clients that go on asking while `body` runs; what they were answered.
    private func asking(
        _ endpoint: Endpoint, _ body: () async throws -> Void
    ) async throws -> [String: Int] {
        let asker = Task {
            let client = try await RawClient.connect(to: endpoint)
            var tally: [String: Int] = [:]
            while !Task.isCancelled {
                for name in try await client.names(1) { tally[name, default: 0] += 1 }
                try? await Task.sleep(for: .milliseconds(5))
            }
            return tally
        }
        do {
            try await body()
        } catch {
            asker.cancel()
            throw error
        }
        asker.cancel()
        return try await asker.value
    }

    @Test("A backend that answers 500 is ejected, tried again, and ejected for longer each time")
    func serverErrors() async throws {
        try await Stage.run { stage in
            let backends = try stage.startRecorders("ill", "good")
            let ill = backends[0]
            ill.traffic = .fails(500)
            let node = try await stage.startNode(
                .http(
                    to: backends,
                    settings: Self.passive(
                        "consecutive-failures: 3, ejection: 1s, max-ejection: 10s")))
            func ejection() async throws -> NodeStatus.Backend {
                try await awaited("it is ejected") {
                    try await node.status().backend(ill.endpoint)
                        .flatMap { $0.ejectedForSeconds == nil ? nil : $0 }
                }
            }
            _ = try await asking(node.endpoint) {
                let first = try await ejection()
                #expect(try #require(first.ejectedForSeconds) <= 1)
                #expect(first.seenDownBy.map(\.node) == ["lb-1"])
                #expect(first.seenDownBy.first?.reason?.isEmpty == false)
                try await until("others serve alone") {
                    let before = ill.requestCount
                    let names = try await node.endpoint.names(20)
                    return names.tally == ["good": 20] && ill.requestCount == before
                }
                // On trial it fails once more, and waits twice as long.
                try await until("the second ejection is longer") {
                    try await node.status().backend(ill.endpoint)?.ejectedForSeconds ?? 0 > 1.3
                }
                try await until("the third is longer still") {
                    try await node.status().backend(ill.endpoint)?.ejectedForSeconds ?? 0 > 2.3
                }
                ill.traffic = .answers
                try await until("it is in service", within: .seconds(6)) {
                    let status = try await node.status().backend(ill.endpoint)
                    return status?.ejectedForSeconds == nil && status?.seenDownBy.isEmpty == true
                }
                let healed = ill.requestCount
                try await until("it serves") { ill.requestCount > healed + 20 }
                #expect(try await node.status().backend(ill.endpoint)?.ejectedForSeconds == nil)
            }
        }
    }

    @Test("One refused connection ejects, and no client notices")
    func refusal() async throws {
        try await Stage.run { stage in
            let backends = try stage.startRecorders("good", "gone")
            let gone = backends[1]
            let node = try await stage.startNode(
                .http(to: backends, settings: Self.passive("ejection: 2s")))
            let tally = try await asking(node.endpoint) {
                try await until("both serve") { gone.requestCount > 5 }
                gone.stop()
                let ejected = try await awaited("it is ejected") {
                    try await node.status().backend(gone.endpoint)
                        .flatMap { $0.ejectedForSeconds == nil ? nil : $0 }
                }
                #expect(ejected.seenDownBy.first?.reason?.contains("refused") == true)
                // Few were refused before: one, or what came until control looked.
                let failures = ejected.connectFailures
                _ = try await node.endpoint.names(50)
                let after = try await node.status().backend(gone.endpoint)
                #expect(after?.connectFailures ?? 0 <= failures + 1)
                let again = try stage.startRecorder("back", at: gone.endpoint)
                try await until("it serves again") { again.requestCount > 5 }
            }
            // A connection that breaks may cost the request that was on it, a refused one none.
            #expect(Set(tally.keys).subtracting(["good", "gone", "back"]).isEmpty, "\(tally)")
        }
    }

    @Test("However many fail, no more are ejected than the pool can spare")
    func cap() async throws {
        try await Stage.run { stage in
            let backends = try stage.startRecorders("A", "B", "C", "D")
            backends.forEach { $0.traffic = .fails(503) }
            let nodes = try await stage.startNodes(
                2,
                .http(
                    to: backends,
                    settings: Self.passive(
                        "consecutive-failures: 2, ejection: 20s, max-ejected: 50")))
            func ejected(_ node: SkeinNode) async throws -> Int {
                try await node.status().pools[0].backends.count { $0.ejectedForSeconds != nil }
            }
            _ = try await asking(nodes[0].endpoint) {
                _ = try await asking(nodes[1].endpoint) {
                    try await until("half of them are ejected") {
                        var all: Set<String> = []
                        for node in nodes {
                            let ejected = try await node.status().pools[0].backends
                                .filter { $0.ejectedForSeconds != nil }
                            all.formUnion(ejected.map(\.address))
                        }
                        return all.count >= 2
                    }
                    let deadline = Deadline(in: .seconds(2))
                    while !deadline.hasPassed {
                        for node in nodes { #expect(try await ejected(node) <= 2) }
                    }
                    // Those that are left go on getting requests.
                    let before = backends.map(\.requestCount)
                    try await until("at least two get requests") {
                        zip(backends, before).count { $0.requestCount > $1 } >= 2
                    }
                }
            }
        }
    }

    @Test("What one node's requests taught it, the others are told")
    func gossip() async throws {
        try await Stage.run { stage in
            let backends = try stage.startRecorders("good", "ill")
            let ill = backends[1]
            ill.traffic = .fails(500)
            let nodes = try await stage.startNodes(
                2,
                .http(
                    to: backends,
                    health:
                        "{ protocol: http, path: /health, interval: 1s, timeout: 500ms, verdict: any }",
                    settings: Self.passive("consecutive-failures: 3, ejection: 5s")))
            try await nodes.all("its checks are fine") {
                $0.backend(ill.endpoint)?.seenUpBy.count == 2
            }
            _ = try await asking(nodes[0].endpoint) {
                try await nodes.all("both know") {
                    $0.backend(ill.endpoint)?.seenDownBy.map(\.node) == ["lb-1"]
                }
                // Nobody asked through node 2 yet, and there is no need to find out again.
                let client = try await RawClient.connect(to: nodes[1].endpoint)
                try await until("the second node leaves it out") {
                    try await client.names(4).tally == ["good": 4]
                }
                #expect(try await client.names(20).tally == ["good": 20])
                #expect(try await nodes[1].status().backend(ill.endpoint)?.status == "down")
            }
        }
    }
}
