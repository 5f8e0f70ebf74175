import Testing

/// Choices by chance and by load.
@Suite("Balancing: chance and load", .bounded)
struct LoadTests {
    @Test(
        "Random choices spread over all",
        arguments: [("random", 2), ("power-of-two", 1)])
    func chance(balance: String, weight: Int) async throws {
        try await Stage.run { stage in
            let backends = try stage.startRecorders("A", "B", "C")
            let node = try await stage.startNode(
                .http(
                    to: backends, balance: balance, workers: 2,
                    options: [backends[0].endpoint: "weight: \(weight)"]))
            var names: [String] = []
            for _ in 0..<8 { names += try await node.endpoint.names(50) }
            // Five standard deviations of a binomial distribution.
            for (name, share) in [("A", weight), ("B", 1), ("C", 1)] {
                let part = Double(share) / Double(weight + 2)
                let count = Double(names.tally[name, default: 0])
                let bound = 5 * (400 * part * (1 - part)).squareRoot()
                #expect(abs(count - 400 * part) <= bound, "\(names.tally)")
            }
            // By chance: nothing that repeats, as turns would.
            let turns = zip(names, names.dropFirst(3)).count { $0 == $1 }
            #expect(turns < 250, "every third is the same \(turns) times of 397")
        }
    }

    @Test("least-connections goes by what all nodes have open, not one")
    func leastConnections() async throws {
        try await Stage.run { stage in
            let backends = try stage.startRecorders("A", "B", "C")
            let nodes = try await stage.startNodes(
                2, .http(to: backends, balance: "least-connections"))
            backends.forEach { $0.traffic = .holds }
            let clients = try await hold(12, at: nodes[0].endpoint)
            try await until("four are held by each") { backends.allSatisfy { $0.inHand == 4 } }
            backends.forEach { $0.traffic = .answers }
            let other = try await RawClient.connect(to: nodes[1].endpoint)
            try await until("the second node sees all alike") {
                try await other.names(30).tally == ["A": 10, "B": 10, "C": 10]
            }
            // The second node has nothing open itself: alone it would go on like that.
            backends[0].letGo()
            try await until("the second node takes the idle one") {
                try await other.names(30).tally == ["A": 30]
            }
            backends.forEach { $0.letGo() }
            try await until("the second node sees all alike again") {
                try await other.names(30).tally == ["A": 10, "B": 10, "C": 10]
            }
            for client in clients { #expect(try await client.readResponse().status == 200) }
        }
    }

    /// Clients whose requests are under way.
    private func hold(_ count: Int, at endpoint: Endpoint) async throws -> [RawClient] {
        var clients: [RawClient] = []
        for _ in 0..<count {
            let client = try await RawClient.connect(to: endpoint)
            try await client.send(RawClient.get())
            clients.append(client)
        }
        return clients
    }

    @Test("least-response-time prefers the quick backend, and notices when it becomes slow")
    func leastResponseTime() async throws {
        try await Stage.run { stage in
            let (quick, slow) = (try stage.startRecorder("quick"), try stage.startRecorder("slow"))
            slow.traffic = .answersAfter(.milliseconds(40))
            let node = try await stage.startNode(
                .http(to: [quick, slow], balance: "least-response-time"))
            let client = try await RawClient.connect(to: node.endpoint)
            _ = try await client.names(10)
            #expect(try await client.names(60).tally["quick", default: 0] >= 50)
            (quick.traffic, slow.traffic) = (.answersAfter(.milliseconds(80)), .answers)
            _ = try await client.names(10)
            #expect(try await client.names(60).tally["slow", default: 0] >= 45)
        }
    }
}
