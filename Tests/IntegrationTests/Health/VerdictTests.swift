import Foundation
import Testing

/// What a cluster makes of what its nodes see, when they see different things.
@Suite(
    "Health: verdicts", .bounded,
    .enabled(if: getuid() == 0, "only root can cut a network in two"))
struct VerdictTests {
    private static let rules = ["majority", "any", "all", "local"]

    /// Three nodes, of which the third is on an island, and one pool for each rule. The first
    /// backend is on the address that the island shares with everybody, the second on the other.
    private func start(
        _ stage: Stage, _ island: Island, _ backends: [RecordingBackend], interval: String
    ) async throws -> [SkeinNode] {
        let pools = Self.rules.map { rule in
            NodePlan.Pool(
                name: rule, backends: backends.map(\.endpoint),
                health: """
                    { protocol: http, path: /health, interval: \(interval), timeout: 400ms, \
                    healthy-threshold: 1, unhealthy-threshold: 2, verdict: \(rule) }
                    """)
        }
        let listeners = try Self.rules.map {
            NodePlan.Listener(endpoint: try .fresh(), pool: $0)
        }
        let gossip = [
            try Endpoint.fresh(.datagram, on: island.shore),
            try Endpoint.fresh(.datagram, on: island.shore),
            Endpoint(host: island.host, port: 7946),
        ]
        let plan = NodePlan(listeners: listeners, pools: pools)
        return try await stage.startNodes(3, plan, gossip: gossip) { number, plan in
            guard number == 3 else { return }
            plan.entrance = island.entrance
            for index in plan.listeners.indices {
                plan.listeners[index].endpoint = Endpoint(
                    host: island.host, port: UInt16(8080 + index))
            }
        }
    }

    @Test("A backend that one node cannot reach: who sees what, and what each rule makes of it")
    func oneBlindNode() async throws {
        try await Stage.run { stage in
            let island = try await stage.startIsland()
            let near = try stage.startRecorder("near", at: Endpoint(host: island.shore, port: 0))
            let far = try stage.startRecorder("far", at: Endpoint(host: island.otherShore, port: 0))
            let nodes = try await start(stage, island, [near, far], interval: "300ms")
            try await nodes.all("everything is up for everybody") { status in
                status.pools.flatMap(\.backends).allSatisfy { $0.status == "up" }
                    && status.backend(far.endpoint, in: "majority")?.seenUpBy.count == 3
            }
            try await island.cutOff(island.otherShore)
            try await nodes.all("lb-3 says that it does not reach it") { status in
                Self.rules.dropLast().allSatisfy { rule in
                    let backend = status.backend(far.endpoint, in: rule)
                    return backend?.seenDownBy.map(\.node) == ["lb-3"]
                        && backend?.seenDownBy.first?.reason?.isEmpty == false
                        && backend?.seenUpBy == ["lb-1", "lb-2"]
                }
            }
            // By rule, what nodes 1 and 2 conclude, and what node 3 does.
            let wanted = [("up", "up"), ("down", "down"), ("up", "up"), ("up", "down")]
            for (index, rule) in Self.rules.enumerated() {
                for (number, node) in nodes.enumerated() {
                    let status = number == 2 ? wanted[index].1 : wanted[index].0
                    try await until("by \(rule) it is \(status) for lb-\(number + 1)") {
                        try await node.status().backend(far.endpoint, in: rule)?.status == status
                    }
                    // Node 3 cannot pass anything to it: there a client gets the other one's
                    // answer, and no error, whatever the verdict.
                    let isServed = number < 2 && status == "up"
                    let names = isServed ? ["far": 4, "near": 4] : ["near": 8]
                    try await until("\(rule): \(names) through lb-\(number + 1)") {
                        try await node.endpoints[index].names(8).tally == names
                    }
                }
            }
            let text = try await stage.skein("pools", "--admin", nodes[0].adminSocket)
            let line = try #require(
                text.outputLines.first { $0.contains("\(far.endpoint)") }, "\(text.output)")
            #expect(line.contains("lb-3: "), "\(line)")

            try await island.reconnect(island.otherShore)
            try await nodes.all("everything is up again") { status in
                status.pools.flatMap(\.backends).allSatisfy { $0.status == "up" }
            }
            #expect(try await nodes[2].endpoints[1].names(8).tally == ["far": 4, "near": 4])
        }
    }

    @Test("A node that is cut off from everything blames itself, and keeps its verdicts")
    func cutOff() async throws {
        try await Stage.run { stage in
            let island = try await stage.startIsland()
            let near = try stage.startRecorder("near", at: Endpoint(host: island.shore, port: 0))
            let far = try stage.startRecorder("far", at: Endpoint(host: island.otherShore, port: 0))
            far.checks = .fails(503)
            let nodes = try await start(stage, island, [near, far], interval: "300ms")
            func holds(_ status: NodeStatus) -> Bool {
                ["majority", "all"].allSatisfy {
                    status.backend(near.endpoint, in: $0)?.status == "up"
                        && status.backend(far.endpoint, in: $0)?.status == "down"
                }
            }
            try await nodes.all("one is up, one is down", holds)
            try await island.cutOff()
            try await until("lb-3 knows") { try await nodes[2].status().gossip?.cutOff == true }
            try await until("lb-3 says what it makes of it") {
                nodes[2].log.contains("the verdicts stay as they are")
            }
            // More than what it takes to find a backend down, thrice.
            let deadline = Deadline(in: .seconds(2))
            while !deadline.hasPassed {
                let status = try await nodes[2].status()
                guard holds(status) else {
                    throw Failure("a verdict changed: \(status.pools.flatMap(\.backends))")
                }
            }
            // The others lose a voice, and nothing else.
            try await nodes[...1].map { $0 }.all("lb-3 has no vote", within: .seconds(15)) {
                holds($0)
                    && $0.backend(near.endpoint, in: "majority")?.seenUpBy == ["lb-1", "lb-2"]
            }
            try await island.reconnect()
            try await nodes.all("all are together again", within: .seconds(20)) { status in
                holds(status) && status.nodes.count { $0.state == "alive" } == 3
                    && status.backend(near.endpoint, in: "majority")?.seenUpBy.count == 3
            }
        }
    }
}
