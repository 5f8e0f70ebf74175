import Testing

/// Messages and connections: order, framing, and ends that come early or late.
@Suite("HTTP: messages", .bounded)
struct MessageTests {
    /// A backend that answers with the target of the request, or with its body.
    private static let echo: TestBackend.Script = { connection in
        while let request = try connection.readRequest() {
            let parts = request.split(
                separator: "\r\n\r\n", maxSplits: 1, omittingEmptySubsequences: false)
            let target = request.split(separator: " ")[1]
            try connection.write(Answer.ok(parts[1].isEmpty ? "\(target)" : "\(parts[1])"))
        }
    }

    @Test("Pipelined requests are answered in order")
    func pipelining() async throws {
        try await Stage.run { stage in
            let backend = try stage.startBackend(Self.echo)
            let node = try await stage.startNode(.http(to: [backend.endpoint], workers: 2))
            let client = try await RawClient.connect(to: node.endpoint)
            var sent = ""
            var expected: [String] = []
            for number in 0..<100 {
                if number % 3 == 1 {
                    sent += "POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 8\r\n\r\nbody"
                    sent += "\(1000 + number)"
                    expected.append("body\(1000 + number)")
                } else {
                    sent += "GET /\(number) HTTP/1.1\r\nHost: a\r\n\r\n"
                    expected.append("/\(number)")
                }
            }
            try await client.send(sent)
            var answers: [String] = []
            for _ in expected { answers.append(try await client.readResponse().text) }
            #expect(answers == expected)
        }
    }

    @Test("A request that comes byte by byte is served like any other")
    func drips() async throws {
        try await Stage.run { stage in
            let backend = try stage.startBackend(Self.echo)
            let node = try await stage.startNode(.http(to: [backend.endpoint]))
            let client = try await RawClient.connect(to: node.endpoint)
            let request =
                "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                + "2\r\nab\r\n3\r\ncde\r\n0\r\n\r\n"
            for byte in Array(request.utf8) {
                try await client.send([byte])
                try await Task.sleep(for: .milliseconds(1))
            }
            let answer = try await client.readResponse()
            #expect(answer.status == 200)
            #expect(answer.text.hasSuffix("0\r\n\r\n"))
            let sizes = answer.text.split(separator: "\r\n").filter { Int($0, radix: 16) != nil }
            #expect(sizes.count > 0)
            #expect(try await client.ask("GET /next HTTP/1.1\r\nHost: a\r\n\r\n").text == "/next")
        }
    }

    @Test("An answer that ends with its connection is passed on in chunks")
    func untilClose() async throws {
        try await Stage.run { stage in
            let backend = try stage.startBackend { connection in
                guard try connection.readRequest() != nil else { return }
                try connection.write("HTTP/1.1 200 OK\r\n\r\nfirst ")
                try connection.write("second")
            }
            let node = try await stage.startNode(.http(to: [backend.endpoint]))
            let client = try await RawClient.connect(to: node.endpoint)
            for _ in 0..<3 {
                let answer = try await client.ask("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                #expect(answer.isChunked)
                #expect(answer.text == "first second")
            }
        }
    }

    @Test(
        "An answer that breaks off is not taken for a whole one",
        arguments: [
            "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nshort\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nshort\r\nnonsense\r\n",
        ])
    func truncated(answer: String) async throws {
        try await Stage.run { stage in
            let backend = try stage.startBackend { connection in
                guard try connection.readRequest() != nil else { return }
                try connection.write(answer)
            }
            let node = try await stage.startNode(.http(to: [backend.endpoint]))
            let client = try await RawClient.connect(to: node.endpoint)
            try await client.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            let end = await client.readToEnd()
            // What came before is of no matter, as long as nobody takes it for all.
            let isRefusal = end.bytes.text.hasPrefix("HTTP/1.1 502 ")
            #expect(isRefusal || end.ending == .reset)
            #expect(!end.bytes.text.hasSuffix("0\r\n\r\n"))
        }
    }

    @Test("Answers without bodies do not hold up what follows")
    func bodiless() async throws {
        try await Stage.run { stage in
            let backend = try stage.startBackend { connection in
                while let request = try connection.readRequest() {
                    let target = request.split(separator: " ")[1]
                    switch target {
                    case "/head": try connection.write(String(Answer.ok("12345").dropLast(5)))
                    case "/204": try connection.write("HTTP/1.1 204 No Content\r\n\r\n")
                    case "/304":
                        try connection.write(
                            "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n")
                    default: try connection.write(Answer.ok("\(target)"))
                    }
                }
            }
            let node = try await stage.startNode(.http(to: [backend.endpoint]))
            let client = try await RawClient.connect(to: node.endpoint)
            func ask(_ method: String, _ target: String) async throws -> RawResponse {
                try await client.ask(
                    "\(method) \(target) HTTP/1.1\r\nHost: a\r\n\r\n", isHead: method == "HEAD")
            }
            #expect(try await ask("HEAD", "/head").values("content-length") == ["5"])
            #expect(try await ask("GET", "/204").status == 204)
            #expect(try await ask("GET", "/304").status == 304)
            #expect(try await ask("GET", "/last").text == "/last")
            #expect(backend.connections.count == 1)
        }
    }

    @Test("Interim answers come before the final one")
    func interim() async throws {
        try await Stage.run { stage in
            let backend = try stage.startBackend(
                answering: "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + Answer.ok("done"))
            let node = try await stage.startNode(.http(to: [backend.endpoint]))
            let client = try await RawClient.connect(to: node.endpoint)
            for _ in 0..<2 {
                let hints = try await client.ask("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                #expect(hints.status == 103)
                #expect(hints.values("link") == ["</a>"])
                #expect(try await client.readResponse().text == "done")
            }
            let old = try await RawClient.connect(to: node.endpoint)
            #expect(try await old.ask("GET / HTTP/1.0\r\n\r\n").status == 200)
        }
    }

    @Test("A client that has shut its side down still gets its answer")
    func halfClosed() async throws {
        try await Stage.run { stage in
            let backend = try stage.startBackend(Self.echo)
            let node = try await stage.startNode(.http(to: [backend.endpoint]))
            let client = try await RawClient.connect(to: node.endpoint)
            try await client.send("GET /half HTTP/1.1\r\nHost: a\r\n\r\n")
            client.finishWriting()
            #expect(try await client.readResponse().text == "/half")
            #expect(await client.readToEnd().ending == .closed)
        }
    }
}
