import Testing

/// What people and health make of a backend's share.
@Suite("Balancing: states", .bounded)
struct StateTests {
    @Test("A backend that came up gets its share little by little, one that was there at once")
    func slowStart() async throws {
        try await Stage.run { stage in
            let backends = try stage.startRecorders("A", "B")
            backends[1].checks = .fails(503)
            // One that takes longer than any machine is slow, and one that is soon over.
            let (slow, quick) = (
                try await stage.startNode(
                    .http(
                        to: backends, health: NodePlan.quickCheck, settings: ["slow-start: 100s"])),
                try await stage.startNode(
                    .http(to: backends, health: NodePlan.quickCheck, settings: ["slow-start: 1s"]))
            )
            for node in [slow, quick] {
                try await node.waitUntil(backends[0].endpoint, is: "up")
                try await node.waitUntil(backends[1].endpoint, is: "down")
            }
            backends[1].checks = .answers
            var client = try await RawClient.connect(to: slow.endpoint)
            try await until("B gets its first request") {
                try await client.names(5).contains("B")
            }
            // At most a tenth and what the seconds bring: 50 of 200 would be a quarter.
            let early = try await client.names(200).tally["B", default: 0]
            #expect(early < 50, "\(early) of 200")
            client = try await RawClient.connect(to: quick.endpoint)
            try await until("B has its half") {
                try await client.names(50).tally["B", default: 0] >= 24
            }
        }
    }

    @Test("With too few backends up, all are used; without a threshold nobody is")
    func panic() async throws {
        try await Stage.run { stage in
            let backends = try stage.startRecorders("A", "B", "C")
            backends.forEach { $0.checks = .fails(503) }
            for (threshold, isServed) in [(50, true), (0, false)] {
                let node = try await stage.startNode(
                    .http(
                        to: backends, health: NodePlan.quickCheck,
                        settings: ["panic-threshold: \(threshold)"]))
                for backend in backends { try await node.waitUntil(backend.endpoint, is: "down") }
                try await until("panic shows") {
                    try await node.status().pools[0].panicking == isServed
                }
                let client = try await RawClient.connect(to: node.endpoint)
                let wanted = isServed ? ["A": 3, "B": 3, "C": 3] : ["status 503": 9]
                try await until("\(wanted) are the answers") {
                    try await client.names(9).tally == wanted
                }
                // Two of three up are enough: health counts again.
                backends[0].checks = .answers
                backends[1].checks = .answers
                try await until("health counts") {
                    try await client.names(10).tally == ["A": 5, "B": 5]
                }
                #expect(try await !node.status().pools[0].panicking)
                backends.forEach { $0.checks = .fails(503) }
            }
        }
    }

    /// The cookie that a first request got.
    private func cookie(_ client: RawClient) async throws -> (String, from: String) {
        let answer = try await client.ask(RawClient.get())
        let cookie = try #require(answer.values("set-cookie").first?.split(separator: ";").first)
        return (String(cookie), answer.text)
    }

    @Test("A drained backend keeps its sticky clients and gets no others; maintenance ends that")
    func drain() async throws {
        try await Stage.run { stage in
            let backends = try stage.startRecorders("A", "B")
            let node = try await stage.startNode(
                .http(to: backends, settings: ["sticky: { cookie: LB_SESSION }"]))
            let client = try await RawClient.connect(to: node.endpoint)
            let (cookie, home) = try await cookie(client)
            let own = try #require(backends.first { $0.name == home })
            let other = try #require(backends.first { $0.name != home })
            let request = RawClient.get("/", "Cookie: \(cookie)")

            func tell(_ state: String) async throws {
                let result = try await stage.skein(
                    "backend", state, "app", "\(own.endpoint)", "--admin", node.adminSocket)
                #expect(result.status == 0, "\(result.error)")
                try await until("\(own.name) is \(state)") {
                    try await node.status().backend(own.endpoint)?.state == state
                }
            }
            try await tell("drain")
            try await until("new clients go elsewhere") {
                try await client.names(10).tally == [other.name: 10]
            }
            #expect(try await client.names(10, for: request).tally == [home: 10])
            try await tell("maintenance")
            try await until("nobody goes there") {
                try await client.names(10, for: request).tally == [other.name: 10]
            }
            let moved = try await client.ask(request)
            #expect(moved.values("set-cookie").count == 1)
            #expect(moved.values("set-cookie").first?.hasPrefix(cookie) == false)
            try await tell("ready")
            try await until("it serves again, and its client is back") {
                try await client.names(10).tally == [home: 5, other.name: 5]
            }
            #expect(try await client.names(10, for: request).tally == [home: 10])
        }
    }
}
