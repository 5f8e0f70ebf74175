import Foundation

extension Stage {
    /// Starts nodes that gossip with one another, each with listeners of its own, and waits until
    /// each knows all the others.
    ///
    /// - Parameters:
    ///   - gossip: where they gossip; nil for addresses of their own.
    ///   - losingProcesses: whether the test kills processes of theirs.
    ///   - adjust: changes the plan of the node with that number, counted from 1.
    func startNodes(
        _ count: Int, _ plan: NodePlan, gossip: [Endpoint]? = nil, losingProcesses: Bool = false,
        adjust: (Int, inout NodePlan) throws -> Void = { _, _ in }
    ) async throws -> [SkeinNode] {
        let keys = try write(try await skein("keys", "new").output, named: "keys")
        let gossip = try gossip ?? (0..<count).map { _ in try Endpoint.fresh(.datagram) }
        let peers = gossip.map { "\"\($0)\"" }.joined(separator: ", ")
        var plans: [NodePlan] = []
        for number in 1...count {
            var own = plan
            own.name = "lb-\(number)"
            own.gossip = "{ bind: \"\(gossip[number - 1])\", join: [\(peers)], keys: \(keys) }"
            for index in own.listeners.indices { own.listeners[index].endpoint = try .fresh() }
            try adjust(number, &own)
            plans.append(own)
        }
        let nodes = try await withThrowingTaskGroup(of: (Int, SkeinNode).self) { tasks in
            for (index, plan) in plans.enumerated() {
                tasks.addTask {
                    (index, try await self.startNode(plan, losingProcesses: losingProcesses))
                }
            }
            return try await tasks.reduce(into: []) { $0.append($1) }
                .sorted { $0.0 < $1.0 }.map(\.1)
        }
        try await nodes.all("every node is known") { status in
            status.nodes.count { $0.state == "alive" } == count
        }
        return nodes
    }
}

extension [SkeinNode] {
    /// Waits until every one of the nodes says so.
    func all(
        _ what: String, within limit: Duration = .seconds(10),
        _ holds: (NodeStatus) async throws -> Bool
    ) async throws {
        let deadline = Deadline(in: limit)
        for node in self {
            while true {
                let status = try await node.status()
                if try await holds(status) { break }
                guard !deadline.hasPassed else {
                    throw Failure("not within \(limit): \(what), by \(status.node)")
                }
                try await Task.sleep(for: .milliseconds(20))
            }
        }
    }
}

extension SkeinNode {
    /// Kills everything that belongs to the node, as losing its machine would.
    func lose() async throws {
        // Every process leads a group of its own.
        kill(-process.pid, SIGKILL)
        _ = try await process.exitStatus(within: .seconds(5))
    }
}
