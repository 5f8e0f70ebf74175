import Testing

/// How many nodes probe a backend.
@Suite("Health: observers", .bounded)
struct ObserverTests {
    @Test("A backend gets as many probes from ten nodes as from three, and somebody steps in")
    func constantLoad() async throws {
        try await Stage.run { stage in
            let backends = try stage.startRecorders("of three", "of ten")
            func start(_ count: Int, _ backend: RecordingBackend) async throws -> [SkeinNode] {
                let nodes = try await stage.startNodes(
                    count,
                    .http(
                        to: [backend],
                        health: "{ protocol: http, path: /health, interval: 500ms, timeout: 400ms }"
                    ), losingProcesses: true)
                try await nodes.all("three see it up") {
                    $0.backend(backend.endpoint)?.seenUpBy.count == 3
                }
                return nodes
            }
            async let few = start(3, backends[0])
            async let many = start(10, backends[1])
            let (three, ten) = (try await few, try await many)

            let before = backends.map(\.checkCount)
            try await Task.sleep(for: .seconds(15))
            let counts = zip(backends, before).map { $0.checkCount - $1 }
            // Three nodes, twice a second each.
            for count in counts { #expect(abs(count - 90) <= 9, "\(counts)") }
            #expect(abs(counts[0] - counts[1]) * 5 <= counts[0], "\(counts)")

            let observers = try await ten[0].status().backend(backends[1].endpoint)?.seenUpBy ?? []
            #expect(observers.count == 3)
            let number = try #require(observers.first.flatMap { Int($0.dropFirst(3)) })
            try await ten[number - 1].lose()
            let others = ten.enumerated().filter { $0.offset != number - 1 }.map(\.element)
            try await others.all("another observes in its place") { status in
                let seen = status.backend(backends[1].endpoint)?.seenUpBy ?? []
                return seen.count == 3 && !seen.contains("lb-\(number)")
                    && status.backend(backends[1].endpoint)?.status == "up"
            }
            withExtendedLifetime(three) {}
        }
    }

    @Test("When the only observer is lost, what it found holds until another finds out more")
    func lastKnownGood() async throws {
        try await Stage.run { stage in
            let backends = try stage.startRecorders("good", "ill")
            backends[1].checks = .fails(503)
            let nodes = try await stage.startNodes(
                3,
                .http(
                    to: backends,
                    health: """
                        { protocol: http, path: /health, interval: 400ms, timeout: 300ms, \
                        observers: 1 }
                        """), losingProcesses: true)
            let (good, ill) = (backends[0].endpoint, backends[1].endpoint)
            try await nodes.all("verdicts") { status in
                status.backend(good)?.status == "up" && status.backend(ill)?.status == "down"
            }
            let observer = try await nodes[0].status().backend(ill)?.seenDownBy.first?.node
            let lost = try #require(nodes.indices.first { observer == "lb-\($0 + 1)" })
            try await nodes[lost].lose()
            let others = nodes.indices.filter { $0 != lost }.map { nodes[$0] }
            let client = try await RawClient.connect(to: others[0].endpoint)
            try await others.all("another observes in its place") { status in
                let names = Set(try await client.names(4))
                #expect(names == ["good"])
                #expect(status.backend(good)?.status == "up")
                #expect(status.backend(ill)?.status == "down")
                let seen = status.backend(ill)?.seenDownBy.map(\.node) ?? []
                return seen.count == 1 && seen != [observer]
            }
        }
    }
}
