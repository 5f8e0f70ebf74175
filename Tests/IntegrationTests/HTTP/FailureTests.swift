import Foundation
import Testing

/// Backends and clients that fail or dawdle, and what is answered then.
@Suite("HTTP: failures", .bounded)
struct FailureTests {
    private static let get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"

    @Test("A client that is slow with its head gets 408, one that says nothing is cut")
    func slowHead() async throws {
        try await Stage.run { stage in
            let backend = try stage.startBackend(saying: "ok")
            let node = try await stage.startNode(
                .http(to: [backend.endpoint], listener: "{ client: 20s, request-header: 400ms }"))
            let dripping = try await RawClient.connect(to: node.endpoint)
            let silent = try await RawClient.connect(to: node.endpoint)
            // Drip by drip it would take three seconds, each of them in time for the next.
            let start = ContinuousClock.now
            for byte in Array("GET / HTTP/1.1\r\nX: \(String(repeating: "x", count: 40))".utf8)
            where !dripping.hasInput {
                try await dripping.send([byte])
                try await Task.sleep(for: .milliseconds(50))
            }
            #expect(try await dripping.readResponse().status == 408)
            #expect(ContinuousClock.now - start > .milliseconds(390))
            #expect(ContinuousClock.now - start < .milliseconds(2_000))
            #expect(await dripping.readToEnd().ending == .closed)
            let end = await silent.readToEnd()
            #expect(end.bytes.isEmpty)
            #expect(end.ending == .closed)
            #expect(backend.connections.count == 0)
        }
    }

    @Test("A client that stops within its body gets 408")
    func slowBody() async throws {
        try await Stage.run { stage in
            let backend = try stage.startBackend(saying: "ok")
            let node = try await stage.startNode(
                .http(to: [backend.endpoint], listener: "{ client: 400ms }"))
            let client = try await RawClient.connect(to: node.endpoint)
            let answer = try await client.ask(
                "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc")
            #expect(answer.status == 408)
            #expect(await client.readToEnd().ending == .closed)
        }
    }

    @Test("An idle client is closed after the idle time-out")
    func idle() async throws {
        try await Stage.run { stage in
            let backend = try stage.startBackend(saying: "ok")
            let node = try await stage.startNode(
                .http(to: [backend.endpoint], listener: "{ client: 20s, idle: 300ms }"))
            let client = try await RawClient.connect(to: node.endpoint)
            #expect(try await client.ask(Self.get).status == 200)
            let end = await client.readToEnd(within: .seconds(4))
            #expect(end.bytes.isEmpty)
            #expect(end.ending == .closed)
        }
    }

    @Test("Backends that all refuse: 502")
    func refused() async throws {
        try await Stage.run { stage in
            let node = try await stage.startNode(.http(to: [try .fresh(), try .fresh()]))
            let client = try await RawClient.connect(to: node.endpoint)
            // The connection lives on: the request was whole, so the client is not to blame.
            for _ in 0..<3 { #expect(try await client.ask(Self.get).status == 502) }
            let head = try await client.ask(
                "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n", isHead: true)
            #expect(head.status == 502)
            #expect(try await client.ask(Self.get).status == 502)
        }
    }

    @Test(
        "An answer that is none: 502",
        arguments: [
            "garbage\r\n\r\n", "HTTP/1.1 2000 OK\r\n\r\n", "HTTP/1.1 20x OK\r\n\r\n",
            "HTTP/2.0 200 OK\r\n\r\n", "HTTP/1.1 200 OK\nContent-Length: 0\n\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
            "HTTP/1.1 101 Switching Protocols\r\n\r\n", "HTTP/1.1 200 OK\r\nX: ", "",
            "HTTP/1.1 200 OK\r\nX: \(String(repeating: "x", count: 20_000))\r\n\r\n",
        ])
    func garbage(answer: String) async throws {
        try await Stage.run { stage in
            let backend = try stage.startBackend { connection in
                guard try connection.readRequest() != nil else { return }
                try connection.write(answer)
            }
            let node = try await stage.startNode(.http(to: [backend.endpoint]))
            let client = try await RawClient.connect(to: node.endpoint)
            let response = try await client.ask("POST / HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(response.status == 502)
            // A request that may have had an effect is not sent twice.
            #expect(backend.connections.count == 1)
        }
    }

    @Test("No backend that is up: 503; one comes back: 200")
    func noBackend() async throws {
        try await Stage.run { stage in
            let endpoint = try Endpoint.fresh()
            let node = try await stage.startNode(
                .http(
                    to: [endpoint],
                    health: "{ protocol: tcp, interval: 200ms, timeout: 100ms }"))
            try await node.waitUntil(endpoint, is: "down")
            let client = try await RawClient.connect(to: node.endpoint)
            #expect(try await client.ask(Self.get).status == 503)
            let backend = try stage.startBackend(at: endpoint, saying: "back")
            try await node.waitUntil(endpoint, is: "up")
            #expect(try await client.ask(Self.get).text == "back")
            backend.stop()
            let down = try await node.waitUntil(endpoint, is: "down")
            #expect(down.reason?.isEmpty == false)
            #expect(try await client.ask(Self.get).status == 503)
        }
    }

    @Test("A backend that keeps silent: 504")
    func silent() async throws {
        try await Stage.run { stage in
            let backend = try stage.startBackend { _ = try $0.readToEnd() }
            let node = try await stage.startNode(
                .http(to: [backend.endpoint], pool: "{ server: 400ms }"))
            let client = try await RawClient.connect(to: node.endpoint)
            let (answer, time) = try await timed { try await client.ask(Self.get) }
            #expect(answer.status == 504)
            #expect(time > .milliseconds(390) && time < .seconds(4))
            #expect(backend.connections.count == 1)
        }
    }

    @Test("A backend that falls silent within its answer: the client's connection breaks")
    func silentWithin() async throws {
        try await Stage.run { stage in
            let backend = try stage.startBackend { connection in
                _ = try connection.readRequest()
                try connection.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")
                _ = try connection.readToEnd()
            }
            let node = try await stage.startNode(
                .http(to: [backend.endpoint], pool: "{ server: 400ms }"))
            let client = try await RawClient.connect(to: node.endpoint)
            try await client.send(Self.get)
            _ = try await client.read(through: "half")
            #expect(await client.readToEnd().ending == .reset)
        }
    }

    @Test("A backend that takes no connection: 504, or the next backend")
    func connectTimeOut() async throws {
        try await Stage.run { stage in
            let hole = try await BlackHole()
            let alone = try await stage.startNode(
                .http(to: [hole.endpoint], pool: "{ connect: 300ms }"))
            let client = try await RawClient.connect(to: alone.endpoint)
            let (answer, time) = try await timed { try await client.ask(Self.get) }
            #expect(answer.status == 504)
            #expect(time > .milliseconds(290) && time < .seconds(4))

            let backend = try stage.startBackend(saying: "ok")
            let node = try await stage.startNode(
                .http(to: [hole.endpoint, backend.endpoint], pool: "{ connect: 200ms }"))
            let other = try await RawClient.connect(to: node.endpoint)
            for _ in 0..<4 { #expect(try await other.ask(Self.get).status == 200) }
        }
    }

    @Test("While one backend refuses, no client sees an error")
    func retry() async throws {
        try await Stage.run { stage in
            let backend = try stage.startBackend(saying: "ok")
            let dead = try Endpoint.fresh()
            let node = try await stage.startNode(.http(to: [dead, backend.endpoint]))
            for method in ["GET", "POST"] {
                for _ in 0..<25 {
                    let client = try await RawClient.connect(to: node.endpoint)
                    let answer = try await client.ask(
                        "\(method) / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc")
                    #expect(answer.status == 200)
                }
            }
            let status = try await node.status()
            #expect(status.workers[0].retries >= 20)
            #expect(status.backend(dead).map { $0.connectFailures >= 20 } == true)
        }
    }
}
