import Testing

/// Weights, and who takes traffic at all, counted over real requests.
@Suite("Balancing: turns", .bounded)
struct TurnTests {
    @Test("Of weights 3 and 1 the backends get three quarters and one, however many workers")
    func weights() async throws {
        try await Stage.run { stage in
            let backends = try stage.startRecorders("A", "B")
            let plan = try NodePlan.http(
                to: backends, workers: 2, options: [backends[0].endpoint: "weight: 3"])
            let node = try await stage.startNode(plan)
            let smooth = try await node.endpoint.names(40)
            // Interleaved: in any four in a row there is exactly one B.
            for start in 0...(smooth.count - 4) {
                #expect(smooth[start..<(start + 4)].tally == ["A": 3, "B": 1])
            }
            var all = smooth
            for _ in 0..<9 { all += try await node.endpoint.names(40) }
            // Each worker is at most one off in its turns.
            let share = all.tally["A", default: 0]
            #expect(abs(share - 300) <= 2, "\(all.tally)")
        }
    }

    @Test("Weighted blocks give A A A B B C, again and again")
    func blocks() async throws {
        try await Stage.run { stage in
            let backends = try stage.startRecorders("A", "B", "C")
            let node = try await stage.startNode(
                .http(
                    to: backends, balance: "weighted-blocks",
                    options: [
                        backends[0].endpoint: "weight: 3", backends[1].endpoint: "weight: 2",
                    ]))
            let names = try await node.endpoint.names(24)
            let start = try #require(names.firstIndex(of: "C")) + 1
            #expect(names[start...].prefix(18).joined() == "AAABBCAAABBCAAABBC")
        }
    }

    @Test(
        "A backend with weight 0 gets nothing",
        arguments: [
            "round-robin", "weighted-blocks", "least-connections", "ip-hash", "consistent-hash",
            "least-response-time", "random", "power-of-two",
        ])
    func weightZero(balance: String) async throws {
        try await Stage.run { stage in
            let backends = try stage.startRecorders("A", "B")
            let node = try await stage.startNode(
                .http(
                    to: backends, balance: balance,
                    options: [backends[1].endpoint: "weight: 0"]))
            #expect(try await node.endpoint.names(30).tally == ["A": 30])
        }
    }

    @Test("A backup serves only while no primary is up")
    func backup() async throws {
        try await Stage.run { stage in
            let backends = try stage.startRecorders("A", "B", "spare")
            let node = try await stage.startNode(
                .http(
                    to: backends, health: NodePlan.quickCheck,
                    options: [backends[2].endpoint: "backup: true"]))
            func waitFor(_ statuses: [String]) async throws {
                for (backend, status) in zip(backends, statuses) {
                    try await node.waitUntil(backend.endpoint, is: status)
                }
            }
            let client = try await RawClient.connect(to: node.endpoint)
            func names() async throws -> [String: Int] { try await client.names(10).tally }
            try await waitFor(["up", "up", "up"])
            #expect(try await names() == ["A": 5, "B": 5])
            backends[0].checks = .fails(503)
            try await waitFor(["down", "up", "up"])
            try await until("B serves alone") { try await names() == ["B": 10] }
            backends[1].checks = .fails(503)
            try await waitFor(["down", "down", "up"])
            try await until("the spare serves") { try await names() == ["spare": 10] }
            backends[0].checks = .answers
            try await until("A serves alone") { try await names() == ["A": 10] }
        }
    }
}
