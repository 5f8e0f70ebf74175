import Testing

/// Peers that go away or speak at the worst moment; each test is a bug that was.
@Suite("HTTP: broken peers", .bounded)
struct BrokenPeerTests {
    private static let get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"

    /// Writing to a connection that broke raises SIGPIPE where the call cannot be told not to.
    @Test("Clients that abort large downloads take no worker with them")
    func abortedDownloads() async throws {
        try await Stage.run { stage in
            let block = [UInt8](repeating: 120, count: 1 << 20)
            let backend = try stage.startBackend { connection in
                guard let request = try connection.readRequest() else { return }
                if request.hasPrefix("GET /small") {
                    try connection.write(Answer.ok("ok"))
                    return
                }
                try connection.write("HTTP/1.1 200 OK\r\nContent-Length: 400000000\r\n\r\n")
                for _ in 0..<380 { try connection.write(block) }
            }
            let node = try await stage.startNode(.http(to: [backend.endpoint]))
            let workers = node.workers
            #expect(workers.count == 1)
            for _ in 0..<12 {
                // The client goes out of scope, and so away, in the middle of the body.
                let client = try await RawClient.connect(to: node.endpoint)
                try await client.send(Self.get)
                _ = try await client.read(8 << 20)
            }
            let client = try await RawClient.connect(to: node.endpoint)
            let answer = try await client.ask("GET /small HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(answer.text == "ok")
            #expect(node.workers == workers)
        }
    }

    @Test("A head that begins at the end of a full read is put together as it was sent")
    func fullRead() async throws {
        try await Stage.run { stage in
            let backend = try stage.startBackend { connection in
                while let request = try connection.readRequest() {
                    let path = request.split(separator: " ").dropFirst().first ?? "?"
                    try connection.write(Answer.ok(String(path)))
                }
            }
            let node = try await stage.startNode(.http(to: [backend.endpoint]))
            let client = try await RawClient.connect(to: node.endpoint)
            let second = "GET /second HTTP/1.1\r\nHost: a\r\n\r\n"
            let third =
                "GET /third HTTP/1.1\r\nHost: a\r\nX-Long: \(String(repeating: "z", count: 400))"
            let fixed = "GET /first HTTP/1.1\r\nHost: a\r\nX-Fill: \r\n\r\n"
            // Together exactly as much as the worker reads at a time.
            let fill = 16_384 - fixed.utf8.count - second.utf8.count - third.utf8.count
            let first = fixed.replacing(
                "X-Fill: ", with: "X-Fill: \(String(repeating: "f", count: fill))")
            try await client.send(first + second + third)
            #expect(try await client.readResponse().text == "/first")
            #expect(try await client.readResponse().text == "/second")
            try await client.send("\r\n\r\n")
            #expect(try await client.readResponse().text == "/third")
            let sent = "X-Long: \(String(repeating: "z", count: 400))\r\n"
            #expect(backend.received.contains(sent))
        }
    }

    @Test("A backend that dies with kept connections costs no client an error while another lives")
    func diedWhileKept() async throws {
        try await Stage.run { stage in
            let dying = try stage.startBackend(saying: "first")
            let living = try stage.startBackend(saying: "second")
            let node = try await stage.startNode(.http(to: [dying.endpoint, living.endpoint]))
            var clients: [RawClient] = []
            for _ in 0..<12 { clients.append(try await RawClient.connect(to: node.endpoint)) }
            for round in 0..<40 {
                if round == 5 { dying.stop() }
                for client in clients { try await client.send(Self.get) }
                for client in clients {
                    #expect(try await client.readResponse().status == 200)
                }
            }
        }
    }

    @Test("A backend that answers before it was asked, and closes, is heard at once")
    func answeredUnasked() async throws {
        try await Stage.run { stage in
            let backend = try stage.startBackend { connection in
                try connection.write(
                    "HTTP/1.1 503 Busy\r\nContent-Length: 4\r\nConnection: close\r\n\r\nfull")
                try connection.finishWriting()
                _ = try connection.readRequest()
            }
            let node = try await stage.startNode(.http(to: [backend.endpoint]))
            let client = try await RawClient.connect(to: node.endpoint)
            try await client.send(Self.get)
            let answer = try await client.readResponse(within: .seconds(5))
            #expect(answer.status == 503)
            #expect(answer.text == "full")
        }
    }

    @Test("A backend that sends interim answers without end is cut off with 502")
    func interimFlood() async throws {
        try await Stage.run { stage in
            let flood = String(
                repeating: "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", count: 5_000)
            let backend = try stage.startBackend { connection in
                guard try connection.readRequest() != nil else { return }
                try connection.write(flood)
            }
            let node = try await stage.startNode(.http(to: [backend.endpoint]))
            let client = try await RawClient.connect(to: node.endpoint)
            try await client.send(Self.get)
            var statuses: [Int] = []
            while statuses.last.map({ $0 < 200 }) ?? true {
                let head = try await client.read(through: "\r\n\r\n")
                let words = String(decoding: head, as: UTF8.self).split(separator: " ")
                statuses.append(Int(words.dropFirst().first ?? "") ?? 999)
            }
            #expect(statuses.last == 502)
            #expect(statuses.count <= 17)
        }
    }
}
