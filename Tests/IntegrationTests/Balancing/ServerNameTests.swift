import Testing

/// TLS connections that are passed through unopened, and go where the name in them says.
@Suite("Balancing: TLS server names", .bounded)
struct ServerNameTests {
    /// A backend that reads the beginning of what comes and says goodbye.
    private func startListener(_ stage: Stage) throws -> TestBackend {
        try stage.startBackend { connection in
            _ = try connection.read(5)
            connection.close()
        }
    }

    @Test("The same name goes to the same backend on every node, different names to all")
    func serverNames() async throws {
        try await Stage.run { stage in
            let backends = try (0..<3).map { _ in try startListener(stage) }
            let plan = NodePlan(
                workers: 2,
                listeners: [
                    NodePlan.Listener(endpoint: try .fresh(), transport: "tls-passthrough")
                ],
                pools: [
                    NodePlan.Pool(
                        balance: "{ algorithm: consistent-hash, hash-on: sni }",
                        backends: backends.map(\.endpoint))
                ])
            let node = try await stage.startNode(plan)
            var elsewhere = plan
            elsewhere.listeners[0].endpoint = try .fresh()
            let other = try await stage.startNode(elsewhere)
            /// Which backend gets the ClientHello of curl for that name.
            func home(_ name: String, _ endpoint: Endpoint) async throws -> Int {
                let before = backends.map(\.connections.count)
                _ = try await stage.curl(
                    "--insecure", "--max-time", "5", "--connect-to", "\(name):443:\(endpoint)",
                    "https://\(name)/")
                let after = backends.map(\.connections.count)
                let changed = backends.indices.filter { after[$0] != before[$0] }
                let home = try #require(changed.first)
                #expect(changed.count == 1 && after[home] == before[home] + 1)
                let hello = try #require(backends[home].connections.last).received
                #expect(hello.text.contains(name))
                return home
            }
            var homes: [Int] = []
            for number in 0..<12 {
                let name = "site-\(number).example"
                let first = try await home(name, node.endpoint)
                #expect(try await home(name, node.endpoint) == first)
                #expect(try await home(name, other.endpoint) == first)
                homes.append(first)
            }
            // All 12 on one of three: once in 170,000 runs.
            #expect(Set(homes).count >= 2)
        }
    }
}
