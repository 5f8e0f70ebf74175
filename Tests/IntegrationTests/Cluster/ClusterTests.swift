import Foundation
import Testing

/// Three nodes that share what they know.
@Suite("Cluster", .bounded, .serialized)
struct ClusterTests {
    private static let get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"

    @Test("A cluster serves on every node, and SIGINT ends all of it with status 0")
    func upAndDown() async throws {
        try await Stage.run { stage in
            let cluster = try await stage.startCluster()
            for node in cluster.nodes {
                let client = try await RawClient.connect(
                    to: Endpoint(host: node.host, port: cluster.httpPort))
                var names: Set<String> = []
                for _ in 0..<6 { names.insert(try await client.ask(Self.get).text) }
                #expect(names == ["goose-1\n", "goose-2\n", "goose-3\n"])
                let status = try await cluster.status(of: node)
                #expect(status.nodes.map(\.name).sorted() == ["lb-1", "lb-2", "lb-3"])
                #expect(status.nodes.allSatisfy { $0.state == "alive" })
                #expect(status.nodes.filter(\.answering).map(\.name) == [node.name])
            }
            cluster.process.send(SIGINT)
            #expect(try await cluster.process.exitStatus(within: .seconds(9)) == 0)
            #expect(stage.markedProcesses() == [])
        }
    }

    /// Whether both pools have the backend so, and for all to see.
    private static func agree(_ status: NodeStatus, _ backend: Endpoint, is wanted: String) -> Bool
    {
        ["geese", "geese-tcp"].allSatisfy {
            status.backend(backend, in: $0)?.status == wanted
        }
    }

    @Test("A lost backend is down on every node within 3 s, with who saw it and why")
    func backendLost() async throws {
        try await Stage.run(alone: true) { stage in
            let cluster = try await stage.startCluster()
            let lost = cluster.backends[1]
            kill(try cluster.pid(of: lost.name), SIGKILL)
            try await cluster.until("\(lost.name) is down", within: .seconds(3)) {
                Self.agree($0, lost.endpoint, is: "down")
            }
            try await cluster.until("everybody saw it", within: .seconds(2)) { status in
                let backend = status.backend(lost.endpoint, in: "geese")
                return backend?.seenDownBy.map(\.node).sorted() == ["lb-1", "lb-2", "lb-3"]
                    && backend?.reason?.contains("refused") == true
                    && backend?.seenDownBy.allSatisfy { $0.reason?.isEmpty == false } == true
            }
            for node in cluster.nodes {
                let client = try await RawClient.connect(
                    to: Endpoint(host: node.host, port: cluster.httpPort))
                for _ in 0..<9 {
                    let answer = try await client.ask(Self.get)
                    #expect(answer.status == 200)
                    #expect(answer.text != "\(lost.name)\n")
                }
            }
            try cluster.restart(lost)
            try await cluster.until("\(lost.name) is up", within: .seconds(5)) {
                Self.agree($0, lost.endpoint, is: "up")
            }
        }
    }

    @Test("A backend that hangs is down on every node within 3 s, and up when it wakes")
    func backendHangs() async throws {
        try await Stage.run(alone: true) { stage in
            let cluster = try await stage.startCluster()
            let hanging = cluster.backends[2]
            let pid = try cluster.pid(of: hanging.name)
            kill(pid, SIGSTOP)
            defer { kill(pid, SIGCONT) }
            // To a TCP check it looks well: the kernel goes on taking connections.
            try await cluster.until("\(hanging.name) is down", within: .seconds(3)) {
                $0.backend(hanging.endpoint, in: "geese")?.status == "down"
                    && $0.backend(hanging.endpoint, in: "geese-tcp")?.status == "up"
            }
            kill(pid, SIGCONT)
            try await cluster.until("\(hanging.name) is up", within: .seconds(5)) {
                Self.agree($0, hanging.endpoint, is: "up")
            }
        }
    }

    /// Opens connections that stay, through the TCP listener of a node.
    private func openTunnels(_ count: Int, _ node: TestCluster.Node, _ cluster: TestCluster)
        async throws -> [RawClient]
    {
        var tunnels: [RawClient] = []
        for _ in 0..<count {
            tunnels.append(
                try await RawClient.connect(
                    to: Endpoint(host: node.host, port: cluster.tcpPort)))
        }
        return tunnels
    }

    private static func open(_ status: NodeStatus) -> UInt64 {
        status.pools.filter { $0.name == "geese-tcp" }.flatMap(\.backends)
            .reduce(0) { $0 + $1.clusterConnections }
    }

    @Test("A node's connections count everywhere, until the node is lost; then it comes back")
    func nodeLost() async throws {
        try await Stage.run(alone: true) { stage in
            let cluster = try await stage.startCluster()
            let (lost, others) = (cluster.nodes[0], Array(cluster.nodes[1...]))
            let tunnels = try await openTunnels(12, lost, cluster)
            let otherTunnels = try await openTunnels(3, others[0], cluster)
            try await cluster.until("all see 15 connections", within: .seconds(3)) {
                Self.open($0) == 15 && $0.node("lb-1")?.connections == 12
                    && $0.node("lb-2")?.connections == 3
            }
            // Fewest connections of all nodes together, not of one.
            let status = try await cluster.status(of: others[1])
            for backend in cluster.backends {
                let count = status.backend(backend.endpoint, in: "geese-tcp")?.clusterConnections
                #expect(count == 5)
            }
            let generation = try #require(status.node("lb-1")?.generation)

            try cluster.killNode(lost)
            try await cluster.until("lb-1 is dead", within: .seconds(3), on: others) {
                $0.node("lb-1")?.state == "dead"
            }
            try await cluster.until("3 connections", within: .seconds(1), on: others) {
                Self.open($0) == 3 && ($0.node("lb-1")?.connections ?? 0) == 0
            }
            for node in others {
                let client = try await RawClient.connect(
                    to: Endpoint(host: node.host, port: cluster.httpPort))
                for _ in 0..<6 { #expect(try await client.ask(Self.get).status == 200) }
            }

            let again = try cluster.restart(lost)
            try await until("lb-1 is ready") { again.errorOutput.contains(": ready\n") }
            try await cluster.until("lb-1 is alive", within: .seconds(5)) { status in
                status.nodes.count == 3 && status.nodes.allSatisfy { $0.state == "alive" }
                    && (status.node("lb-1")?.generation ?? 0) > generation
            }
            withExtendedLifetime((tunnels, otherTunnels)) {}
        }
    }

    @Test("A node that is told to stop has left, and is not taken for dead")
    func nodeLeaves() async throws {
        try await Stage.run(alone: true) { stage in
            let cluster = try await stage.startCluster()
            let others = Array(cluster.nodes[1...])
            kill(try cluster.pid(of: "lb-1"), SIGTERM)
            try await cluster.until("lb-1 has left", within: .seconds(3), on: others) { status in
                // In time it may even be forgotten.
                status.node("lb-1").map { $0.state == "left" } ?? true
            }
            try await until("its end is told") {
                cluster.process.output.contains("lb-1 has ended\n")
            }
        }
    }

    @Test("A node that loses its control process stays a member, and keeps its connections")
    func controlLost() async throws {
        try await Stage.run(alone: true) { stage in
            let cluster = try await stage.startCluster()
            let (losing, others) = (cluster.nodes[0], Array(cluster.nodes[1...]))
            let tunnels = try await openTunnels(6, losing, cluster)
            try await cluster.until("all see 6 connections", within: .seconds(3)) {
                Self.open($0) == 6
            }
            let before = try await cluster.status(of: others[0])
            let generation = try #require(before.node("lb-1")?.generation)
            let supervisor = try cluster.pid(of: "lb-1")
            let control = try #require(
                ProcessFacts.children(of: supervisor).first {
                    ProcessFacts.commandLine(of: $0).contains(" control ")
                })
            kill(control, SIGKILL)
            try await cluster.until("lb-1 is back", within: .seconds(5), on: others) { status in
                status.node("lb-1")?.state == "alive"
                    && (status.node("lb-1")?.generation ?? 0) > generation
                    && status.node("lb-1")?.connections == 6
            }
            try await cluster.until("all agree again", within: .seconds(3)) { status in
                Self.open(status) == 6 && status.nodes.allSatisfy { $0.state == "alive" }
                    && status.pools.flatMap(\.backends).allSatisfy { $0.status == "up" }
            }
            for tunnel in tunnels {
                let answer = try await tunnel.ask(Self.get)
                #expect(answer.status == 200)
            }
        }
    }

    @Test("A new node starts with the verdicts of those that it joins")
    func joining() async throws {
        try await Stage.run { stage in
            let good = try stage.startBackend(saying: "ok")
            // Three seconds go by before a node knows by itself that nobody answers here.
            let hole = try await BlackHole()
            let keys = try stage.write(
                try await stage.skein("keys", "new").output, named: "keys")
            func plan(_ name: String, gossip: Endpoint) throws -> NodePlan {
                var plan = try NodePlan.http(
                    to: [good.endpoint, hole.endpoint],
                    health: "{ protocol: tcp, interval: 4s, timeout: 3s }")
                plan.name = name
                plan.gossip = "{ bind: \(gossip), keys: \(keys) }"
                return plan
            }
            let gossip = try Endpoint.fresh(.datagram)
            let first = try await stage.startNode(try plan("lb-1", gossip: gossip))
            try await first.waitUntil(hole.endpoint, is: "down")
            let second = try await stage.startNode(
                try plan("lb-2", gossip: try .fresh(.datagram)), arguments: ["--join", "\(gossip)"])
            let seen = try await second.waitUntil(
                hole.endpoint, is: "down", within: .milliseconds(2_500))
            #expect(seen.seenDownBy.map(\.node) == ["lb-1"])
            #expect(seen.reason?.isEmpty == false)
        }
    }
}
