import Primitives
import Wire

extension Scenario {
    var partitionSetting: ScenarioSetting {
        switch self {
        case .onePeerOnly:
            ScenarioSetting(
                "one node is reached by one peer only: no unrelated node is held dead",
                nodes: 5...5, nodesMin: 3
            ) { $0.onePeerOnly() }
        case .partialPartition:
            ScenarioSetting(
                "two cannot hear one another, all others hear both: nobody is held dead",
                nodes: 3...5, nodesMin: 3
            ) { $0.partialPartition() }
        case .split:
            ScenarioSetting(
                "halves are parted for minutes: 10 s later they are one, and what went stays gone",
                nodes: 4...6, nodesMin: 2
            ) { $0.split() }
        default:
            ScenarioSetting(
                "one node is cut off, and its seed crashes: it knows what it knew, and comes back",
                nodes: 4...6, nodesMin: 3
            ) { $0.isolation() }
        }
    }
}

extension Trial {
    fileprivate func onePeerOnly() {
        startAll()
        cluster.run(for: .seconds(2))
        let pair = (0..<nodes).shuffled(using: &random).prefix(2)
        let (lonely, peer) = (pair[0], pair[1])
        cluster.nodes[lonely].isFaulty = true
        for other in 0..<nodes where other != lonely && other != peer {
            cluster.conditions.cut(between: lonely, and: other)
        }
        cluster.run(for: duration(30))
        expectNoFalseDeaths()
        expectCalmAndReturn()
    }

    /// A and C are parted; every third time only one way. Counts go around the cut.
    fileprivate func partialPartition() {
        startAll()
        cluster.run(for: .seconds(2))
        let pair = (0..<nodes).shuffled(using: &random).prefix(2)
        let (a, c) = (pair[0], pair[1])
        let start = cluster.now
        cluster.conditions.cut(from: a, to: c)
        if report.seed % 3 != 0 { cluster.conditions.cut(from: c, to: a) }
        var connections: UInt32 = 100
        while cluster.now - start < duration(60) {
            connections += 1
            cluster.gauge(a, backend: 7, connections: connections)
            cluster.run(for: .seconds(5))
            let seen = cluster.openConnections(7, at: c)
            expect(seen == Int(connections), "5 s later a count has not found its way around")
        }
        let deaths = cluster.deaths(since: start, of: cluster.names)
        expect(deaths == 0, "somebody was held dead \(deaths) times")
        expectCalm()
    }

    /// Values that change, come and go in one half are so everywhere afterwards.
    fileprivate func split() {
        startAll()
        let half = nodes / 2
        cluster.observe(0, "api|deleted", .up)
        cluster.observe(nodes - 1, "api|changed", .up)
        cluster.run(for: .seconds(2))
        cluster.conditions.separate(0..<half)
        // Now and then longer than dead members' values are kept.
        cluster.run(for: duration(report.seed % 16 == 7 ? 660 : 60 + Int(report.seed % 4) * 20))
        cluster.withdraw(0, "api|deleted")
        cluster.observe(nodes - 1, "api|changed", .down)
        cluster.observe(0, "api|new", .up)
        cluster.run(for: .seconds(10))
        let before = cluster.bytesSent
        let start = cluster.now
        cluster.conditions = NetworkConditions()
        report.convergence = expectConvergence(within: Targets.union)
        let seconds = max((cluster.now - start).inSeconds, 1)
        let bytes = Double(cluster.bytesSent - before) / seconds / Double(nodes)
        measure("healing_bytes_per_second_per_node", bytes)
        expect(bytes <= Targets.healingBytes(nodes), "healing cost \(Int(bytes)) bytes/s a node")
        for viewer in 0..<nodes {
            expect(
                cluster.status("api|deleted", by: 0, at: viewer) == nil
                    && cluster.status("api|changed", by: nodes - 1, at: viewer) == .down
                    && cluster.status("api|new", by: 0, at: viewer) == .up,
                "\(cluster.nodes[viewer].name) does not have what was changed meanwhile")
        }
    }

    /// All join through node 0, which is gone when the node that was cut off comes back.
    fileprivate func isolation() {
        startAll()
        for node in 0..<nodes { cluster.observe(node, "api|\(node)", .up) }
        cluster.run(for: .seconds(3))
        let node = choose(1, from: 1..<nodes)[0]
        cluster.nodes[node].isFaulty = true
        cluster.conditions.separate([node])
        cluster.run(for: .seconds(5))
        cluster.crash(0)
        cluster.run(for: duration(20 + Int(report.seed % 100)))
        for owner in 0..<nodes {
            expect(
                cluster.status("api|\(owner)", by: owner, at: node) == .up,
                "the node that is cut off forgot what \(cluster.nodes[owner].name) last said")
        }
        cluster.conditions = NetworkConditions()
        report.convergence = expectConvergence(within: Targets.union)
        expectNoFalseDeaths()
    }
}
