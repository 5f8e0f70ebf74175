import Foundation
import Testing

/// A cluster that `skein cluster up` brought up, on addresses of its own.
final class TestCluster: Sendable {
    struct Node: Sendable {
        let name: String
        let host: String
        let adminSocket: String
    }

    struct Backend: Sendable {
        let name: String
        let endpoint: Endpoint
    }

    let stage: Stage
    let process: RunningProcess
    let nodes: [Node]
    let backends: [Backend]
    let httpPort: UInt16
    let tcpPort: UInt16
    private let topology: String
    private let folder: String

    fileprivate init(stage: Stage, nodeCount: Int) throws {
        self.stage = stage
        let folder = stage.freshPath("cluster")
        self.folder = folder
        nodes = (1...nodeCount).map { number in
            Node(
                name: "lb-\(number)", host: Endpoint.freshHost(),
                adminSocket: "\(folder)/lb-\(number)/admin.sock")
        }
        backends = try (1...3).map { Backend(name: "goose-\($0)", endpoint: try .fresh()) }
        // Every node has an address of its own, so what is free at one is free at all.
        httpPort = try Endpoint.fresh().port
        tcpPort = httpPort == .max ? httpPort - 1 : httpPort + 1
        let text = Self.topology(nodes, backends, httpPort: httpPort, tcpPort: tcpPort)
        topology = try stage.write(text, named: "topology.yaml")
        process = try stage.spawnCluster([topology, "--directory", folder])
    }

    private static func topology(
        _ nodes: [Node], _ backends: [Backend], httpPort: UInt16, tcpPort: UInt16
    ) -> String {
        var lines = ["cluster: flock", "workers: 1", "nodes:"]
        lines += nodes.map { "  - { name: \($0.name), address: \($0.host) }" }
        lines.append("backends:")
        lines += backends.map { "  - { name: \($0.name), address: \"\($0.endpoint)\" }" }
        lines += [
            "listeners:",
            "  - { name: web, bind: \":\(httpPort)\", protocol: http, pool: geese }",
            "  - { name: raw, bind: \":\(tcpPort)\", protocol: tcp, pool: geese-tcp }", "pools:",
        ]
        let health = "interval: 500ms, timeout: 400ms, verdict: majority"
        for (pool, balance, check) in [
            ("geese", "round-robin", "http"), ("geese-tcp", "least-connections", "tcp"),
        ] {
            lines += ["  - name: \(pool)", "    balance: \(balance)", "    backends:"]
            lines += backends.map { "      - address: \($0.endpoint)" }
            lines.append("    health: { protocol: \(check), \(health) }")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    // MARK: Asking

    func status(of node: Node) async throws -> NodeStatus {
        try await stage.status(node.adminSocket)
    }

    /// Waits until every one of the nodes says so.
    func until(
        _ what: String, within limit: Duration, on nodes: [Node]? = nil,
        _ holds: @Sendable @escaping (NodeStatus) -> Bool
    ) async throws {
        let deadline = Deadline(in: limit)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            for node in nodes ?? self.nodes {
                tasks.addTask {
                    while true {
                        let status = try await self.status(of: node)
                        if holds(status) { return }
                        guard !deadline.hasPassed else {
                            throw Failure("not within \(limit): \(what), by \(node.name)")
                        }
                    }
                }
            }
            try await tasks.waitForAll()
        }
    }

    // MARK: Members

    /// The process of a node or backend as the greeting names it.
    func pid(of member: String) throws -> pid_t {
        let mark = " \(member) (pid "
        guard let start = process.output.firstRange(of: mark)?.upperBound,
            let pid = pid_t(process.output[start...].prefix(while: \.isNumber))
        else { throw Failure("no \(member) in: \(process.output)") }
        return pid
    }

    /// Kills a node with everything that belongs to it, as losing its machine would.
    func killNode(_ node: Node) throws {
        // Every member leads a process group of its own.
        kill(-(try pid(of: node.name)), SIGKILL)
    }

    func restart(_ node: Node) throws -> RunningProcess {
        try stage.start(
            Skein.path,
            ["run", "--topology", topology, "--node", node.name, "--directory", folder])
    }

    func restart(_ backend: Backend) throws {
        _ = try stage.start(
            Skein.path,
            ["demo-backend", "--name", backend.name, "--bind", "\(backend.endpoint)"])
    }
}

extension Stage {
    fileprivate func spawnCluster(_ arguments: [String]) throws -> RunningProcess {
        let process = try start(Skein.path, ["cluster", "up"] + arguments)
        atEnd {
            // Its members are in groups of their own, so nothing else would end them.
            await process.stop(grace: .seconds(12))
        }
        return process
    }

    /// Brings a cluster up and waits until all of it serves.
    func startCluster(nodes: Int = 3) async throws -> TestCluster {
        let cluster = try TestCluster(stage: self, nodeCount: nodes)
        try await until("a cluster that is up", within: .seconds(25)) {
            guard cluster.process.isRunning else {
                throw Failure("the cluster ended: \(cluster.process.errorOutput)")
            }
            return cluster.process.output.contains("Ctrl-C stops it all.\n")
        }
        return cluster
    }
}
