import Testing

/// Bodies of all sizes, where buffers, chunks and reads begin and end.
@Suite("HTTP: bodies", .bounded)
struct BodyTests {
    private static let sizes =
        [0, 1, 2, 100, 1_000_001, 3_000_000]
        + [4096, 8192, 16_384, 65_536, 131_072, 262_144, 1 << 20].flatMap { [$0 - 1, $0, $0 + 1] }

    /// Text of letters that shows when a part of it is lost, doubled or moved.
    private static func pattern(_ size: Int) -> String {
        var seed = UInt32(truncatingIfNeeded: size)
        let bytes = (0..<size).map { _ in
            seed = seed &* 1_664_525 &+ 1_013_904_223
            return UInt8(ascii: "a") + UInt8(seed >> 24) % 26
        }
        return bytes.text
    }

    /// A backend that gives every body back as it came.
    private static let mirror: TestBackend.Script = { connection in
        while let head = try connection.readHead() {
            let fields = head.lowercased().split(separator: "\r\n")
            if let field = fields.first(where: { $0.hasPrefix("content-length: ") }) {
                let body = try connection.read(Int(field.dropFirst(16)) ?? 0)
                try connection.write(Answer.ok(body))
            } else {
                var body = ""
                while !body.hasSuffix("0\r\n\r\n"),
                    let line = try connection.read(through: "\r\n"),
                    let size = Int(line.dropLast(1), radix: 16)
                {
                    body += line + (try connection.read(size + 2))
                }
                // Not before all of the request has come: an early answer ends the connection.
                try connection.write(
                    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + body)
            }
        }
    }

    @Test("A body with a length comes back as it was, on one connection after the other")
    func lengths() async throws {
        try await Stage.run { stage in
            let backend = try stage.startBackend(Self.mirror)
            let node = try await stage.startNode(.http(to: [backend.endpoint]))
            let client = try await RawClient.connect(to: node.endpoint)
            for size in Self.sizes {
                let body = Self.pattern(size)
                let answer = try await client.ask(
                    "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: \(size)\r\n\r\n\(body)")
                #expect(answer.status == 200)
                #expect(answer.text == body, "\(size) bytes")
            }
            #expect(backend.connections.count == 1)
        }
    }

    @Test("A chunked body comes back as it was, however it was cut")
    func chunks() async throws {
        try await Stage.run { stage in
            let backend = try stage.startBackend(Self.mirror)
            let node = try await stage.startNode(.http(to: [backend.endpoint]))
            let client = try await RawClient.connect(to: node.endpoint)
            for size in Self.sizes where size <= 300_000 {
                let body = Self.pattern(size)
                for step in [1_000, 16_384, 100_000] {
                    var request = "PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                    var rest = body.utf8[...]
                    while !rest.isEmpty {
                        let part = rest.prefix(step)
                        request += String(part.count, radix: 16) + ";ext=1\r\n\(part.text)\r\n"
                        rest = rest.dropFirst(step)
                    }
                    let answer = try await client.ask(request + "0\r\nX-Sum: 1\r\n\r\n")
                    #expect(answer.isChunked)
                    #expect(answer.text == body, "\(size) bytes in chunks of \(step)")
                }
            }
            // Extensions and trailers are the sender's own.
            #expect(!backend.received.contains("ext=1"))
            #expect(!backend.received.contains("X-Sum"))
            #expect(backend.connections.count == 1)
        }
    }
}
