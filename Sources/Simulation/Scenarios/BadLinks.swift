import Primitives

extension Scenario {
    var badLinkSetting: ScenarioSetting {
        switch self {
        case .lossyMinority:
            ScenarioSetting(
                "a hundredth of all, at least one, lose 80 % in or out: no flapping, nobody else",
                nodes: 5...5, nodesMin: 3
            ) { $0.lossyMinority() }
        case .oneWayFlapping:
            ScenarioSetting(
                "one node hears or is heard only every other 20 s: no flapping, nobody else",
                nodes: 5...5, nodesMin: 3
            ) { $0.oneWayFlapping() }
        default:
            ScenarioSetting(
                "5 to 40 % of all datagrams are lost: nobody is held dead",
                nodes: 5...5, losses: [0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4]
            ) { $0.uniformLoss() }
        }
    }
}

extension Trial {
    fileprivate func uniformLoss() {
        startAll()
        cluster.run(for: duration(60))
        let traffic = cluster.traffic
        measure("lost_share", Double(traffic.lost) / Double(traffic.sent))
        expectNoFalseDeaths()
        expectCalm()
    }

    /// Whoever loses so much is removed or kept; whoever does not is untouched.
    fileprivate func lossyMinority() {
        startAll()
        cluster.run(for: .seconds(2))
        let lossy = choose(max(1, nodes / 100), from: 0..<nodes)
        let start = cluster.now
        for node in lossy {
            cluster.nodes[node].isFaulty = true
            if report.seed % 2 == 0 {
                cluster.conditions.incomingLoss[node] = 0.8
            } else {
                cluster.conditions.outgoingLoss[node] = 0.8
            }
        }
        cluster.run(for: duration(60))
        expectNoFalseDeaths()
        // It may go and come back once; the second time it stays out, unless the news of its death was
        // lost too, so that it took it for a suspicion.
        expectNoFlapping(of: lossy, since: start, free: 3)
        expectCalmAndReturn()
    }

    fileprivate func oneWayFlapping() {
        startAll()
        cluster.run(for: .seconds(2))
        let node = choose(1, from: 0..<nodes)[0]
        cluster.nodes[node].isFaulty = true
        cluster.nodes[node].isCutOffAtTimes = true
        let start = cluster.now
        let isDeaf = report.seed % 2 == 0
        while cluster.now - start < duration(120) {
            for other in 0..<nodes where other != node {
                cluster.conditions.cut(from: isDeaf ? other : node, to: isDeaf ? node : other)
            }
            cluster.run(for: .seconds(20))
            cluster.conditions.cuts = []
            cluster.run(for: .seconds(20))
        }
        expectNoFalseDeaths()
        // Whoever was cut off once has to be back soon (8), so its first death and return are free.
        expectNoFlapping(of: [node], since: start, free: 2)
        expectCalmAndReturn()
    }
}
