import Synchronization
import Testing

/// Connections to backends that end when they are about to be used again, and early answers.
@Suite("HTTP: reuse", .bounded)
struct ReuseTests {
    private static let get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"

    @Test("A backend that closes after each answer, without a word, costs no client an error")
    func closing() async throws {
        try await Stage.run { stage in
            let backend = try stage.startBackend { connection in
                guard try connection.readRequest() != nil else { return }
                try connection.write(Answer.ok("ok"))
            }
            let node = try await stage.startNode(.http(to: [backend.endpoint]))
            let client = try await RawClient.connect(to: node.endpoint)
            for _ in 0..<200 { #expect(try await client.ask(Self.get).status == 200) }
        }
    }

    /// The worst moment: the request is on its way when the connection ends.
    @Test("A GET that meets a closing connection is sent again, a POST is not")
    func closingLate() async throws {
        try await Stage.run { stage in
            let backend = try stage.startBackend { connection in
                guard try connection.readRequest() != nil else { return }
                try connection.write(Answer.ok("ok"))
                _ = try connection.readRequest()
            }
            let node = try await stage.startNode(.http(to: [backend.endpoint]))
            let client = try await RawClient.connect(to: node.endpoint)
            for _ in 0..<20 { #expect(try await client.ask(Self.get).status == 200) }

            let post = "POST /once HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi"
            let statuses = [
                try await client.ask(post).status, try await client.ask(post).status,
            ]
            #expect(statuses.contains(502))
            #expect(backend.received.ranges(of: "POST /once").count == 2)
        }
    }

    @Test("A backend that was restarted costs no client an error")
    func restarted() async throws {
        try await Stage.run { stage in
            let first = try stage.startBackend(saying: "first")
            let node = try await stage.startNode(.http(to: [first.endpoint]))
            // Several connections are kept, and all of them end at once.
            let clients = try await connectClients(8, to: node.endpoint)
            for client in clients { try await client.send(Self.get) }
            for client in clients { #expect(try await client.readResponse().text == "first") }
            first.stop()
            _ = try stage.startBackend(at: first.endpoint, saying: "second")
            for client in clients { #expect(try await client.ask(Self.get).text == "second") }
        }
    }

    private func connectClients(_ count: Int, to endpoint: Endpoint) async throws -> [RawClient] {
        var clients: [RawClient] = []
        for _ in 0..<count { clients.append(try await RawClient.connect(to: endpoint)) }
        return clients
    }

    @Test("No more connections are kept than the pool says, and not for longer")
    func kept() async throws {
        try await Stage.run { stage in
            let backend = try stage.startBackend(saying: "ok")
            var plan = try NodePlan.http(to: [backend.endpoint])
            plan.pools[0].keepAlive = "{ connections: 2, idle: 700ms }"
            let node = try await stage.startNode(plan)
            let clients = try await connectClients(8, to: node.endpoint)
            for client in clients { try await client.send(Self.get) }
            for client in clients { #expect(try await client.readResponse().status == 200) }
            func openCount() -> Int { backend.connections.count { !$0.hasEnded } }
            try await until("two are kept") { openCount() <= 2 }
            try await until("none is kept", within: .seconds(4)) { openCount() == 0 }
            #expect(try await clients[0].ask(Self.get).status == 200)
        }
    }

    @Test(
        "An answer that comes while the client still uploads reaches it",
        arguments: [
            "Content-Length: 50000000", "Transfer-Encoding: chunked",
        ])
    func early(framing: String) async throws {
        try await Stage.run { stage in
            let tooLarge = "HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\n\r\nno!"
            let backend = try stage.startBackend { connection in
                guard try connection.readHead() != nil else { return }
                try connection.write(tooLarge)
                _ = try connection.readToEnd()
            }
            let node = try await stage.startNode(.http(to: [backend.endpoint]))
            let client = try await RawClient.connect(to: node.endpoint)
            try await client.send("POST / HTTP/1.1\r\nHost: a\r\n\(framing)\r\n\r\n")
            let data = [UInt8](repeating: UInt8(ascii: "x"), count: 1 << 20)
            if framing.hasPrefix("T") { try await client.send("100000\r\n") }
            _ = try? await client.send(data, within: .seconds(2))
            let answer = try await client.readResponse()
            #expect(answer.status == 413)
            #expect(answer.text == "no!")
            // What is left of the request is no new one.
            #expect(answer.values("connection") == ["close"])
        }
    }

    @Test("curl gets an early answer of a backend that closes at once")
    func earlyClose() async throws {
        try await Stage.run { stage in
            let backend = try stage.startBackend { connection in
                guard try connection.readHead() != nil else { return }
                try connection.write("HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n")
                try connection.finishWriting()
                _ = try connection.read(1 << 20)
            }
            let node = try await stage.startNode(.http(to: [backend.endpoint]))
            let file = try stage.write(String(repeating: "x", count: 30_000_000), named: "body")
            let result = try await stage.curl(
                "-H", "Expect:", "-T", file, "-o", "/dev/null", "-w", "%{http_code}",
                "http://\(node.endpoint)/")
            #expect(result.output == "413")
        }
    }

    @Test("A refusal instead of 100 Continue reaches a client that waits")
    func refusedExpectation() async throws {
        try await Stage.run { stage in
            let backend = try stage.startBackend { connection in
                guard try connection.readHead() != nil else { return }
                try connection.write("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n")
                _ = try connection.readToEnd()
            }
            let node = try await stage.startNode(.http(to: [backend.endpoint]))
            let client = try await RawClient.connect(to: node.endpoint)
            let answer = try await client.ask(
                "PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n"
                    + "Content-Length: 1000\r\n\r\n")
            #expect(answer.status == 401)
            // Whether the body comes or not is open, so nothing can follow on this connection.
            #expect(answer.values("connection") == ["close"])
            #expect(await client.readToEnd().ending == .closed)
        }
    }

    @Test("A client that goes away takes its request with it", arguments: [true, false])
    func gone(within body: Bool) async throws {
        try await Stage.run { stage in
            let backend = try stage.startBackend { _ = try $0.readToEnd() }
            let node = try await stage.startNode(.http(to: [backend.endpoint]))
            do {
                let client = try await RawClient.connect(to: node.endpoint)
                try await client.send(
                    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n"
                        + (body ? "abc" : "0123456789"))
                try await until("the backend has it") { backend.received.contains("\r\n\r\n") }
                if !body { try client.resetOnClose() }
            }
            try await until("the backend is told", within: .seconds(2)) {
                backend.connections.allSatisfy(\.hasEnded)
            }
            let status = try await node.status()
            #expect(status.connections == 0)
            #expect(status.backend(backend.endpoint)?.connections == 0)
        }
    }
}
