import Foundation
import Testing

/// Bytes of all kinds from both sides: workers live on, and lose neither descriptors nor clients.
@Suite("HTTP: mutations", .bounded)
struct MutationTests {
    /// Makes small changes that follow from a seed.
    private struct Mutator {
        private var state: UInt64
        private static let interesting =
            Array(" \t\r\n\0:;,=/?#%\"-+0179afAFxX\u{7F}".utf8) + [
                0x80, 0xFF,
            ]

        init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

        mutating func below(_ limit: Int) -> Int {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return Int(state % UInt64(limit))
        }

        mutating func mutate(_ text: String) -> [UInt8] {
            var bytes = Array(text.utf8)
            for _ in 0...below(4) where !bytes.isEmpty {
                let place = below(bytes.count)
                switch below(5) {
                case 0: bytes[place] = Self.interesting[below(Self.interesting.count)]
                case 1: bytes.insert(Self.interesting[below(Self.interesting.count)], at: place)
                case 2: bytes.remove(at: place)
                case 3: bytes.insert(contentsOf: bytes[place...].prefix(below(40)), at: place)
                default: bytes.removeSubrange(place..<min(bytes.count, place + below(20)))
                }
            }
            return bytes
        }
    }

    private static let requests = [
        "GET /a?b HTTP/1.1\r\nHost: a\r\nConnection: keep-alive\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
            + "5;x=\"y\"\r\nhello\r\n10\r\n0123456789abcdef\r\n0\r\nX-Sum: 1\r\n\r\n",
        "PUT http://a/b HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\nx",
        "HEAD / HTTP/1.0\r\nX-Forwarded-For: 1.2.3.4\r\n\r\n",
    ]
    private static let answers = [
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n0\r\nX: 1\r\n\r\n",
        "HTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\nHTTP/1.0 404 No\r\n\r\nbody",
        "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\nConnection: close\r\n\r\n",
    ]

    private func descriptors(of pid: pid_t) throws -> Int {
        try FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/fd").count
    }

    /// Checks that the one worker is the one it was, with no more descriptors than idle
    /// connections to backends explain, and serves.
    private func checkHealth(_ node: SkeinNode, _ worker: pid_t, descriptors before: Int)
        async throws
    {
        #expect(node.workers == [worker])
        try await until("clients are gone") { try await node.status().connections == 0 }
        #expect(try descriptors(of: worker) <= before + 64)
        let status = try await node.status()
        #expect(status.pools[0].backends.allSatisfy { $0.connections == 0 })
    }

    @Test("Mutated requests")
    func requests() async throws {
        try await Stage.run { stage in
            let backend = try stage.startBackend(saying: "ok")
            let node = try await stage.startNode(
                .http(to: [backend.endpoint], listener: "{ client: 1s }", pool: "{ server: 1s }"))
            let worker = try #require(node.workers.first)
            let before = try descriptors(of: worker)
            for seed in 0..<400 {
                var mutator = Mutator(seed: UInt64(seed))
                let client = try await RawClient.connect(to: node.endpoint)
                let base = Self.requests[seed % Self.requests.count]
                let bytes = mutator.mutate(base + (seed % 3 == 0 ? base : ""))
                let cut = mutator.below(bytes.count + 1)
                for part in [bytes[..<cut], bytes[cut...]] {
                    _ = try? await client.send(Array(part), within: .seconds(1))
                }
                client.finishWriting()
                let end = await client.readToEnd(within: .seconds(4))
                #expect(end.ending != .stillOpen, "seed \(seed)")
                let answer = end.bytes.prefix(12).text
                #expect(end.bytes.isEmpty || answer.hasPrefix("HTTP/1.1 "), "seed \(seed)")
            }
            try await checkHealth(node, worker, descriptors: before)
            let client = try await RawClient.connect(to: node.endpoint)
            #expect(try await client.ask(Self.requests[0]).status == 200)
        }
    }

    @Test("Mutated answers")
    func answers() async throws {
        try await Stage.run { stage in
            let backend = try stage.startBackend { connection in
                while let request = try connection.readRequest() {
                    let seed = Int(request.dropFirst(5).prefix(while: \.isNumber)) ?? 0
                    var mutator = Mutator(seed: UInt64(seed))
                    try connection.write(mutator.mutate(Self.answers[seed % Self.answers.count]))
                    if seed % 2 == 0 { return }
                }
            }
            let node = try await stage.startNode(
                .http(to: [backend.endpoint], pool: "{ server: 300ms }"))
            let worker = try #require(node.workers.first)
            let before = try descriptors(of: worker)
            for seed in 0..<400 {
                let client = try await RawClient.connect(to: node.endpoint)
                try await client.send(
                    "GET /\(seed) HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
                let end = await client.readToEnd(within: .seconds(4))
                #expect(end.ending != .stillOpen, "seed \(seed)")
                // Nothing at all is what a client gets whose answer broke off at once.
                let answer = end.bytes.prefix(12).text
                #expect(
                    answer.hasPrefix("HTTP/1.1 ") || end.bytes.isEmpty && end.ending == .reset,
                    "seed \(seed)")
            }
            try await checkHealth(node, worker, descriptors: before)
        }
    }
}
