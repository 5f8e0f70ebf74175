import Primitives
import Wire

extension Scenario {
    var randomFaultSetting: ScenarioSetting {
        ScenarioSetting(
            "40 s of everything at random, then calm: 10 s later there is one view",
            nodes: 5...7, nodesMin: 3
        ) { $0.randomFaults() }
    }
}

private enum Fault: CaseIterable {
    case crash, restart, pause, leave, split, isolate, oneWay, loss, disorder, clockJump
}

extension Trial {
    fileprivate func randomFaults() {
        startAll()
        let end = cluster.now + duration(40)
        while cluster.now < end {
            repair(chance: 0.3)
            strike(Fault.allCases.randomElement(using: &random) ?? .crash)
            publishSomething()
            cluster.run(for: randomDuration(milliseconds: 100...3_000))
        }
        repair(chance: 1)
        // To wait for nodes that stay out for a while is long, so not every run does.
        expectCalmAndReturn(waits: report.seed % 4 == 0)
    }

    private func strike(_ fault: Fault) {
        let node = Int.random(in: 0..<nodes, using: &random)
        // Somebody always remembers.
        let isSpare = cluster.runningCount > 2 && cluster.nodes[node].isRunning
        switch fault {
        case .crash: if isSpare { cluster.crash(node) }
        case .leave: if isSpare { cluster.leave(node) }
        case .restart: restart(node)
        case .pause: cluster.pause(node)
        case .split:
            let half = choose(nodes / 2, from: 0..<nodes)
            cluster.conditions.separate(half)
        case .isolate: cluster.conditions.separate([node])
        case .oneWay: cluster.conditions.cut(from: node, to: (node + 1) % nodes)
        case .loss: cluster.conditions.loss = Double.random(in: 0.05...0.5, using: &random)
        case .disorder:
            cluster.conditions.duplication = 0.2
            cluster.conditions.reordering = 0.2
            cluster.conditions.bitFlips = 0.05
        case .clockJump: cluster.jumpClock(of: node, by: randomDuration(milliseconds: 1...100_000))
        }
    }

    /// Puts right what is broken, each thing with that chance.
    private func repair(chance: Double) {
        if random.unitInterval() < chance { cluster.conditions = NetworkConditions() }
        for node in cluster.nodes where random.unitInterval() < chance {
            if node.isPaused { cluster.continue(node.index) }
            if !node.isRunning || node.isLeaving { restart(node.index) }
        }
    }

    private func restart(_ node: Int) {
        let moves = random.unitInterval() < 0.3
        let address = SimulatedCluster.address(Int.random(in: 100...60_000, using: &random))
        let others = (0..<nodes).filter { $0 != node }
        cluster.start(node, at: moves ? address : nil, join: others)
    }

    private func publishSomething() {
        let node = Int.random(in: 0..<nodes, using: &random)
        let backend = "api|\(Int.random(in: 0..<5, using: &random))"
        if Bool.random(using: &random) {
            cluster.observe(node, backend, Bool.random(using: &random) ? .up : .down)
        } else {
            cluster.withdraw(node, backend)
        }
        cluster.gauge(node, backend: 7, connections: UInt32.random(in: 0...99, using: &random))
    }
}
