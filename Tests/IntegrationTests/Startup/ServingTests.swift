import Testing

/// Nodes with many listeners and pools.
@Suite("Startup: serving", .bounded)
struct ServingTests {
    @Test("Seventy listeners, each with a pool of its own, and one with six hundred backends")
    func many() async throws {
        try await Stage.run { stage in
            let backends = try (0..<7).map { try stage.startBackend(saying: "backend \($0)") }
            var plan = try NodePlan.http(to: [backends[0].endpoint], workers: 3)
            plan.listeners = []
            plan.pools = []
            for number in 0..<70 {
                plan.listeners.append(.init(endpoint: try .fresh(), pool: "pool-\(number)"))
                plan.pools.append(
                    .init(name: "pool-\(number)", backends: [backends[number % 7].endpoint]))
            }
            let crowd = (0..<600).map { number in
                Endpoint(host: "127.9.\(number / 200).\(1 + number % 200)", port: 9)
            }
            plan.pools.append(.init(name: "crowd", backends: crowd + [backends[0].endpoint]))
            plan.listeners.append(.init(endpoint: try .fresh(), pool: "crowd"))
            let node = try await stage.startNode(plan)
            for (number, listener) in plan.listeners.prefix(70).enumerated() {
                for _ in 0..<3 {
                    let client = try await RawClient.connect(to: listener.endpoint)
                    let answer = try await client.ask("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                    #expect(answer.text == "backend \(number % 7)")
                }
            }
            let client = try await RawClient.connect(to: plan.listeners[70].endpoint)
            let answer = try await client.ask("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(answer.status == 502 || answer.status == 200)
            let status = try await node.status()
            #expect(status.pools.last?.backends.count == 601)
            #expect(status.workers.count == 3)
        }
    }
}
