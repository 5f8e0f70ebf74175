import Foundation
import Testing

/// What keeps a node from starting: one clear line, status 1, and nothing left behind.
@Suite("Startup: refusals", .bounded)
struct RefusalTests {
    /// Runs a node that must not start.
    ///
    /// - Returns: the one line that it wrote.
    private func refusal(of plan: NodePlan, in folder: String, _ stage: Stage) async throws
        -> String
    {
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true)
        let file = try stage.write(plan.yaml(folder: folder), named: "refused.yaml")
        let before = stage.markedProcesses()
        let result = try await stage.skein("run", "-c", file)
        #expect(result.status == 1)
        #expect(result.output == "")
        #expect(result.errorLines.count == 1, "\(result.error)")
        #expect(stage.markedProcesses().sorted() == before.sorted())
        return result.error
    }

    private func isSocketAbsent(_ folder: String) -> Bool {
        !FileManager.default.fileExists(atPath: "\(folder)/admin.sock")
    }

    @Test("A listener's port that is in use; the other listeners are given up, too")
    func portInUse() async throws {
        try await Stage.run { stage in
            let other = try stage.startBackend(saying: "mine")
            var plan = try NodePlan.http(to: [try .fresh()], workers: 2)
            plan.listeners.append(.init(endpoint: other.endpoint))
            let folder = stage.freshPath("node")
            let line = try await refusal(of: plan, in: folder, stage)
            #expect(line.contains("\(other.endpoint)"))
            #expect(line.contains("Address already in use"))
            #expect(isSocketAbsent(folder))
            await #expect(throws: Failure.self) {
                try await RawClient.connect(to: plan.listeners[0].endpoint)
            }
            // Whoever had the port is not disturbed.
            let client = try await RawClient.connect(to: other.endpoint)
            #expect(try await client.ask("GET / HTTP/1.1\r\nHost: a\r\n\r\n").text == "mine")
        }
    }

    @Test("A port that another node serves")
    func portOfAnotherNode() async throws {
        try await Stage.run { stage in
            let backend = try stage.startBackend(saying: "ok")
            let plan = try NodePlan.http(to: [backend.endpoint])
            let first = try await stage.startNode(plan)
            let folder = stage.freshPath("node")
            let line = try await refusal(of: plan, in: folder, stage)
            #expect(line.contains("\(first.endpoint)"))
            #expect(isSocketAbsent(folder))
        }
    }

    @Test("An address that is not this machine's")
    func foreignAddress() async throws {
        try await Stage.run { stage in
            var plan = try NodePlan.http(to: [try .fresh()])
            plan.listeners[0].endpoint = Endpoint(host: "192.0.2.1", port: 8080)
            let folder = stage.freshPath("node")
            let line = try await refusal(of: plan, in: folder, stage)
            #expect(line.contains("192.0.2.1:8080"))
            #expect(isSocketAbsent(folder))
        }
    }

    @Test(
        "A key file that is missing, empty, no base64, or of a wrong length",
        arguments: [
            (nil, "no such file"), ("", "no key"), ("# only words\n", "no key"),
            ("nonsense!\n", "base64"), ("aGVsbG8=\n", "5 bytes"),
            (String(repeating: "A", count: 44) + "\n", "33 bytes"),
        ] as [(String?, String)])
    func keys(text: String?, reason: String) async throws {
        try await Stage.run { stage in
            let path =
                try text.map { try stage.write($0, named: "keys") }
                ?? stage.freshPath("missing")
            var plan = try NodePlan.http(to: [try .fresh()])
            plan.gossip = "{ bind: \(try Endpoint.fresh(.datagram)), keys: \(path) }"
            let folder = stage.freshPath("node")
            let line = try await refusal(of: plan, in: folder, stage)
            #expect(line.contains(path))
            #expect(line.contains(reason))
            #expect(isSocketAbsent(folder))
        }
    }

    @Test("A gossip port that is in use")
    func gossipPortInUse() async throws {
        try await Stage.run { stage in
            let taken = try BareSocket(.datagram)
            try taken.bind(to: Endpoint(host: Endpoint.freshHost(), port: 0))
            let keys = try stage.write(
                try await stage.skein("keys", "new").output, named: "keys")
            var plan = try NodePlan.http(to: [try .fresh()], workers: 2)
            plan.gossip = "{ bind: \(try taken.localEndpoint()), keys: \(keys) }"
            let folder = stage.freshPath("node")
            let line = try await refusal(of: plan, in: folder, stage)
            #expect(line.contains("\(try taken.localEndpoint())"))
            #expect(line.contains("Address already in use"))
            #expect(isSocketAbsent(folder))
        }
    }

    @Test("An admin socket that another node answers on; that node is not disturbed")
    func adminSocketInUse() async throws {
        try await Stage.run { stage in
            let backend = try stage.startBackend(saying: "ok")
            let node = try await stage.startNode(.http(to: [backend.endpoint]))
            var second = try NodePlan.http(to: [backend.endpoint])
            second.name = "lb-2"
            let line = try await refusal(of: second, in: node.folder, stage)
            #expect(line.contains(node.adminSocket))
            #expect(try await node.status().node == "lb-1")
            let client = try await RawClient.connect(to: node.endpoint)
            #expect(try await client.ask("GET / HTTP/1.1\r\nHost: a\r\n\r\n").status == 200)
        }
    }

    @Test("A state directory that cannot be one, and a socket that nobody can make")
    func places() async throws {
        try await Stage.run { stage in
            let folder = stage.freshPath("node")
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true)
            try "a file".write(toFile: "\(folder)/state", atomically: false, encoding: .utf8)
            // Only a node that gossips has something to keep.
            let keys = try stage.write(
                try await stage.skein("keys", "new").output, named: "keys")
            var plan = try NodePlan.http(to: [try .fresh()])
            plan.gossip = "{ bind: \(try Endpoint.fresh(.datagram)), keys: \(keys) }"
            let state = try await refusal(of: plan, in: folder, stage)
            #expect(state.contains("\(folder)/state"))

            let file = try stage.write("a file", named: "file")
            let yaml = plan.yaml(folder: stage.freshPath("other"))
                .replacing(/socket: \S+/, with: "socket: \(file)/admin.sock")
            let path = try stage.write(yaml, named: "socket.yaml")
            let result = try await stage.skein("run", "-c", path)
            #expect(result.status == 1)
            #expect(result.errorLines.count == 1, "\(result.error)")
            #expect(result.error.contains("\(file)"))
        }
    }
}
