import Gossip
import Membership
import Primitives
import Simulation
import Testing
import Wire

/// Key epochs in whole nodes: nobody is held dead because of a key.
@Suite("Key rotation in a cluster")
struct KeyRotationClusterTests {
    private func epochs(_ cluster: SimulatedCluster) -> Set<KeyEpoch> {
        Set(cluster.running.compactMap { cluster.gossip($0)?.keyEpoch.used })
    }

    private func dropped(_ cluster: SimulatedCluster, _ reason: DropReason) -> Int {
        cluster.running.reduce(0) { $0 + (cluster.gossip($1)?.counters.dropped(reason) ?? 0) }
    }

    @Test("Rotations under 10 % loss", arguments: 0..<6)
    func rotation(seed: UInt64) {
        let cluster = SimulatedCluster(8, seed: seed)
        cluster.startAll()
        cluster.run(for: .seconds(5))
        cluster.conditions.loss = 0.1
        for number: UInt32 in 1...3 {
            cluster.rotateKeys(of: Int(number))
            cluster.run(for: .seconds(30))
            #expect(epochs(cluster).map(\.number) == [number])
        }
        #expect(cluster.allAlive)
        #expect(cluster.deaths(of: cluster.names) == 0)
        #expect(dropped(cluster, .unknownKey) == 0)
        #expect(dropped(cluster, .retiredKey) == 0)
        #expect(cluster.violations.sentences == [])
    }

    @Test("Absent and new nodes come in, without false deaths", arguments: 0..<6)
    func absent(seed: UInt64) {
        let cluster = SimulatedCluster(6, seed: seed)
        cluster.addNode(named: "newcomer")
        for index in 0..<6 { cluster.start(index) }
        cluster.run(for: .seconds(5))
        // Half of the time node 4 misses the first rotation, else the second.
        if seed % 2 == 0 {
            cluster.rotateKeys(of: 2)
            cluster.run(for: .seconds(20))
        }
        cluster.crash(5)
        cluster.conditions.separate([4])
        cluster.run(for: .seconds(15))
        cluster.rotateKeys(of: 1)
        cluster.run(for: .seconds(30))
        cluster.start(5)
        cluster.start(6)
        cluster.conditions = NetworkConditions()
        let quiet = cluster.now
        let back = cluster.run(atMost: .seconds(20)) { $0.allAlive }
        #expect(back.map { $0 < .seconds(8) } == true)
        cluster.run(for: .seconds(30))
        #expect(cluster.allAlive)
        #expect(epochs(cluster).map(\.number) == [1 + UInt32((seed + 1) % 2)])
        // Node 4 was held dead with reason, and so was the former life of node 5.
        let steady = cluster.names.filter { !["node-4", "node-5"].contains($0.text) }
        #expect(cluster.deaths(since: quiet, of: steady) == 0)
        #expect(cluster.violations.sentences == [])
    }

    @Test("Halves that rotated each for itself are one again within 10 s", arguments: 0..<6)
    func halves(seed: UInt64) {
        let cluster = SimulatedCluster(8, seed: seed)
        cluster.startAll()
        cluster.run(for: .seconds(5))
        cluster.rotateKeys(of: 0)
        cluster.run(for: .seconds(20))
        for index in 4..<8 { cluster.conditions.groups[index] = 1 }
        cluster.run(for: .seconds(60))
        cluster.rotateKeys(of: 0)
        cluster.rotateKeys(of: 7)
        cluster.run(for: .seconds(60))
        #expect(epochs(cluster).count == 2)
        cluster.conditions.groups = [:]
        let healed = cluster.run(atMost: .seconds(20)) { cluster in
            cluster.allAlive && Set(cluster.running.map { cluster.gossip($0)?.view }).count == 1
        }
        #expect(healed.map { $0 < .seconds(14) } == true)
        cluster.run(for: .seconds(30))
        #expect(epochs(cluster).count == 1)
        #expect(cluster.violations.sentences == [])
    }
}
