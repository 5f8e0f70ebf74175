import Testing

/// What a backend, and a client, get of the other's header fields: to the byte.
@Suite("HTTP: fields", .bounded)
struct FieldTests {
    private static func lines(_ text: String) -> [String] {
        text.split(separator: "\r\n").map(String.init)
    }

    @Test("A backend gets the end-to-end fields and the forwarding ones, and nothing else")
    func request() async throws {
        try await Stage.run { stage in
            let backend = try stage.startBackend(saying: "ok")
            let node = try await stage.startNode(.http(to: [backend.endpoint]))
            let host = Endpoint.freshHost()
            let client = try await RawClient.connect(to: node.endpoint, from: host)
            let answer = try await client.ask(
                [
                    "GET /a/b?c=%20d HTTP/1.1", "Host: example.com:8080", "User-Agent: me/1.0",
                    "Connection: keep-alive, X-Private", "X-Private: 1", "Keep-Alive: timeout=5",
                    "Proxy-Connection: keep-alive", "TE: trailers", "Upgrade: h2c",
                    "X-Forwarded-For: 10.1.1.1, 10.2.2.2", "X-Forwarded-Proto: https",
                    "X-Forwarded-Host: evil.example", "X-Real-IP: 10.6.6.6",
                    "accept: text/plain", "Cookie: a=b", "Cookie: c=d", "", "",
                ].joined(separator: "\r\n"))
            #expect(answer.status == 200)
            let lines = Self.lines(backend.received)
            #expect(lines.first == "GET /a/b?c=%20d HTTP/1.1")
            #expect(
                lines.dropFirst().sorted() == [
                    "Cookie: a=b", "Cookie: c=d", "Host: example.com:8080", "User-Agent: me/1.0",
                    "X-Forwarded-For: 10.1.1.1, 10.2.2.2, \(host)",
                    "X-Forwarded-Host: example.com:8080", "X-Forwarded-Proto: http",
                    "X-Real-IP: \(host)", "accept: text/plain",
                ])
        }
    }

    @Test("A client gets the end-to-end fields, and its connection is its own")
    func answer() async throws {
        try await Stage.run { stage in
            let backend = try stage.startBackend { connection in
                guard try connection.readRequest() != nil else { return }
                try connection.write(
                    [
                        "HTTP/1.1 200 Fine", "Server: mine", "Connection: close, X-Private",
                        "X-Private: 1", "Keep-Alive: timeout=5", "Set-Cookie: a=b",
                        "Set-Cookie: c=d", "Content-Length: 2", "", "ok",
                    ].joined(separator: "\r\n"))
            }
            let node = try await stage.startNode(.http(to: [backend.endpoint]))
            let client = try await RawClient.connect(to: node.endpoint)
            for _ in 0..<3 {
                let answer = try await client.ask("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                #expect(answer.lines.first == "HTTP/1.1 200 Fine")
                #expect(
                    answer.lines.dropFirst().sorted() == [
                        "Content-Length: 2", "Server: mine", "Set-Cookie: a=b", "Set-Cookie: c=d",
                    ])
                #expect(answer.text == "ok")
            }
            #expect(backend.connections.count == 3)
        }
    }

    @Test("An HTTP/1.0 client is served as it can be")
    func http10() async throws {
        try await Stage.run { stage in
            let backend = try stage.startBackend(saying: "ok")
            let node = try await stage.startNode(.http(to: [backend.endpoint]))
            let plain = try await RawClient.connect(to: node.endpoint)
            let answer = try await plain.ask("GET /plain HTTP/1.0\r\n\r\n")
            #expect(answer.status == 200)
            #expect(answer.text == "ok")
            #expect(await plain.readToEnd().ending == .closed)
            #expect(backend.received.hasPrefix("GET /plain HTTP/1.1\r\n"))
            #expect(Self.lines(backend.received).contains("Host: \(node.endpoint)"))

            let keeping = try await RawClient.connect(to: node.endpoint)
            for _ in 0..<2 {
                let answer = try await keeping.ask(
                    "GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n")
                #expect(answer.text == "ok")
                #expect(answer.values("connection") == ["keep-alive"])
            }
        }
    }

    @Test("An HTTP/1.0 client gets a chunked answer without the chunks")
    func chunkedFor10() async throws {
        try await Stage.run { stage in
            let backend = try stage.startBackend(
                answering: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                    + "3\r\nabc\r\n4;x=y\r\ndefg\r\n0\r\nX-Checksum: 1\r\n\r\n")
            let node = try await stage.startNode(.http(to: [backend.endpoint]))
            let client = try await RawClient.connect(to: node.endpoint)
            let answer = try await client.ask(
                "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
            #expect(answer.values("transfer-encoding") == [])
            #expect(answer.values("content-length") == [])
            #expect(answer.text == "abcdefg")
        }
    }

    @Test("A target in absolute form names the host")
    func absoluteForm() async throws {
        try await Stage.run { stage in
            let backend = try stage.startBackend(saying: "ok")
            let node = try await stage.startNode(.http(to: [backend.endpoint]))
            let client = try await RawClient.connect(to: node.endpoint)
            let answer = try await client.ask(
                "GET http://example.com/x?y HTTP/1.1\r\nHost: example.com\r\n\r\n")
            #expect(answer.status == 200)
            let lines = Self.lines(backend.received)
            #expect(lines.first == "GET /x?y HTTP/1.1")
            #expect(lines.filter { $0.lowercased().hasPrefix("host:") } == ["Host: example.com"])
        }
    }
}
