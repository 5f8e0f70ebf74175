import Testing

/// Active checks as backends get them.
@Suite("Health: active checks", .bounded)
struct ActiveCheckTests {
    private static func check(_ path: String, _ more: String = "") -> String {
        "{ protocol: http, path: \(path), interval: 200ms, timeout: 150ms\(more) }"
    }

    @Test("One address with two checks is two states, which traffic goes by separately")
    func twoStates() async throws {
        try await Stage.run { stage in
            let backend = try stage.startBackend { connection in
                while let request = try connection.readRequest() {
                    let isIll = request.hasPrefix("GET /ill ")
                    try connection.write(
                        isIll
                            ? "HTTP/1.1 503 Ill\r\nContent-Length: 0\r\n\r\n" : Answer.ok("here"))
                }
            }
            let pools = ["well", "ill"].map { name in
                NodePlan.Pool(
                    name: name, backends: [backend.endpoint], health: Self.check("/\(name)"))
            }
            let listeners = try ["well", "ill"].map {
                NodePlan.Listener(endpoint: try .fresh(), pool: $0)
            }
            let node = try await stage.startNode(NodePlan(listeners: listeners, pools: pools))
            try await until("one is up and the other down") {
                let status = try await node.status()
                return status.backend(backend.endpoint, in: "well")?.status == "up"
                    && status.backend(backend.endpoint, in: "ill")?.status == "down"
            }
            try await until("traffic goes by it") {
                let well = try await node.endpoints[0].names(3)
                let ill = try await node.endpoints[1].names(3)
                return well.tally == ["here": 3] && ill.tally == ["status 503": 3]
            }
        }
    }

    @Test("Pools with the same check of one address share its probes")
    func sharedProbes() async throws {
        try await Stage.run { stage in
            let backend = try stage.startRecorder("A")
            let pools = ["one", "two", "three"].map { name in
                NodePlan.Pool(
                    name: name, backends: [backend.endpoint], health: Self.check("/health"))
            }
            let listeners = try pools.map {
                NodePlan.Listener(endpoint: try .fresh(), pool: $0.name)
            }
            let node = try await stage.startNode(NodePlan(listeners: listeners, pools: pools))
            try await until("all are up") {
                try await node.status().pools.flatMap(\.backends).allSatisfy { $0.status == "up" }
            }
            let (count, time) = try await timed {
                let before = backend.checkCount
                try await Task.sleep(for: .seconds(2))
                return backend.checkCount - before
            }
            #expect(Double(count) <= time.seconds / 0.2 + 2, "\(count) in \(time)")
            #expect(count >= 4)
        }
    }

    @Test("Checks are no traffic: no counter of requests or connections has them")
    func notCounted() async throws {
        try await Stage.run { stage in
            let backend = try stage.startRecorder("A")
            let node = try await stage.startNode(
                .http(to: [backend], health: Self.check("/health")))
            try await until("some checks were made") { backend.checkCount >= 8 }
            let status = try await node.status()
            let shown = try #require(status.backend(backend.endpoint))
            #expect(shown.requests == 0 && shown.connections == 0 && status.requests == 0)
            #expect(status.workers.allSatisfy { $0.accepted == 0 })
            _ = try await node.endpoint.names(5)
            try await until("clients are counted") {
                try await node.status().backend(backend.endpoint)?.requests == 5
            }
            #expect(backend.requestCount == 5)
            #expect(!node.log.contains("/health"))
        }
    }

    @Test("A probe asks what it is told to ask, and accepts what it is told to accept")
    func request() async throws {
        try await Stage.run { stage in
            let backend = try stage.startRecorder("A")
            backend.checks = .fails(204)
            let node = try await stage.startNode(
                .http(
                    to: [backend],
                    health: Self.check(
                        "/check?deep=1",
                        """
                        , method: POST, host: app.example, headers: { X-Check: "yes, please" }, \
                        success-codes: "200-203,204"
                        """)))
            try await node.waitUntil(backend.endpoint, is: "up")
            let seen = try #require(backend.checkRequests.first)
            #expect(seen.head.hasPrefix("POST /check?deep=1 HTTP/1.1\r\n"))
            #expect(seen.values("host") == ["app.example"])
            #expect(seen.values("x-check") == ["yes, please"])
            backend.checks = .fails(205)
            let down = try await node.waitUntil(backend.endpoint, is: "down")
            #expect(down.reason?.contains("205") == true, "\(down.reason ?? "")")
        }
    }

    @Test("A body that lacks what is expected, and a port where nobody listens, are failures")
    func bodyAndPort() async throws {
        try await Stage.run { stage in
            let backends = try stage.startRecorders("fine", "tired")
            let node = try await stage.startNode(
                .http(to: backends, health: Self.check("/", ", expected-body: fine")))
            try await node.waitUntil(backends[0].endpoint, is: "up")
            let tired = try await node.waitUntil(backends[1].endpoint, is: "down")
            #expect(tired.reason?.contains("body") == true, "\(tired.reason ?? "")")

            let away = try Endpoint.fresh()
            let other = try await stage.startNode(
                .http(to: backends, health: Self.check("/", ", port: \(away.port)")))
            let down = try await other.waitUntil(backends[0].endpoint, is: "down")
            #expect(down.reason?.contains("refused") == true, "\(down.reason ?? "")")
        }
    }

    @Test("A conversation over TCP, and a command where the node allows it")
    func otherProtocols() async throws {
        try await Stage.run { stage in
            let greeter = try stage.startBackend { connection in
                try connection.write("220 ready\r\n")
                while let line = try connection.read(through: "\r\n") {
                    try connection.write(line == "NOOP\r\n" ? "250 fine\r\n" : "500 what\r\n")
                }
            }
            let command = """
                { protocol: exec, command: [/bin/sh, -c, "test -e \(stage.folder)/alive"], \
                interval: 200ms, timeout: 1s }
                """
            let checks =
                [
                    ("good", #"{ protocol: tcp, send: "NOOP\r\n", expect: "250", "#),
                    ("bad", #"{ protocol: tcp, send: "QUIT\r\n", expect: "250", "#),
                ].map { ($0, $1 + "interval: 200ms, timeout: 150ms }") } + [("command", command)]
            var plan = NodePlan(
                listeners: try checks.map { name, _ in
                    NodePlan.Listener(endpoint: try .fresh(), transport: "tcp", pool: name)
                },
                pools: checks.map { name, check in
                    NodePlan.Pool(name: name, backends: [greeter.endpoint], health: check)
                })
            plan.settings = ["allow-exec-checks: true"]
            let node = try await stage.startNode(plan)
            func wait(_ statuses: [String]) async throws {
                try await until("\(statuses)") {
                    try await node.status().pools.map { $0.backends[0].status } == statuses
                }
            }
            try await wait(["up", "down", "down"])
            _ = try await stage.run("/usr/bin/touch", ["\(stage.folder)/alive"])
            try await wait(["up", "down", "up"])

            var strict = plan
            strict.settings = []
            for index in strict.listeners.indices {
                strict.listeners[index].endpoint = try .fresh()
            }
            let other = try await stage.startNode(strict)
            try await until("a node that does not allow it fails the command, and says why") {
                let backend = try await other.status().pools[2].backends[0]
                return backend.status == "down" && backend.reason?.contains("allow") == true
            }
        }
    }

    @Test("Backends that never answer, drip or flood hold up no other check, and fill no memory")
    func hostile() async throws {
        try await Stage.run(alone: true) { stage in
            let names = ["good", "hangs", "drips", "floods", "breaks"]
            let backends = try names.map { try stage.startRecorder($0) }
            let hole = try await BlackHole()
            (backends[1].checks, backends[2].checks) = (.holds, .drips)
            (backends[3].checks, backends[4].checks) = (.floods, .breaks)
            var plan = try NodePlan.http(
                to: backends,
                health: """
                    { protocol: http, path: /health, interval: 200ms, timeout: 150ms, \
                    expected-body: good }
                    """)
            plan.pools[0].backends.append(hole.endpoint)
            let node = try await stage.startNode(plan)
            let (_, time) = try await timed {
                for backend in backends.dropFirst().map(\.endpoint) + [hole.endpoint] {
                    let down = try await node.waitUntil(backend, is: "down", within: .seconds(3))
                    #expect(down.reason?.isEmpty == false)
                }
                try await node.waitUntil(backends[0].endpoint, is: "up", within: .seconds(3))
            }
            #expect(time < .seconds(3))
            let before = backends[0].checkCount
            try await Task.sleep(for: .seconds(2))
            let count = backends[0].checkCount - before
            #expect(count >= 8 && count <= 11, "\(count) checks of the good one in 2 s")
            let client = try await RawClient.connect(to: node.endpoint)
            #expect(try await client.names(10).tally == ["good": 10])
            let memory = try ProcessFacts.peakResidentKiB(of: #require(node.control))
            #expect(memory < 200_000, "\(memory) KiB")
        }
    }
}
