import Foundation
import Synchronization
import Testing

/// How a node ends: when told to, and when its supervisor is lost.
@Suite("Supervision: stopping", .bounded)
struct StopTests {
    private static let get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"

    @Test("SIGTERM and SIGINT end everything with status 0", arguments: [SIGTERM, SIGINT])
    func idle(signal: CInt) async throws {
        try await Stage.run { stage in
            let backend = try stage.startBackend(saying: "ok")
            let node = try await stage.startNode(.http(to: [backend.endpoint], workers: 2))
            let idle = try await RawClient.connect(to: node.endpoint)
            #expect(try await idle.ask(Self.get).status == 200)
            let children = ProcessFacts.children(of: node.process.pid)
            #expect(children.count == 3)
            node.process.send(signal)
            // A client between two requests is told at once that there will be no next one.
            let end = await idle.readToEnd()
            #expect(end.bytes.isEmpty)
            #expect(end.ending == .closed)
            #expect(try await node.process.exitStatus(within: .seconds(4)) == 0)
            #expect(children.filter(ProcessFacts.isRunning) == [])
            #expect(!FileManager.default.fileExists(atPath: node.adminSocket))
        }
    }

    @Test("A request in flight is finished before the node ends")
    func inFlight() async throws {
        try await Stage.run { stage in
            let mayAnswer = Mutex(false)
            let backend = try stage.startBackend { connection in
                guard try connection.readRequest() != nil else { return }
                try connection.write("HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nhalf")
                while !mayAnswer.withLock({ $0 }) { Thread.sleep(forTimeInterval: 0.01) }
                try connection.write("done")
            }
            let silent = try stage.startBackend { connection in
                guard try connection.readRequest() != nil else { return }
                while !mayAnswer.withLock({ $0 }) { Thread.sleep(forTimeInterval: 0.01) }
                try connection.write(Answer.ok("late"))
            }
            var plan = try NodePlan.http(to: [backend.endpoint])
            plan.listeners.append(.init(endpoint: try .fresh(), pool: "silent"))
            plan.pools.append(.init(name: "silent", backends: [silent.endpoint]))
            let node = try await stage.startNode(plan)
            let streaming = try await RawClient.connect(to: node.endpoint)
            try await streaming.send(Self.get)
            _ = try await streaming.read(through: "half")
            let waiting = try await RawClient.connect(to: plan.listeners[1].endpoint)
            try await waiting.send(Self.get)
            try await until("the request is with its backend") { !silent.received.isEmpty }

            node.process.send(SIGTERM)
            try await until("the node drains") { try await self.isDraining(node) }
            mayAnswer.withLock { $0 = true }
            #expect(await streaming.readToEnd().bytes.text == "done")
            let answer = try await waiting.readResponse()
            #expect(answer.text == "late")
            #expect(answer.values("connection") == ["close"])
            #expect(await waiting.readToEnd().ending == .closed)
            #expect(try await node.process.exitStatus(within: .seconds(4)) == 0)
        }
    }

    /// Whether control has left already, as the first of the processes.
    private func isDraining(_ node: SkeinNode) async throws -> Bool {
        #expect(node.process.isRunning)
        return node.control == nil
    }

    @Test("A request that never ends is cut when the drain's time is over")
    func cut() async throws {
        try await Stage.run { stage in
            let backend = try stage.startBackend { _ = try $0.readToEnd() }
            let node = try await stage.startNode(.http(to: [backend.endpoint]))
            let client = try await RawClient.connect(to: node.endpoint)
            try await client.send(Self.get)
            try await until("the request is with its backend") { !backend.received.isEmpty }
            node.process.send(SIGTERM)
            let (status, time) = try await timed {
                try await node.process.exitStatus(within: .seconds(9))
            }
            #expect(status == 0)
            #expect(time > .seconds(3) && time < .seconds(8))
            #expect(await client.readToEnd().ending != .stillOpen)
        }
    }

    @Test("A second SIGTERM ends the node at once")
    func twice() async throws {
        try await Stage.run { stage in
            let backend = try stage.startBackend { _ = try $0.readToEnd() }
            let node = try await stage.startNode(.http(to: [backend.endpoint]))
            let client = try await RawClient.connect(to: node.endpoint)
            try await client.send(Self.get)
            try await until("the request is with its backend") { !backend.received.isEmpty }
            node.process.send(SIGTERM)
            try await until("the node drains") { try await self.isDraining(node) }
            node.process.send(SIGTERM)
            #expect(try await node.process.exitStatus(within: .seconds(2)) == 0)
        }
    }

    @Test("A lost supervisor leaves no orphans, and the node can start again at once")
    func supervisorLost() async throws {
        try await Stage.run { stage in
            let backend = try stage.startBackend(saying: "ok")
            let plan = try NodePlan.http(to: [backend.endpoint], workers: 2)
            let node = try await stage.startNode(plan)
            let children = ProcessFacts.children(of: node.process.pid)
            #expect(children.count == 3)
            let client = try await RawClient.connect(to: node.endpoint)
            #expect(try await client.ask(Self.get).status == 200)
            node.process.send(SIGKILL)
            _ = try await node.process.exitStatus(within: .seconds(2))
            try await until("no process is left", within: .seconds(2)) {
                !children.contains(where: ProcessFacts.isRunning)
            }
            // The socket file is still there, but nobody answers on it.
            let again = try await stage.startNode(plan, in: node.folder)
            let other = try await RawClient.connect(to: again.endpoint)
            #expect(try await other.ask(Self.get).status == 200)
            #expect(try await again.status().node == "lb-1")
        }
    }
}
