import Foundation
import Synchronization
import Testing

/// TCP listeners: bytes, ends and failures pass as they come.
@Suite("TCP", .bounded)
struct TunnelTests {
    @Test("Both directions are relayed, while both are open")
    func relay() async throws {
        try await Stage.run { stage in
            let backend = try stage.startBackend { connection in
                try connection.write("hello\n")
                while let line = try connection.read(through: "\n") {
                    try connection.write("you said " + line)
                }
            }
            let node = try await stage.startNode(.tcp(to: [backend.endpoint], workers: 2))
            let client = try await RawClient.connect(to: node.endpoint)
            // The backend speaks first.
            #expect(try await client.read(through: "\n").text == "hello\n")
            for number in 0..<50 {
                try await client.send("number \(number)\n")
                #expect(
                    try await client.read(through: "\n").text == "you said number \(number)\n")
            }
        }
    }

    @Test("A client that has said all still gets its answer")
    func halfClose() async throws {
        try await Stage.run { stage in
            let backend = try stage.startBackend { connection in
                let all = try connection.readToEnd()
                try connection.write("\(all.utf8.count) bytes")
            }
            let node = try await stage.startNode(.tcp(to: [backend.endpoint]))
            let client = try await RawClient.connect(to: node.endpoint)
            try await client.send([UInt8](repeating: UInt8(ascii: "x"), count: 3_000_000))
            client.finishWriting()
            let end = await client.readToEnd()
            #expect(end.bytes.text == "3000000 bytes")
            #expect(end.ending == .closed)
        }
    }

    @Test("A backend that has said all still hears its client")
    func halfCloseByBackend() async throws {
        try await Stage.run { stage in
            let backend = try stage.startBackend { connection in
                try connection.write("that is all")
                try connection.finishWriting()
                _ = try connection.readToEnd()
            }
            let node = try await stage.startNode(.tcp(to: [backend.endpoint]))
            let client = try await RawClient.connect(to: node.endpoint)
            let end = await client.readToEnd()
            #expect(end.bytes.text == "that is all")
            #expect(end.ending == .closed)
            try await client.send("and this is mine")
            client.finishWriting()
            try await until("the backend heard it") { backend.received == "and this is mine" }
        }
    }

    @Test("A backend's reset reaches the client as a reset")
    func backendReset() async throws {
        try await Stage.run { stage in
            let backend = try stage.startBackend { connection in
                _ = try connection.read(through: "\n")
                try connection.reset()
            }
            let node = try await stage.startNode(.tcp(to: [backend.endpoint]))
            let client = try await RawClient.connect(to: node.endpoint)
            try await client.send("break\n")
            let end = await client.readToEnd()
            #expect(end.bytes.isEmpty)
            #expect(end.ending == .reset)
        }
    }

    @Test("A backend's reset reaches the client also while bytes wait for the backend")
    func backendResetWithBacklog() async throws {
        try await Stage.run { stage in
            let mayReset = Mutex(false)
            let backend = try stage.startBackend { connection in
                while !mayReset.withLock({ $0 }) { Thread.sleep(forTimeInterval: 0.01) }
                try connection.reset()
            }
            let node = try await stage.startNode(.tcp(to: [backend.endpoint]))
            let client = try await RawClient.connect(to: node.endpoint)
            let data = [UInt8](repeating: 0, count: 32 << 20)
            #expect(try await client.send(data, within: .milliseconds(500)) < data.count)
            mayReset.withLock { $0 = true }
            #expect(await client.readToEnd().ending == .reset)
        }
    }

    @Test("A client's reset reaches the backend, and no connection stays behind")
    func clientReset() async throws {
        try await Stage.run { stage in
            let backend = try stage.startBackend { connection in
                try connection.write("hello\n")
                do {
                    _ = try connection.readToEnd()
                } catch {
                    try? connection.write("")
                    throw error
                }
            }
            let node = try await stage.startNode(.tcp(to: [backend.endpoint]))
            do {
                let client = try await RawClient.connect(to: node.endpoint)
                _ = try await client.read(through: "\n")
                try client.resetOnClose()
            }
            try await until("no connection is left") {
                let status = try await node.status()
                return status.connections == 0
                    && status.backend(backend.endpoint)?.connections == 0
            }
        }
    }

    @Test("The next backend is tried when one refuses; with none the client is cut")
    func refused() async throws {
        try await Stage.run { stage in
            let backend = try stage.startBackend { try $0.write("here") }
            let node = try await stage.startNode(.tcp(to: [try .fresh(), backend.endpoint]))
            for _ in 0..<10 {
                let client = try await RawClient.connect(to: node.endpoint)
                #expect(await client.readToEnd().bytes.text == "here")
            }
            let dead = try await stage.startNode(.tcp(to: [try .fresh()]))
            let client = try await RawClient.connect(to: dead.endpoint)
            let end = await client.readToEnd()
            #expect(end.bytes.isEmpty)
            #expect(end.ending == .reset)
        }
    }

    @Test("Least connections spreads long-lived connections evenly over all workers")
    func leastConnections() async throws {
        try await Stage.run { stage in
            let backends = try (0..<3).map { number in
                try stage.startBackend { connection in
                    try connection.write("\(number)\n")
                    _ = try connection.readToEnd()
                }
            }
            let node = try await stage.startNode(
                .tcp(to: backends.map(\.endpoint), workers: 2, balance: "least-connections"))
            var clients: [(backend: String, client: RawClient)] = []
            func open(_ count: Int) async throws {
                for _ in 0..<count {
                    let client = try await RawClient.connect(to: node.endpoint)
                    clients.append((try await client.read(through: "\n").text, client))
                }
            }
            func spread() -> [Int] {
                (0..<3).map { number in clients.count { $0.backend == "\(number)\n" } }
            }
            try await open(30)
            #expect(spread() == [10, 10, 10])
            // Those that one backend loses are the next ones it gets.
            clients.removeAll { $0.backend == "1\n" }
            try await until("the node knows of the closed connections") {
                try await node.status().backend(backends[1].endpoint)?.connections == 0
            }
            try await open(9)
            #expect(spread() == [10, 9, 10])
            try await open(10)
            #expect(spread() == [13, 13, 13])
        }
    }

    @Test("An idle tunnel is closed after the client time-out, a busy one is not")
    func idle() async throws {
        try await Stage.run { stage in
            let backend = try stage.startBackend { connection in
                while let line = try connection.read(through: "\n") { try connection.write(line) }
            }
            let node = try await stage.startNode(
                .tcp(to: [backend.endpoint], timeouts: "{ client: 500ms }"))
            let idle = try await RawClient.connect(to: node.endpoint)
            let busy = try await RawClient.connect(to: node.endpoint)
            let start = ContinuousClock.now
            while ContinuousClock.now - start < .milliseconds(1_200) {
                try await busy.send("x\n")
                #expect(try await busy.read(2).text == "x\n")
                try await Task.sleep(for: .milliseconds(50))
            }
            #expect(await idle.readToEnd(within: .milliseconds(500)).ending != .stillOpen)
        }
    }
}
