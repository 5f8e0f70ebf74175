import Gossip
import Membership
import Primitives
import Simulation
import Testing
import Wire

/// When a node that joins is ready: it knows what two others know, or its time is over.
@Suite("Clusters: readiness")
struct ReadinessTests {
    /// Nodes that have something to learn, all ready and at rest; the last ones do not run yet.
    private func cluster(_ count: Int, running: Int, seed: UInt64 = 1) throws -> SimulatedCluster {
        let cluster = SimulatedCluster(count, seed: seed)
        for index in 0..<running { cluster.start(index) }
        cluster.run(for: .seconds(3))
        for backend in 0..<60 { try cluster.observe(backend % running, "pool|\(backend)", .up) }
        cluster.run(for: .seconds(10))
        return cluster
    }

    /// What a node reported of its readiness in its present life, and when.
    private func reports(
        of index: Int, in cluster: SimulatedCluster, since start: Instant = .zero
    ) -> [(readiness: Readiness, after: Duration)] {
        cluster.reports.compactMap { report in
            guard report.viewer == cluster.nodes[index].name, report.at >= start,
                case .ready(let readiness) = report.effect
            else { return nil }
            return (readiness, report.at - start)
        }
    }

    @Test("Without seeds, or with itself as the only one, a node is ready at once")
    func alone() {
        let cluster = SimulatedCluster(2, seed: 1)
        cluster.start(0, join: [])
        cluster.start(1, join: [1])
        for index in 0...1 {
            #expect(reports(of: index, in: cluster).map(\.readiness) == [.synced])
            #expect(cluster.gossip(index)?.readiness == .synced)
        }
    }

    @Test("Who joins is ready when two others have its view, not before", arguments: 0..<8)
    func two(seed: UInt64) throws {
        let cluster = try cluster(5, running: 4, seed: seed)
        let start = cluster.now
        cluster.start(4)
        #expect(cluster.gossip(4)?.readiness == .syncing)
        let time = cluster.run(atMost: .seconds(4)) { $0.gossip(4)?.readiness != .syncing }
        #expect(time != nil)
        #expect(reports(of: 4, in: cluster, since: start).map(\.readiness) == [.synced])
        let view = try #require(cluster.gossip(4)).view
        let equals = (0..<4).count { cluster.gossip($0)?.view == view }
        #expect(equals >= 2)
        #expect(cluster.gossip(4)?.observations(at: cluster.clock(of: 4)).count == 60)
        cluster.run(for: .seconds(10))
        #expect(reports(of: 4, in: cluster, since: start).count == 1, "it says so once")
    }

    @Test("One other is not enough where there are three: the time runs out, then it is ready")
    func onlyOne() throws {
        let cluster = try cluster(4, running: 3)
        for other in 1...2 { cluster.conditions.cut(between: 3, and: other) }
        let start = cluster.now
        cluster.start(3)
        cluster.run(for: .milliseconds(4_990))
        #expect(cluster.viewsAreEqual, "it knows everything from the one that it hears")
        #expect(cluster.gossip(3)?.readiness == .syncing)
        cluster.run(for: .milliseconds(20))
        #expect(reports(of: 3, in: cluster, since: start).map(\.readiness) == [.timedOut])
        cluster.conditions.cuts = []
        cluster.run(for: .seconds(10))
        #expect(
            reports(of: 3, in: cluster, since: start).map(\.readiness) == [.timedOut, .synced])
    }

    @Test("One other is enough where there is only one", arguments: 0..<8)
    func pair(seed: UInt64) throws {
        let cluster = try cluster(2, running: 1, seed: seed)
        let start = cluster.now
        cluster.start(1)
        #expect(cluster.gossip(1)?.readiness == .syncing)
        let time = cluster.run(atMost: .seconds(4)) { $0.gossip(1)?.readiness == .synced }
        #expect(try #require(time) < .seconds(1))
        #expect(cluster.gossip(1)?.view == cluster.gossip(0)?.view)
        #expect(reports(of: 1, in: cluster, since: start).map(\.readiness) == [.synced])
    }

    @Test("When nobody answers a node goes on after its time and says so")
    func nobody() throws {
        let cluster = SimulatedCluster(2, seed: 1) { configuration in
            configuration.readinessTimeout = .seconds(7)
        }
        let start = cluster.now
        cluster.start(1, join: [0])
        cluster.run(for: .milliseconds(6_999))
        #expect(cluster.gossip(1)?.readiness == .syncing)
        #expect(reports(of: 1, in: cluster).isEmpty)
        cluster.run(for: .seconds(20))
        let said = reports(of: 1, in: cluster, since: start)
        #expect(said.map(\.readiness) == [.timedOut])
        #expect(said.first?.after == .seconds(7))
        cluster.start(0, join: [])
        cluster.run(for: .seconds(20))
        #expect(cluster.gossip(1)?.readiness == .synced, "later it is ready after all")
    }
}
