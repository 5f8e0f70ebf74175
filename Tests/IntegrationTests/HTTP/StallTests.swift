import Foundation
import Testing

/// Clients and backends that stop reading: they hold up themselves, nobody else, and no memory.
@Suite("HTTP: stalls", .bounded, .serialized)
struct StallTests {
    private static let get = "GET /name HTTP/1.1\r\nHost: a\r\n\r\n"

    /// 64 MiB, and what says so.
    private static let size = 64 << 20

    private static func serveLargeFile(_ nginx: NginxBackend) throws {
        let path = "\(nginx.documents)/large"
        guard FileManager.default.createFile(atPath: path, contents: Data(count: size)) else {
            throw Failure("cannot write \(path)")
        }
    }

    @Test("Clients that read nothing hold up nobody and cost little memory")
    func stalledReaders() async throws {
        try await Stage.run(alone: true) { stage in
            let nginx = try await stage.startNginx()
            try Self.serveLargeFile(nginx)
            let node = try await stage.startNode(.http(to: [nginx.endpoint]))
            let worker = try #require(node.workers.first)
            let before = try ProcessFacts.peakResidentKiB(of: worker)
            var stalled: [RawClient] = []
            for _ in 0..<30 {
                let client = try await RawClient.connect(to: node.endpoint, receiveBuffer: 4096)
                try await client.send("GET /large HTTP/1.1\r\nHost: a\r\n\r\n")
                _ = try await client.read(through: "\r\n\r\n")
                stalled.append(client)
            }
            let (_, time) = try await timed {
                for _ in 0..<10 {
                    let client = try await RawClient.connect(to: node.endpoint)
                    for _ in 0..<10 { #expect(try await client.ask(Self.get).status == 200) }
                }
            }
            #expect(time < .seconds(3))
            let grown = try ProcessFacts.peakResidentKiB(of: worker) - before
            // A buffer of 256 KiB for each, and some room.
            #expect(grown < 30 * 300 + 4096, "\(grown) KiB")
            withExtendedLifetime(stalled) {}
        }
    }

    @Test("A client that reads slowly gets everything and costs little memory")
    func slowReader() async throws {
        try await Stage.run(alone: true) { stage in
            let nginx = try await stage.startNginx()
            try Self.serveLargeFile(nginx)
            let node = try await stage.startNode(.http(to: [nginx.endpoint]))
            let worker = try #require(node.workers.first)
            let before = try ProcessFacts.peakResidentKiB(of: worker)
            let client = try await RawClient.connect(to: node.endpoint, receiveBuffer: 65_536)
            try await client.send("GET /large HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            _ = try await client.read(through: "\r\n\r\n")
            var received = 0
            while received < Self.size {
                let part = min(1 << 20, Self.size - received)
                received += try await client.read(part).count
                if received < 20 << 20 { try await Task.sleep(for: .milliseconds(20)) }
            }
            #expect(await client.readToEnd().bytes.isEmpty)
            let grown = try ProcessFacts.peakResidentKiB(of: worker) - before
            #expect(grown < 4096, "\(grown) KiB")
        }
    }

    @Test("A backend that reads nothing holds up its own client only")
    func stalledBackend() async throws {
        try await Stage.run(alone: true) { stage in
            let backend = try stage.startBackend { connection in
                guard let head = try connection.readHead() else { return }
                if head.hasPrefix("POST") {
                    Thread.sleep(forTimeInterval: 4)
                } else {
                    try connection.write(Answer.ok("ok"))
                }
            }
            let node = try await stage.startNode(.http(to: [backend.endpoint]))
            let worker = try #require(node.workers.first)
            let before = try ProcessFacts.peakResidentKiB(of: worker)
            let client = try await RawClient.connect(to: node.endpoint)
            try await client.send(
                "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \(Self.size)\r\n\r\n")
            let data = [UInt8](repeating: 0, count: Self.size)
            let sent = try await client.send(data, within: .seconds(1))
            #expect(sent < Self.size)
            for _ in 0..<20 {
                let other = try await RawClient.connect(to: node.endpoint)
                #expect(try await other.ask(Self.get).status == 200)
            }
            let grown = try ProcessFacts.peakResidentKiB(of: worker) - before
            #expect(grown < 4096, "\(grown) KiB")
        }
    }

    @Test("A client that never reads is cut after its time-out")
    func neverReads() async throws {
        try await Stage.run { stage in
            let nginx = try await stage.startNginx()
            try Self.serveLargeFile(nginx)
            let node = try await stage.startNode(
                .http(to: [nginx.endpoint], listener: "{ client: 500ms }"))
            let client = try await RawClient.connect(to: node.endpoint, receiveBuffer: 4096)
            try await client.send("GET /large HTTP/1.1\r\nHost: a\r\n\r\n")
            try await until("the connection is cut", within: .seconds(6)) {
                try await node.status().connections == 0
            }
        }
    }

    @Test("Clients above the limit wait for a place, and get one")
    func limit() async throws {
        try await Stage.run { stage in
            let backend = try stage.startBackend(saying: "ok")
            var plan = try NodePlan.http(to: [backend.endpoint])
            plan.maxConnections = 5
            let node = try await stage.startNode(plan)
            var clients: [RawClient] = []
            for _ in 0..<5 {
                let client = try await RawClient.connect(to: node.endpoint)
                #expect(try await client.ask(Self.get).status == 200)
                clients.append(client)
            }
            let waiting = try await RawClient.connect(to: node.endpoint)
            try await waiting.send(Self.get)
            let early = await waiting.readToEnd(within: .milliseconds(300))
            #expect(early.bytes.isEmpty && early.ending == .stillOpen)
            // Those inside are served as before.
            #expect(try await clients[0].ask(Self.get).status == 200)
            clients.removeLast()
            #expect(try await waiting.readResponse().status == 200)
        }
    }
}
