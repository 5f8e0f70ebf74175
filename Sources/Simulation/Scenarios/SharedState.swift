import Gossip
import Primitives
import Replication

extension Scenario {
    var sharedStateSetting: ScenarioSetting {
        ScenarioSetting(
            "backends are removed while one node is away for long: none returns, none is lost",
            nodes: 4...6, nodesMin: 3
        ) { $0.deletedBackends() }
    }
}

extension Trial {
    private static let removed = 0..<4
    private static let kept = 4..<8

    private func backend(_ id: Int) -> RecordKey {
        RecordKey(kind: .backend, id: UInt64(id))
    }

    /// 15. The absent node goes on with what it has, and changes something itself.
    fileprivate func deletedBackends() {
        startAll()
        for id in Self.removed.lowerBound..<Self.kept.upperBound {
            cluster.setShared(choose(1, from: 0..<nodes)[0], backend(id), [UInt8(id), 0])
        }
        expectConvergence(within: Targets.propagation)
        let absent = choose(1, from: 0..<nodes)[0]
        let others = (0..<nodes).filter { $0 != absent }
        cluster.nodes[absent].isFaulty = true
        cluster.conditions.separate([absent])
        cluster.run(for: randomDuration(milliseconds: 100...8_000))
        for id in Self.removed {
            cluster.removeShared(choose(1, from: others)[0], backend(id))
            cluster.run(for: randomDuration(milliseconds: 200...500))
        }
        cluster.setShared(others[0], backend(Self.kept.lowerBound), [1, 1])
        cluster.setShared(absent, backend(100), [2, 2])
        // Past the time that removals are spread, and now and then past every retention.
        cluster.run(for: duration([90, 90, 90, 700][Int(report.seed % 4)]))
        for node in others {
            let rest = cluster.gossip(node)?.sharedOverhead.removals
            expect(rest == 0, "\(cluster.nodes[node].name) keeps \(rest ?? -1) removals for ever")
        }
        if report.seed % 3 == 0 { restart(others[0]) }
        cluster.conditions = NetworkConditions()
        watchForReturns(among: others, for: Targets.union)
        expectConvergence(within: .zero)
        for node in 0..<nodes {
            let shown = cluster.gossip(node)?.sharedValues(of: .backend) ?? []
            let expected = [[1, 1]] + Self.kept.dropFirst().map { [UInt8($0), 0] } + [[2, 2]]
            expect(
                shown.map(\.value) == expected,
                "\(cluster.nodes[node].name) has other backends: \(shown.map(\.key.id))")
        }
        expectNoFalseDeaths()
    }

    private func restart(_ node: Int) {
        cluster.crash(node)
        cluster.start(node, join: (0..<nodes).filter { $0 != node })
        expect("the restarted node has them all", within: Targets.union) { cluster in
            cluster.gossip(node)?.sharedValues(of: .backend).count == Self.kept.count
        }
    }

    /// No node that saw a backend go may ever show it again.
    private func watchForReturns(among viewers: [Int], for duration: Duration) {
        let end = cluster.now + duration
        while cluster.now < end {
            cluster.run(for: .milliseconds(100))
            for viewer in viewers {
                for id in Self.removed {
                    expect(
                        cluster.gossip(viewer)?.sharedValue(of: backend(id)) == nil,
                        "removed backend \(id) is back at \(cluster.nodes[viewer].name)")
                }
            }
        }
    }
}

extension SimulatedCluster {
    fileprivate func setShared(_ owner: Int, _ key: RecordKey, _ value: [UInt8]) {
        act(owner) { gossip, now, effects in
            do throws(SharedError) {
                try gossip.setShared(key, value: value, at: now, effects: &effects)
            } catch {
                violate("\(nodes[owner].name) cannot set a backend: \(error)")
            }
        }
    }

    fileprivate func removeShared(_ owner: Int, _ key: RecordKey) {
        act(owner) { gossip, now, effects in
            do throws(SharedError) {
                try gossip.removeShared(key, at: now, effects: &effects)
            } catch {
                violate("\(nodes[owner].name) cannot remove a backend: \(error)")
            }
        }
    }
}
