import Gossip
import Membership
import Primitives
import Testing

@testable import Simulation

/// That the simulated world behaves like one.
@Suite("Simulated cluster")
struct ClusterTests {
    private func started(_ count: Int, seed: UInt64 = 1) -> SimulatedCluster {
        let cluster = SimulatedCluster(count, seed: seed)
        cluster.startAll()
        cluster.run(for: .seconds(4))
        return cluster
    }

    @Test("Answers about all, from counts, are those that looking at each node gives")
    func counts() {
        let cluster = SimulatedCluster(5, seed: 3)
        cluster.startAll()
        var random = SeededRandom(seed: 3)
        for _ in 0..<400 {
            let node = Int.random(in: 0..<5, using: &random)
            switch Int.random(in: 0..<12, using: &random) {
            case 0 where cluster.runningCount > 2: cluster.crash(node)
            case 1: cluster.start(node, join: [(node + 1) % 5])
            case 2: cluster.pause(node)
            case 3: cluster.conditions.separate([node])
            case 4: cluster.conditions = NetworkConditions()
            case 5: cluster.leave(node)
            default: if cluster.nodes[node].isPaused { cluster.continue(node) }
            }
            cluster.run(for: .milliseconds(Int.random(in: 1...400, using: &random)))
            compare(cluster)
        }
        #expect(cluster.violations.sentences == [])
    }

    private func compare(_ cluster: SimulatedCluster) {
        let running = cluster.running
        #expect(cluster.runningCount == running.count)
        for state in MemberState.allCases {
            for subject in 0..<5 {
                let holders = running.count {
                    $0 != subject && cluster.state(of: subject, seenBy: $0) == state
                }
                #expect(cluster.holderCount(of: subject, in: state) == holders)
            }
        }
        let allAlive = running.allSatisfy { viewer in
            running.allSatisfy { subject in
                let own = cluster.nodes[subject].gossip?.identity.boot
                let seen = cluster.nodes[viewer].gossip?.member(named: cluster.nodes[subject].name)
                return viewer == subject || (seen?.state == .alive && seen?.identity.boot == own)
            }
        }
        #expect(cluster.allAlive == allAlive)
        let views = running.filter { cluster.state(of: $0, seenBy: $0) == .alive }
            .compactMap { cluster.nodes[$0].gossip?.view }
        #expect(cluster.viewsAreEqual == (Set(views).count <= 1))
        let hasNews = running.contains { node in
            guard let depths = cluster.nodes[node].gossip?.queueDepths else { return false }
            return depths.members + depths.records + depths.gauges > 0
        }
        #expect(cluster.isAtRest == !hasNews)
    }

    @Test("Every datagram is counted once by its fate")
    func conservation() {
        let cluster = SimulatedCluster(4, seed: 5, conditions: .bad)
        cluster.conditions.pathMTU = 1_000
        cluster.conditions.receiveBuffer = 4_000
        cluster.conditions.serviceTime = 5_000_000
        cluster.startAll()
        cluster.run(for: .seconds(5))
        let stranger = SimulatedCluster.address(99)
        for size in [972, 973] {
            let junk = [UInt8](repeating: 1, count: size)
            cluster.inject(junk, from: stranger, to: cluster.nodes[1].address)
        }
        cluster.crash(1)
        cluster.pause(2)
        cluster.conditions.separate([3])
        cluster.run(for: .seconds(5))
        cluster.continue(2)
        cluster.run(for: .seconds(2))
        for node in 0..<4 { cluster.pause(node) }
        cluster.run(for: .seconds(1))
        // Paused nodes send nothing, so what is left waits in their buffers.
        let waiting = cluster.nodes.reduce(0) { $0 + $1.inbox.count }
        #expect(cluster.traffic.underWay == waiting)
        #expect(cluster.traffic.oversized > 0)
        #expect(cluster.traffic.unclaimed > 0)
        #expect(cluster.traffic.blocked > 0)
        #expect(cluster.traffic.lost > 0)
        #expect(cluster.traffic.overflowed > 0)
        #expect(cluster.traffic.sentByNodes == cluster.traffic.sent - 2)
        #expect(cluster.bytesSent == cluster.traffic.bytesSent - 1_000 - 1_001)
    }

    @Test("A paused node does nothing, and finds what waited when it goes on")
    func pausing() {
        let cluster = started(3)
        cluster.pause(1)
        let sent = cluster.nodes[1].datagramsSent
        cluster.run(for: .milliseconds(900))
        #expect(cluster.nodes[1].datagramsSent == sent)
        let waiting = cluster.nodes[1].inbox.count
        #expect(waiting > 0)
        let received = cluster.gossip(1)?.counters.datagramsReceived ?? 0
        cluster.continue(1)
        cluster.run(for: .microseconds(1))
        #expect(cluster.gossip(1)?.counters.datagramsReceived == received + waiting)
        #expect(cluster.nodes[1].inbox.isEmpty)
        cluster.run(for: .seconds(5))
        #expect(cluster.isConverged)
    }

    @Test("A busy node takes datagrams one after another")
    func service() {
        let cluster = started(2)
        cluster.conditions.serviceTime = 50_000_000
        let (from, to) = (SimulatedCluster.address(9), cluster.nodes[0].address)
        let before = cluster.gossip(0)?.counters.datagramsReceived ?? 0
        for _ in 0..<4 { cluster.inject([1, 2, 3], from: from, to: to) }
        cluster.run(for: .milliseconds(110))
        let after = cluster.gossip(0)?.counters.datagramsReceived ?? 0
        #expect((1...2).contains(after - before))
    }

    @Test("A receive buffer holds so many bytes")
    func buffer() {
        var buffer = ReceiveBuffer()
        let delivery = Delivery(
            from: SimulatedCluster.address(0), sender: 0, destination: 0,
            bytes: [UInt8](repeating: 1, count: 424))
        let results = (0..<70).map { _ in buffer.append(delivery, capacity: 65_536) }
        #expect(results.count { $0 } == 65)
        #expect(buffer.count == 65)
        #expect(buffer.bytes == 65_000)
        let read = (0..<70).map { _ in buffer.popFirst() != nil }
        #expect(read.count { $0 } == 65)
        #expect(buffer.isEmpty)
        #expect(buffer.bytes == 0)
        let fits = (
            buffer.append(delivery, capacity: 1_000), buffer.append(delivery, capacity: 1_000)
        )
        #expect(fits == (true, false))
    }

    @Test("Clocks of nodes differ, and jump forward only")
    func clocks() {
        let cluster = started(3)
        #expect(Set((0..<3).map { cluster.clock(of: $0) }).count == 3)
        let before = cluster.clock(of: 1)
        cluster.jumpClock(of: 1, by: .seconds(100))
        #expect(cluster.clock(of: 1) - before == .seconds(100))
        cluster.jumpClock(of: 1, by: .seconds(-100))
        #expect(cluster.clock(of: 1) - before == .seconds(100))
        cluster.run(for: .seconds(5))
        #expect(cluster.isConverged)
    }

    @Test("What a stranger sends is seen by the tap, and so are the answers to it")
    func taps() {
        let cluster = started(2)
        var seen: [Tapped] = []
        cluster.tap = { seen.append($0) }
        cluster.inject([1], from: SimulatedCluster.address(99), to: cluster.nodes[0].address)
        cluster.run(for: .seconds(2))
        #expect(seen.first?.sender == nil)
        #expect(seen.first?.receiver == 0)
        #expect(seen.first?.bytes == [1])
        #expect(seen.dropFirst().allSatisfy { $0.sender != nil && $0.receiver != nil })
        #expect(cluster.bytesSent(to: SimulatedCluster.address(99)) == 0)
    }
}
