import Testing

/// What a backend may have at most, and who waits meanwhile.
@Suite("Balancing: limits", .bounded)
struct LimitTests {
    /// Sends so many requests at a time, each on a connection of its own, and reads the statuses.
    private func storm(_ count: Int, on endpoints: [Endpoint]) async throws -> [Int: Int] {
        try await withThrowingTaskGroup(of: Int.self) { tasks in
            for number in 0..<count {
                tasks.addTask {
                    let endpoint = endpoints[number % endpoints.count]
                    let client = try await RawClient.connect(to: endpoint)
                    try await client.send(RawClient.get())
                    return try await client.readResponse(within: .seconds(20)).status
                }
            }
            return try await tasks.reduce(into: [:]) { $0[$1, default: 0] += 1 }
        }
    }

    @Test(
        "max-connections is never exceeded, and whoever waits is answered in the end",
        arguments: [1, 2])
    func queue(workers: Int) async throws {
        try await Stage.run { stage in
            let backend = try stage.startRecorder("A", .answersAfter(.milliseconds(150)))
            let node = try await stage.startNode(
                .http(
                    to: [backend], workers: workers,
                    options: [backend.endpoint: "max-connections: 3"]))
            #expect(try await storm(10, on: [node.endpoint]) == [200: 10])
            // Two workers look at one count, and may both take the last place.
            #expect(backend.peak >= 3 && backend.peak <= 3 + workers - 1, "\(backend.peak)")
            #expect(backend.requestCount == 10)
        }
    }

    @Test("Those that wait take turns: the first to come is the first to be served")
    func order() async throws {
        try await Stage.run { stage in
            let backend = try stage.startRecorder("A", .holds)
            let node = try await stage.startNode(
                .http(to: [backend], options: [backend.endpoint: "max-connections: 1"]))
            var clients: [RawClient] = []
            for number in 0..<4 {
                let client = try await RawClient.connect(to: node.endpoint)
                try await client.send(RawClient.get("/\(number)"))
                clients.append(client)
                try await until("\(number) is held or waits") {
                    let waiting = try await node.status().pools[0].waiting
                    return backend.inHand == 1 && waiting == UInt64(number)
                }
            }
            backend.traffic = .answers
            backend.letGo()
            for client in clients { #expect(try await client.readResponse().status == 200) }
            #expect(backend.requests.map(\.target) == ["/0", "/1", "/2", "/3"])
        }
    }

    @Test("Whoever waits longer than the queue allows gets 503 with a reason")
    func timeout() async throws {
        try await Stage.run { stage in
            let backend = try stage.startRecorder("A", .holds)
            let node = try await stage.startNode(
                .http(
                    to: [backend], options: [backend.endpoint: "max-connections: 1"],
                    settings: ["queue: { timeout: 400ms }"]))
            let first = try await RawClient.connect(to: node.endpoint)
            try await first.send(RawClient.get())
            try await until("one is held") { backend.inHand == 1 }
            let second = try await RawClient.connect(to: node.endpoint)
            let (answer, time) = try await timed { try await second.ask(RawClient.get()) }
            #expect(answer.status == 503)
            #expect(!answer.text.isEmpty)
            #expect(time >= .milliseconds(400) && time < .milliseconds(1_500), "\(time)")
            backend.traffic = .answers
            backend.letGo()
            #expect(try await first.readResponse().status == 200)
            #expect(backend.requestCount == 1)
            // Nothing of it is left in the way.
            let client = try await RawClient.connect(to: node.endpoint)
            #expect(try await client.names(5).tally == ["A": 5])
        }
    }

    @Test("With a queue of size 0, and with a full one, the answer is 503 at once")
    func fullQueue() async throws {
        try await Stage.run { stage in
            let backend = try stage.startRecorder("A", .holds)
            for size in [0, 2] {
                let node = try await stage.startNode(
                    .http(
                        to: [backend], options: [backend.endpoint: "max-connections: 1"],
                        settings: ["queue: { size: \(size), timeout: 20s }"]))
                var clients: [RawClient] = []
                for _ in 0...size {
                    let client = try await RawClient.connect(to: node.endpoint)
                    try await client.send(RawClient.get())
                    clients.append(client)
                }
                try await until("one is held, the others wait") {
                    let waiting = try await node.status().pools[0].waiting
                    return backend.inHand == 1 && waiting == UInt64(size)
                }
                let late = try await RawClient.connect(to: node.endpoint)
                let (answer, time) = try await timed { try await late.ask(RawClient.get()) }
                #expect(answer.status == 503)
                #expect(time < .milliseconds(500), "\(time)")
                backend.traffic = .answers
                backend.letGo()
                for client in clients { #expect(try await client.readResponse().status == 200) }
                backend.traffic = .holds
            }
        }
    }

    @Test("Three nodes together keep to max-connections, and use all of it")
    func cluster() async throws {
        try await Stage.run(alone: true) { stage in
            let backend = try stage.startRecorder("A")
            let nodes = try await stage.startNodes(
                3,
                .http(
                    to: [backend], options: [backend.endpoint: "max-connections: 6"],
                    settings: ["queue: { timeout: 20s }"]))
            let endpoints = nodes.map(\.endpoint)
            // Clients everywhere, then at one node, which gets what the others do not use.
            for targets in [endpoints, [endpoints[0]]] {
                backend.traffic = .holds
                let held = Task { try await storm(12, on: targets) }
                try await until("six are in hand", within: .seconds(15)) { backend.inHand >= 6 }
                backend.traffic = .answersAfter(.milliseconds(50))
                backend.letGo()
                #expect(try await held.value == [200: 12])
                #expect(try await storm(60, on: targets) == [200: 60])
                // Claims are made before connections are: not one too many.
                #expect(backend.peak == 6)
            }
        }
    }

    @Test("At rest all of it is shared out, so that no node's first client has to wait")
    func rest() async throws {
        try await Stage.run { stage in
            let backend = try stage.startRecorder("A")
            let nodes = try await stage.startNodes(
                3, .http(to: [backend], options: [backend.endpoint: "max-connections: 6"]))
            var shares: [UInt64] = []
            do {
                try await until("all of it is shared out") {
                    shares = []
                    for node in nodes {
                        let backend = try await node.status().backend(backend.endpoint)
                        shares.append(backend?.share ?? 0)
                    }
                    return shares.reduce(0, +) == 6 && shares.allSatisfy { $0 > 0 }
                }
            } catch {
                throw Failure("\(error); it is \(shares)")
            }
        }
    }
}
