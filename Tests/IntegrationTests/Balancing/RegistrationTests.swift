import Foundation
import Testing

/// Backends that register themselves at some node, for all nodes.
@Suite("Balancing: registration", .bounded)
struct RegistrationTests {
    private func plan(_ backends: [RecordingBackend]) throws -> NodePlan {
        try .http(to: backends, settings: ["registration: true"])
    }

    /// Waits until clients of every node get exactly those answers, each as often as the others.
    private func served(
        _ names: [String], by nodes: [SkeinNode], within limit: Duration = .seconds(2)
    ) async throws {
        let deadline = Deadline(in: limit)
        for node in nodes {
            let client = try await RawClient.connect(to: node.endpoint)
            while true {
                let seen = Set(try await client.names(2 * names.count))
                if seen == Set(names) { break }
                guard !deadline.hasPassed else {
                    throw Failure("not within \(limit): \(names); it is \(seen.sorted())")
                }
            }
        }
    }

    @Test("What registers at one node gets traffic from all within 2 s, until it is deleted")
    func addAndRemove() async throws {
        try await Stage.run { stage in
            let (a, b) = (try stage.startRecorder("A"), try stage.startRecorder("B"))
            let nodes = try await stage.startNodes(3, plan([a]))
            #expect(try await nodes[0].admin("PUT", b.endpoint).status == 200)
            try await served(["A", "B"], by: nodes)
            try await nodes.all("it is known as registered") {
                $0.backend(b.endpoint)?.origin == "registered"
            }
            // Another weight, said at another node.
            let change = try await nodes[1].admin("PUT", b.endpoint, #"{"weight": 3}"#)
            #expect(change.status == 200)
            for node in nodes {
                let client = try await RawClient.connect(to: node.endpoint)
                try await until("B gets three quarters") {
                    try await client.names(8).tally == ["A": 2, "B": 6]
                }
            }
            #expect(try await nodes[2].admin("DELETE", b.endpoint).status == 200)
            try await served(["A"], by: nodes)
            // One that is configured goes as well, and comes back.
            #expect(try await nodes[0].admin("PUT", b.endpoint).status == 200)
            #expect(try await nodes[2].admin("DELETE", a.endpoint).status == 200)
            try await served(["B"], by: nodes)
            #expect(try await nodes[1].admin("PUT", a.endpoint).status == 200)
            try await served(["A", "B"], by: nodes)
        }
    }

    @Test("What does not register again within its time is gone everywhere")
    func timeToLive() async throws {
        try await Stage.run { stage in
            let (a, b) = (try stage.startRecorder("A"), try stage.startRecorder("B"))
            let nodes = try await stage.startNodes(3, plan([a]))
            let (_, time) = try await timed {
                #expect(try await nodes[0].admin("PUT", b.endpoint, #"{"ttl": 2}"#).status == 200)
                try await served(["A", "B"], by: nodes)
                // Again, at another node, counts from then on.
                try await Task.sleep(for: .milliseconds(1_200))
                #expect(try await nodes[1].admin("PUT", b.endpoint, #"{"ttl": 2}"#).status == 200)
                try await Task.sleep(for: .milliseconds(1_200))
                try await served(["A", "B"], by: nodes)
                try await served(["A"], by: nodes, within: .seconds(5))
            }
            #expect(time >= .milliseconds(3_100), "\(time)")
            try await nodes.all("it is forgotten") { $0.backend(b.endpoint) == nil }
        }
    }

    @Test("A registration outlives the control process and the node that took it")
    func survival() async throws {
        try await Stage.run { stage in
            let (a, b) = (try stage.startRecorder("A"), try stage.startRecorder("B"))
            let nodes = try await stage.startNodes(3, plan([a]), losingProcesses: true)
            #expect(try await nodes[0].admin("PUT", b.endpoint, #"{"weight": 2}"#).status == 200)
            try await served(["A", "B"], by: nodes)

            let control = try #require(nodes[0].control)
            kill(control, SIGKILL)
            try await until("a new control process knows it") {
                guard let new = nodes[0].control, new != control else { return false }
                return await (try? nodes[0].status())?.backend(b.endpoint)?.weight == 2
            }
            try await served(["A", "B"], by: nodes)

            let others = Array(nodes[1...])
            try await nodes[0].lose()
            try await others.all("the node is dead") { $0.node("lb-1")?.state == "dead" }
            for node in others {
                let client = try await RawClient.connect(to: node.endpoint)
                #expect(try await client.names(6).tally == ["A": 2, "B": 4])
            }
            // The others may say so as well.
            #expect(try await others[1].admin("DELETE", b.endpoint).status == 200)
            try await served(["A"], by: others)
        }
    }

    @Test("What a node alone was told outlives its control process and the whole node")
    func alone() async throws {
        try await Stage.run { stage in
            let (a, b) = (try stage.startRecorder("A"), try stage.startRecorder("B"))
            let plan = try plan([a])
            let node = try await stage.startNode(plan)
            #expect(try await node.admin("PUT", b.endpoint).status == 200)
            try await served(["A", "B"], by: [node])
            node.process.send(SIGTERM)
            #expect(try await node.process.exitStatus(within: .seconds(5)) == 0)
            let again = try await stage.startNode(plan, in: node.folder)
            try await served(["A", "B"], by: [again])
        }
    }

    @Test("What the cluster was told outlives a loss of all its nodes at once")
    func everybody() async throws {
        try await Stage.run { stage in
            let (a, b) = (try stage.startRecorder("A"), try stage.startRecorder("B"))
            var plans: [NodePlan] = []
            let nodes = try await stage.startNodes(2, plan([a]), losingProcesses: true) {
                plans.append($1)
            }
            #expect(try await nodes[0].admin("PUT", b.endpoint, #"{"weight": 3}"#).status == 200)
            #expect(
                try await nodes[1].admin("PATCH", a.endpoint, #"{"state": "drain"}"#).status == 200)
            try await served(["B"], by: nodes)
            // It is written down within a second; the last of it with all that was before.
            let since = Date.now
            #expect(
                try await nodes[0].admin("PATCH", b.endpoint, #"{"weight": 4}"#).status == 200)
            for node in nodes {
                try await until("it is on disk") {
                    let written =
                        try? FileManager.default.attributesOfItem(
                            atPath: "\(node.folder)/state/shared")[.modificationDate] as? Date
                    return written.map { $0 > since } ?? false
                }
            }
            for node in nodes { try await node.lose() }
            let again = try await withThrowingTaskGroup(of: SkeinNode.self) { tasks in
                for (plan, node) in zip(plans, nodes) {
                    tasks.addTask {
                        try await stage.startNode(plan, losingProcesses: true, in: node.folder)
                    }
                }
                return try await tasks.reduce(into: []) { $0.append($1) }
            }
            try await again.all("both are as they were") { status in
                status.backend(b.endpoint)?.weight == 4
                    && status.backend(a.endpoint)?.state == "drain"
            }
            try await served(["B"], by: again)
        }
    }

    @Test("State, backup and limit can be said of any backend, at any node, by command")
    func changes() async throws {
        try await Stage.run { stage in
            let (a, b) = (try stage.startRecorder("A"), try stage.startRecorder("B"))
            let nodes = try await stage.startNodes(2, plan([a, b]))
            func tell(_ words: String...) async throws {
                let result = try await stage.run(
                    Skein.path, ["backend"] + words,
                    environment: ["SKEIN_ADMIN": nodes[0].adminSocket])
                #expect(result.status == 0, "\(words): \(result.error)")
            }
            try await tell("weight", "app", "\(a.endpoint)", "3")
            try await nodes.all("weight 3") { $0.backend(a.endpoint)?.weight == 3 }
            try await tell("maintenance", "app", "\(a.endpoint)")
            try await served(["B"], by: nodes)
            // What an operator wants is not undone by a backend that registers again.
            #expect(try await nodes[1].admin("PUT", a.endpoint).status == 200)
            let client = try await RawClient.connect(to: nodes[1].endpoint)
            #expect(try await client.names(20).tally == ["B": 20])
            try await nodes.all("still in maintenance") {
                $0.backend(a.endpoint)?.state == "maintenance"
            }
            try await tell("ready", "app", "\(a.endpoint)")
            try await served(["A", "B"], by: nodes)
            let patch = try await nodes[1].admin("PATCH", b.endpoint, #"{"backup": true}"#)
            #expect(patch.status == 200)
            try await served(["A"], by: nodes)
            try await tell("drain", "app", "\(a.endpoint)")
            try await served(["B"], by: nodes)
            try await tell("remove", "app", "\(b.endpoint)")
            try await served(["status 503"], by: nodes)
        }
    }

    @Test("What a request leaves out stays as it was")
    func leftOut() async throws {
        try await Stage.run { stage in
            let (a, b) = (try stage.startRecorder("A"), try stage.startRecorder("B"))
            let node = try await stage.startNode(plan([a]))
            for backend in [a, b] {
                for (method, body) in [
                    ("PUT", #"{"weight": 3}"#), ("PATCH", #"{"state": "drain"}"#), ("PUT", nil),
                    ("PATCH", #"{"max-connections": 7}"#), ("PUT", "{}"),
                ] {
                    #expect(try await node.admin(method, backend.endpoint, body).status == 200)
                }
                let shown = try #require(try await node.status().backend(backend.endpoint))
                #expect(shown.weight == 3)
                #expect(shown.state == "drain")
                #expect(shown.share == 7)
            }
        }
    }

    @Test("Wrong requests get a status and one sentence, and change nothing")
    func refusals() async throws {
        try await Stage.run { stage in
            let a = try stage.startRecorder("A")
            let node = try await stage.startNode(try plan([a]))
            let good = "\(a.endpoint)"
            let wrong: [(method: String, pool: String, address: String, body: String?, Int)] = [
                ("PUT", "nope", good, nil, 404), ("DELETE", "nope", good, nil, 404),
                ("PATCH", "app", "127.0.0.1:9", #"{"weight": 1}"#, 404),
                ("DELETE", "app", "127.0.0.1:9", nil, 404),
                ("PUT", "app", "nowhere", nil, 400), ("PUT", "app", "127.0.0.1:0", nil, 400),
                ("PUT", "app", "127.0.0.1:99999", nil, 400),
                ("PUT", "app", "256.0.0.1:80", nil, 400),
                ("PUT", "app", good, "{", 400), ("PUT", "app", good, "[]", 400),
                ("PUT", "app", good, "3", 400), ("PUT", "app", good, #"{"wait": 1}"#, 400),
                ("PUT", "app", good, #"{"weight": -1}"#, 400),
                ("PUT", "app", good, #"{"weight": 257}"#, 400),
                ("PUT", "app", good, #"{"weight": 1.5}"#, 400),
                ("PUT", "app", good, #"{"weight": "2"}"#, 400),
                ("PUT", "app", good, #"{"weight": 99999999999999999999}"#, 400),
                ("PUT", "app", good, #"{"ttl": 0}"#, 400),
                ("PUT", "app", good, #"{"state": "asleep"}"#, 400),
                ("PUT", "app", good, #"{"max-connections": 0}"#, 400),
                ("PUT", "app", good, #"{"backup": 1}"#, 400),
                ("PUT", "app", good, String(repeating: " ", count: 100_000), 413),
                ("PUT", "app", good, String(repeating: "[", count: 4_000), 400),
                ("POST", "app", good, nil, 404),
            ]
            for (method, pool, address, body, status) in wrong {
                let answer = try await node.admin(method, address, of: pool, body)
                let what = "\(method) \(pool) \(address) \(body?.prefix(50) ?? "")"
                #expect(answer.status == status, "\(what): \(answer)")
                if method != "POST" {
                    #expect(answer.text.split(separator: "\n").count == 1, "\(what)")
                    #expect(answer.text.count > 10, "\(what)")
                }
            }
            let after = try await node.status().pools[0].backends
            #expect(after.map(\.address) == [good] && after[0].weight == 1)
            #expect(after[0].state == "ready")
            for words in [
                ["backend", "add", "nope", good], ["backend", "drain", "app", "1.2.3.4:5"],
            ] {
                let result = try await stage.run(
                    Skein.path, words, environment: ["SKEIN_ADMIN": node.adminSocket])
                #expect(result.status == 1)
                #expect(result.errorLines.count == 1, "\(result.error)")
            }
        }
    }

    @Test("Without 'registration' no backend registers for a time, but an operator may add one")
    func notAllowed() async throws {
        try await Stage.run { stage in
            let (a, b) = (try stage.startRecorder("A"), try stage.startRecorder("B"))
            let node = try await stage.startNode(.http(to: [a]))
            let answer = try await node.admin("PUT", b.endpoint, #"{"ttl": 60}"#)
            #expect(answer.status == 409)
            #expect(answer.text.contains("registration: true"), "\(answer.text)")
            #expect(try await node.status().backend(b.endpoint) == nil)
            try await served(["A"], by: [node])
            #expect(try await node.admin("PUT", b.endpoint).status == 200)
            try await served(["A", "B"], by: [node])
        }
    }
}
