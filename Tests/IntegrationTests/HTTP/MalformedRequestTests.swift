import Testing

/// Requests that must be refused, as raw bytes, each with a second request smuggled in behind it.
@Suite("HTTP: malformed requests", .bounded)
struct MalformedRequestTests {
    private static let smuggled = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"

    /// What is wrong, the head, and the answer's status where it is not 400.
    private static let heads: [(String, String, Int)] = [
        (
            "both lengths",
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n"
                + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400
        ),
        (
            "chunked twice",
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, chunked\r\n\r\n", 400
        ),
        (
            "two Transfer-Encodings",
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n"
                + "Transfer-Encoding: identity\r\n\r\n", 400
        ),
        (
            "another coding", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n",
            400
        ),
        (
            "chunked not last",
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, gzip\r\n\r\n", 400
        ),
        (
            "chunked in HTTP/1.0",
            "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", 400
        ),
        ("listed lengths", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4, 4\r\n\r\n", 400),
        (
            "two lengths",
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\n", 400
        ),
        ("a signed length", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +4\r\n\r\n", 400),
        ("a hex length", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x4\r\n\r\n", 400),
        (
            "a huge length",
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n", 400
        ),
        ("bare LF everywhere", "GET / HTTP/1.1\nHost: a\n\n", 400),
        ("a bare LF", "GET / HTTP/1.1\r\nHost: a\nX: y\r\n\r\n", 400),
        ("a bare CR", "GET / HTTP/1.1\r\nHost: a\r\nX: y\rz\r\n\r\n", 400),
        ("a NUL", "GET / HTTP/1.1\r\nHost: a\r\nX: y\0z\r\n\r\n", 400),
        ("a folded line", "GET / HTTP/1.1\r\nHost: a\r\nX: y\r\n z\r\n\r\n", 400),
        ("a space before the colon", "GET / HTTP/1.1\r\nHost: a\r\nX : y\r\n\r\n", 400),
        ("a leading space", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400),
        ("no colon", "GET / HTTP/1.1\r\nHost: a\r\nnonsense\r\n\r\n", 400),
        ("no Host", "GET / HTTP/1.1\r\nX: y\r\n\r\n", 400),
        ("two Hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
        ("a Host that disagrees", "GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("userinfo", "GET http://me@a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("a fragment", "GET /#x HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("a forwarding field", "GET / HTTP/1.1\r\nHost: a\r\nConnection: X-Real-IP\r\n\r\n", 400),
        ("two spaces", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("a TLS hello", "\u{16}\u{03}\u{01}\u{02}\0\u{01}\0\r\n\r\n", 400),
        ("another version", "GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505),
        ("an endless target", "GET /\(String(repeating: "x", count: 9_000)) HTTP/1.1\r\n", 414),
    ]

    @Test("A malformed head is answered, the connection closed, and nothing of it passed on")
    func refused() async throws {
        try await Stage.run { stage in
            let backend = try stage.startBackend(saying: "ok")
            let node = try await stage.startNode(.http(to: [backend.endpoint]))
            for (fault, head, status) in Self.heads {
                let client = try await RawClient.connect(to: node.endpoint)
                let answer = try await client.ask(head + Self.smuggled)
                #expect(answer.status == status, "\(fault)")
                #expect(answer.values("connection") == ["close"], "\(fault)")
                let rest = await client.readToEnd()
                #expect(rest.bytes.isEmpty, "\(fault)")
                #expect(rest.ending == .closed, "\(fault)")
            }
            #expect(backend.connections.count == 0)
            // The same node goes on serving.
            let client = try await RawClient.connect(to: node.endpoint)
            #expect(try await client.ask("GET / HTTP/1.1\r\nHost: a\r\n\r\n").status == 200)
        }
    }

    private static let chunks: [(String, String)] = [
        ("a size that is no number", "x\r\nabc\r\n0\r\n\r\n"),
        ("a size with a prefix", "0x3\r\nabc\r\n0\r\n\r\n"),
        ("a signed size", "+3\r\nabc\r\n0\r\n\r\n"),
        ("a size that overflows", "fffffffffffffffff\r\nabc\r\n0\r\n\r\n"),
        ("data longer than its size", "3\r\nabcd\r\n0\r\n\r\n"),
        ("a bare LF behind the size", "3\nabc\r\n0\r\n\r\n"),
        ("a bare LF behind the data", "3\r\nabc\n0\r\n\r\n"),
        ("a LF in an extension", "3;x=\ny\r\nabc\r\n0\r\n\r\n"),
        ("a trailer that frames", "3\r\nabc\r\n0\r\nContent-Length: 3\r\n\r\n"),
        ("an endless extension", "3;\(String(repeating: "x", count: 20_000))\r\nabc\r\n0\r\n\r\n"),
    ]

    @Test("A malformed chunk ends both connections, and what follows it goes nowhere")
    func chunks() async throws {
        try await Stage.run { stage in
            let backend = try stage.startBackend(saying: "ok")
            let node = try await stage.startNode(.http(to: [backend.endpoint]))
            let head = "POST /chunks HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
            for (fault, chunk) in Self.chunks {
                let client = try await RawClient.connect(to: node.endpoint)
                let answer = try await client.ask(head + chunk + Self.smuggled)
                #expect(answer.status == 400, "\(fault)")
                let rest = await client.readToEnd()
                #expect(rest.bytes.isEmpty, "\(fault)")
                #expect(rest.ending == .closed, "\(fault)")
            }
            try await until("the backend has read all that came") {
                backend.connections.allSatisfy(\.hasEnded)
            }
            #expect(!backend.received.contains("smuggled"))
            // No body was ended for the client, so no backend took one for whole.
            #expect(!backend.received.contains("\r\n0\r\n"))
            // Nor did a connection with half a body on it carry another request.
            for connection in backend.connections {
                #expect(connection.received.text.ranges(of: "POST /chunks").count <= 1)
            }
        }
    }

    @Test("What a backend sends behind its answer reaches no other client")
    func answerQueue() async throws {
        try await Stage.run { stage in
            let backend = try stage.startBackend(
                answering: Answer.ok("mine") + Answer.ok("poison"))
            let node = try await stage.startNode(.http(to: [backend.endpoint]))
            for _ in 0..<5 {
                let client = try await RawClient.connect(to: node.endpoint)
                for _ in 0..<3 {
                    let answer = try await client.ask("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                    #expect(answer.text == "mine")
                }
            }
        }
    }
}
