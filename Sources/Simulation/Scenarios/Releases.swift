import Gossip
import Membership
import Primitives
import Replication
import Wire

extension Scenario {
    var releaseSetting: ScenarioSetting {
        switch self {
        case .keyRotation:
            ScenarioSetting(
                "keys rotate while nodes are away, and one is new: nobody dies, all come back",
                nodes: 4...6, nodesMin: 4
            ) { $0.keyRotation() }
        default:
            ScenarioSetting(
                "nodes of a later release among the others: what only they know is relayed",
                nodes: 4...6, nodesMin: 4
            ) { $0.mixedReleases() }
        }
    }
}

// MARK: - 20

extension Trial {
    /// One node crashed, another cannot be reached; or two halves rotate, each for itself.
    fileprivate func keyRotation() {
        startAll()
        let isSplit = report.seed % 4 == 0
        let away = choose(isSplit ? nodes / 2 : 2, from: 0..<nodes)
        for node in away { cluster.nodes[node].isFaulty = true }
        cluster.conditions.separate(away)
        if !isSplit { cluster.crash(away[0]) }
        let present = (0..<nodes).filter { !away.contains($0) }
        expect("those away are missed", within: .seconds(30)) { cluster in
            present.allSatisfy { viewer in
                away.allSatisfy { cluster.state(of: $0, seenBy: viewer) == .dead }
            }
        }
        for round in 1...2 {
            cluster.rotateKeys(of: choose(1, from: present)[0])
            if isSplit { cluster.rotateKeys(of: choose(1, from: away)[0]) }
            expect("all present use the new key", within: .seconds(15)) { cluster in
                present.allSatisfy {
                    (cluster.gossip($0)?.keyEpoch.used.number ?? 0) >= round
                }
            }
            // Until the former key is retired.
            cluster.run(for: .seconds(15))
        }
        expectNoFalseDeaths()
        cluster.conditions = NetworkConditions()
        // Both of them know the key file and nothing else.
        if !isSplit { cluster.start(away[0], join: present) }
        let joiner = cluster.addNode()
        cluster.start(joiner, join: present)
        // Each side must first be asked by the other in the clear, which happens with back-off.
        cluster.checks.calmLimit = .seconds(25)
        expectConvergence(within: .seconds(25))
        expect("all use one key", within: .seconds(30)) { cluster in
            Set(cluster.running.compactMap { cluster.gossip($0)?.keyEpoch.used }).count == 1
        }
        expectNoFalseDeaths()
        expectCalm()
    }
}

// MARK: - 22

extension Trial {
    /// A field and a kind of record that no present release knows.
    private static let laterField: [UInt8] = [0x7E, 3, 1, 2, 3]
    private static let laterKey = RecordKey(kind: RecordKind(rawValue: 0xEE), id: 7)

    /// Node 0 is of a later release: its claim and its records say more. Whoever joins last hears of
    /// it from node 1 only.
    fileprivate func mixedReleases() {
        cluster.laterNodes = [0]
        startAll()
        cluster.act(0) { gossip, now, effects in
            do throws(RecordError) {
                try gossip.set(
                    Self.laterKey, .reliable, payload: [9, 9], extensions: Self.laterField,
                    at: now, effects: &effects)
            } catch {
                cluster.violate("the later record cannot be published: \(error)")
            }
        }
        expectConvergence(within: Targets.propagation)
        let joiner = cluster.addNode()
        for node in 0..<nodes where node != 1 {
            cluster.conditions.cut(between: joiner, and: node)
        }
        cluster.start(joiner, join: [1])
        expect("the newcomer has it by way of node 1", within: Targets.union) { cluster in
            cluster.gossip(joiner)?.record(owner: cluster.nodes[0].name, key: Self.laterKey) != nil
        }
        injectLaterVersion()
        for node in cluster.running {
            let gossip = cluster.gossip(node)
            let record = gossip?.record(owner: cluster.nodes[0].name, key: Self.laterKey)?.record
            let claim = gossip?.member(named: cluster.nodes[0].name)?.claim
            expect(
                record?.payload == [9, 9] && record?.extensions == Self.laterField,
                "\(cluster.nodes[node].name) lost a field of a record")
            expect(
                claim?.extensions == SimulatedCluster.laterExtensions,
                "\(cluster.nodes[node].name) lost a field of a claim")
        }
        expectNoFalseDeaths()
        expectCalm()
    }

    /// Datagrams of a wire version that nobody speaks are dropped and counted.
    private func injectLaterVersion() {
        let stranger = SimulatedCluster.address(9_000)
        for node in 0..<nodes {
            let before = cluster.gossip(node)?.counters.dropped(.version) ?? 0
            let datagram = [Seal.version + 1] + [UInt8](repeating: 0, count: 99)
            cluster.inject(datagram, from: stranger, to: cluster.nodes[node].address)
            cluster.run(for: .milliseconds(10))
            expect(
                cluster.gossip(node)?.counters.dropped(.version) == before + 1,
                "a datagram of a later version was not counted as such")
        }
    }
}
