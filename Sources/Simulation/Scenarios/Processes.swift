import Gossip
import Membership
import Primitives
import Wire

extension Scenario {
    var processSetting: ScenarioSetting {
        switch self {
        case .restartElsewhere:
            ScenarioSetting(
                "a node restarts, at another address or not: it is in within a round, nobody dies",
                nodes: 3...5
            ) { $0.restartElsewhere() }
        case .massRestart:
            ScenarioSetting(
                "all restart at once, again and again, and one comes and goes: soon all are alive",
                nodes: 5...7, nodesMin: 3
            ) { $0.massRestart() }
        case .clockJumps:
            ScenarioSetting(
                "the monotonic clocks of nodes jump forward by up to a day: nothing changes",
                nodes: 4...6
            ) { $0.clockJumps() }
        case .leaveAndRejoin:
            ScenarioSetting(
                "half of all leave together and join again: nobody is stuck leaving",
                nodes: 10...10, nodesMin: 4
            ) { $0.leaveAndRejoin() }
        case .poisonRecord:
            ScenarioSetting(
                "one node hangs on a record each time it sees it: the others do not notice",
                nodes: 5...5, nodesMin: 3
            ) { $0.poisonRecord() }
        default:
            ScenarioSetting(
                "a fifteenth of all, at least one, stop and go: they do not flap, nobody else dies",
                nodes: 5...6, nodesMin: 3
            ) { $0.pausedMembers() }
        }
    }
}

extension Trial {
    /// Stopped for 5 s and run for 1 s, or 10 s and 0.5 s, by turns.
    fileprivate func pausedMembers() {
        startAll()
        cluster.run(for: .seconds(2))
        let slow = choose(max(1, nodes / 15), from: 0..<nodes)
        for node in slow { cluster.nodes[node].isFaulty = true }
        let (stopped, running) =
            report.seed % 2 == 0
            ? (Duration.seconds(5), Duration.seconds(1))
            : (Duration.seconds(10), Duration.milliseconds(500))
        let start = cluster.now
        while cluster.now - start < duration(60) {
            for node in slow { cluster.pause(node) }
            cluster.run(for: stopped)
            for node in slow { cluster.continue(node) }
            cluster.run(for: running)
        }
        expectNoFalseDeaths()
        expectNoFlapping(of: slow, since: start)
        expectCalmAndReturn()
    }

    /// Three restarts: after no time, after a second, and after the death was noticed.
    fileprivate func restartElsewhere() {
        startAll()
        cluster.run(for: .seconds(2))
        var slowest = 0.0
        for (round, downTime) in [0, 1_000, 5_000].shuffled(using: &random).enumerated() {
            let node = choose(1, from: 0..<nodes)[0]
            let seed = choose(1, from: (0..<nodes).filter { $0 != node })
            cluster.crash(node)
            cluster.run(for: .milliseconds(downTime))
            let moves = Bool.random(using: &random)
            let address =
                moves
                ? SimulatedCluster.address(1_000 * (round + 1) + node) : cluster.nodes[node].address
            cluster.start(node, at: address, join: seed)
            let time = expect("all know the new life", within: .seconds(1)) { $0.isConverged }
            slowest = max(slowest, time ?? 1)
            expect(cluster.allKnow(node, at: address), "somebody has the former address")
            cluster.run(for: .seconds(3))
        }
        measure("restart_accepted_seconds", slowest)
        expectNoFalseDeaths()
    }

    fileprivate func massRestart() {
        startAll()
        for _ in 0..<3 {
            cluster.run(for: randomDuration(milliseconds: 500...3_000))
            for node in (0..<nodes).shuffled(using: &random) {
                cluster.crash(node)
                cluster.run(for: randomDuration(milliseconds: 0...100))
            }
            for node in (0..<nodes).shuffled(using: &random) {
                // Whoever has a seed in common is one cluster in the end.
                cluster.start(node, join: [0, 1] + choose(1, from: 2..<nodes))
                cluster.run(for: randomDuration(milliseconds: 0...100))
            }
            // One of them does not stay.
            let restless = choose(1, from: 0..<nodes)[0]
            cluster.start(restless, join: [0, 1])
            let limit = Targets.convergence(nodes)
            let time = expectConvergence(within: limit) ?? limit.inSeconds
            report.convergence = max(report.convergence ?? 0, time)
        }
        cluster.run(for: .seconds(5))
        expectNoFalseDeaths()
    }

    /// There is no wall clock to be set: the engine has none. A monotonic clock jumps when a virtual
    /// machine is moved or a laptop wakes up, and only the node on that machine sees it.
    fileprivate func clockJumps() {
        startAll()
        for node in 0..<nodes { cluster.observe(node, "api|\(node)", .up) }
        cluster.gauge(0, backend: 7, connections: 5)
        cluster.run(for: .seconds(4))
        let before = (cluster.suspicions, cluster.transitions.count)
        for jump in [1, 30, 400, 3_700, 86_400].shuffled(using: &random) {
            for node in choose(Int.random(in: 1...2, using: &random), from: 0..<nodes) {
                cluster.jumpClock(of: node, by: .seconds(jump))
            }
            cluster.run(for: randomDuration(milliseconds: 500...5_000))
        }
        cluster.run(for: .seconds(5))
        expect(cluster.suspicions == before.0, "somebody was suspected")
        expect(cluster.transitions.count == before.1, "somebody was held dead")
        expect(cluster.isConverged, "views differ")
        for viewer in 0..<nodes {
            let isComplete = (0..<nodes).allSatisfy {
                cluster.status("api|\($0)", by: $0, at: viewer) == .up
            }
            expect(
                isComplete && cluster.openConnections(7, at: viewer) == 5,
                "\(cluster.nodes[viewer].name) lost a record")
        }
    }
}

// MARK: - Leaving

extension Trial {
    fileprivate func leaveAndRejoin() {
        startAll()
        cluster.run(for: .seconds(2))
        let leavers = choose(nodes / 2, from: 0..<nodes)
        for node in leavers { cluster.leave(node) }
        expect("all that leave have left", within: .seconds(3)) {
            departures($0).count == nodes / 2
        }
        for (name, acknowledgements) in departures(cluster) {
            expect(
                acknowledgements >= min(3, nodes - 1),
                "only \(acknowledgements) know that \(name) left")
        }
        cluster.run(for: randomDuration(milliseconds: 0...1_000))
        let stayers = (0..<nodes).filter { !leavers.contains($0) }
        for node in leavers.shuffled(using: &random) {
            cluster.crash(node)
            cluster.run(for: randomDuration(milliseconds: 0...2_000 / leavers.count))
            cluster.start(node, join: choose(1, from: stayers))
        }
        report.convergence = expectConvergence(within: Targets.convergence(nodes))
        cluster.run(for: .seconds(5))
        for node in leavers where cluster.someSees(node, as: .left) {
            cluster.violate("\(cluster.nodes[node].name) is stuck leaving")
        }
        expectNoFalseDeaths()
    }

    private func departures(
        _ cluster: SimulatedCluster
    ) -> [(name: NodeName, acknowledgements: Int)] {
        cluster.reports.compactMap { report in
            guard case .departed(let count) = report.effect else { return nil }
            return (report.viewer, count)
        }
    }
}

// MARK: - Poison

extension Trial {
    private static let poison = "api|poison"

    /// The node's shell hangs on the record until its watchdog kills it; its next life hears of the
    /// record again, and so on, until its publisher withdraws it.
    fileprivate func poisonRecord() {
        startAll()
        cluster.run(for: .seconds(2))
        let pair = (0..<nodes).shuffled(using: &random).prefix(2)
        let (victim, owner) = (pair[0], pair[1])
        cluster.nodes[victim].isFaulty = true
        cluster.observe(owner, Self.poison, .down)
        hang(victim, on: owner, for: duration(20))
        for healthy in 0..<nodes where healthy != victim {
            expect(
                cluster.status(Self.poison, by: owner, at: healthy) == .down,
                "\(cluster.nodes[healthy].name) does not have the record")
        }
        cluster.withdraw(owner, Self.poison)
        hang(victim, on: owner, for: .seconds(5))
        if cluster.nodes[victim].isPaused { cluster.start(victim, join: [owner]) }
        expectNoFalseDeaths()
        expectCalm()
    }

    private func hang(_ victim: Int, on owner: Int, for duration: Duration) {
        let end = cluster.now + duration
        var hungSince: Instant?
        while cluster.now < end {
            cluster.run(for: .milliseconds(20))
            if let since = hungSince {
                guard cluster.now - since > .seconds(3) else { continue }
                cluster.start(victim, join: [owner])
                hungSince = nil
            } else if cluster.status(Self.poison, by: owner, at: victim) != nil {
                cluster.pause(victim)
                hungSince = cluster.now
            }
        }
    }
}
