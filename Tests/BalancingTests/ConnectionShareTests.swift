import Balancing
import Testing

/// Claims once a second that take 0.1 to 0.3 seconds, as in the cluster.
@Suite("A maximum of connections for the whole cluster")
struct ConnectionShareTests {
    typealias Demand = SharedMaximum.Demand

    private static let none: Demand = { _ in 0 }
    private static func constant(_ rate: Double, from start: Double = 0) -> Demand {
        { $0 >= start ? rate : 0 }
    }
    /// Four hundred connections a second for half a second.
    private static func burst(at start: Double) -> Demand {
        { $0 >= start && $0 < start + 0.5 ? 400 : 0 }
    }

    struct Row: Sendable {
        let name: String
        let maximum: Int
        let demand: [Demand]
    }

    static let rows: [Row] = [
        Row(name: "one node only", maximum: 90, demand: [constant(40, from: 5), none, none]),
        Row(
            name: "bursts everywhere", maximum: 90,
            demand: [burst(at: 5), burst(at: 5.1), burst(at: 5.2)]),
        Row(
            name: "bursts in turn", maximum: 90,
            demand: [burst(at: 5), burst(at: 7), burst(at: 9), burst(at: 30), burst(at: 31)]),
        Row(
            name: "uneven and too much", maximum: 90,
            demand: [constant(20), constant(10, from: 10), constant(3, from: 20)]),
        Row(
            name: "five nodes, one maximum of seven", maximum: 7,
            demand: [constant(20), constant(20), constant(10), constant(5), constant(1, from: 9)]),
        Row(name: "a single connection", maximum: 1, demand: [constant(2), constant(2), none]),
        Row(
            name: "traffic moves", maximum: 1_000,
            demand: [{ $0 < 20 ? 200 : 0 }, { $0 > 20 ? 200 : 0 }, constant(20)]),
    ]

    private func run(
        _ row: Row, seed: UInt64, loss: Double = 0, life: Double = 10, seconds: Double = 40
    ) -> SharedMaximum {
        var nodes = SharedMaximum(
            maximum: row.maximum, seed: seed, loss: loss, life: life, demand: row.demand)
        nodes.run(seconds: seconds)
        return nodes
    }

    @Test("All nodes together never exceed it", arguments: rows.indices, UInt64(0)..<3)
    func never(index: Int, seed: UInt64) {
        let row = Self.rows[index]
        for life in [1.0, 10] {
            let nodes = run(row, seed: seed, life: life)
            #expect(nodes.mostHeld <= row.maximum, "\(row.name)")
        }
    }

    @Test(
        "Nor by more than 5 %, or one, when a claim in twenty is lost", arguments: rows.indices,
        UInt64(0)..<3)
    func loss(index: Int, seed: UInt64) {
        let row = Self.rows[index]
        let nodes = run(row, seed: seed, loss: 0.05)
        #expect(nodes.most <= row.maximum + max(1, row.maximum / 20), "\(row.name)")
    }

    @Test("A node that alone has traffic gets nine tenths in a few seconds", arguments: [3, 5])
    func alone(count: Int) {
        for maximum in [7, 20, 90, 1_000] {
            let rate = Self.constant(Double(2 * maximum), from: 5)
            let row = Row(
                name: "alone", maximum: maximum,
                demand: [rate] + Array(repeating: Self.none, count: count - 1))
            for seed in UInt64(0)..<3 {
                let nodes = run(row, seed: seed, life: 30, seconds: 20)
                #expect(nodes.utilisation(9...12) >= 0.9, "\(maximum)")
            }
        }
    }

    @Test("A small burst is served at once, whichever node it meets", arguments: UInt64(0)..<3)
    func burstRoom(seed: UInt64) {
        let demand: [Demand] = [{ $0 >= 10 && $0 < 10.1 ? 200 : 0 }, Self.none, Self.none]
        let nodes = run(
            Row(name: "burst", maximum: 90, demand: demand), seed: seed, life: 30, seconds: 11)
        #expect(nodes.means(10.2...10.9)[0] >= 15)
        #expect(nodes.nodes[0].waiting == 0)
    }

    @Test("Nodes that all want more come to have equally many", arguments: UInt64(0)..<3)
    func fair(seed: UInt64) {
        let row = Row(
            name: "fair", maximum: 90,
            demand: [Self.constant(40), Self.constant(20, from: 10), Self.constant(20, from: 20)])
        let nodes = run(row, seed: seed, seconds: 70)
        for mean in nodes.means(55...70) { #expect(abs(mean - 30) <= 3) }
        #expect(nodes.utilisation(55...70) >= 0.9)
    }

    @Test("A single connection goes from node to node", arguments: UInt64(0)..<3)
    func single(seed: UInt64) {
        let row = Row(
            name: "single", maximum: 1, demand: Array(repeating: Self.constant(2), count: 3))
        let nodes = run(row, seed: seed, life: 3, seconds: 300)
        for mean in nodes.means(30...300) { #expect(mean >= 0.1) }
        #expect(nodes.utilisation(30...300) >= 0.6)
    }

    @Test("A node whose peers are silent takes nothing more, and keeps what it has")
    func silent() {
        var share = ConnectionShare(limit: 5)
        let gone = ConnectionShare.Peer(
            claim: ConnectionClaim(open: 0, limit: 10, wanted: 0, ticket: 0), isFresh: false,
            rank: 1)
        for _ in 0..<5 {
            let claim = share.round(maximum: 90, open: 5, waiting: 50, rank: 0, peers: [gone])
            #expect(claim.limit == 5)
            #expect(claim.wanted > 0)
        }
        let alone = share.round(maximum: 90, open: 5, waiting: 50, rank: 0, peers: [])
        #expect(alone.limit == 55)
    }

    @Test("A node that joins gets its part of what is not open, without asking")
    func joining() {
        var first = ConnectionShare()
        var claim = first.round(maximum: 90, open: 0, waiting: 0, rank: 0, peers: [])
        #expect(claim.limit == 90)
        claim = first.round(maximum: 90, open: 10, waiting: 0, rank: 0, peers: [])
        var second = ConnectionShare()
        var other = ConnectionClaim(open: 0, limit: 0, wanted: 0, ticket: 0)
        for _ in 0..<8 {
            let peer = ConnectionShare.Peer(claim: other, isFresh: true, rank: 1)
            claim = first.round(maximum: 90, open: 10, waiting: 0, rank: 0, peers: [peer])
            let known = ConnectionShare.Peer(claim: claim, isFresh: true, rank: 0)
            other = second.round(maximum: 90, open: 0, waiting: 0, rank: 1, peers: [known])
            #expect(claim.limit + other.limit <= 90)
        }
        #expect(abs(Int(claim.limit) - 50) <= 1)
        #expect(abs(Int(other.limit) - 40) <= 2)
    }

    @Test("A lowered maximum and a second claim of the same are paid back")
    func lowered() {
        var share = ConnectionShare(limit: 60)
        let peer = ConnectionShare.Peer(
            claim: ConnectionClaim(open: 40, limit: 60, wanted: 0, ticket: 0), isFresh: true,
            rank: 1)
        #expect(share.round(maximum: 90, open: 20, waiting: 0, rank: 0, peers: [peer]).limit == 30)
        #expect(share.round(maximum: 10, open: 20, waiting: 0, rank: 0, peers: [peer]).limit == 20)
    }

    @Test("Hostile claims neither trap nor give anything away")
    func hostile() {
        var share = ConnectionShare()
        let claim = ConnectionClaim(open: .max, limit: .max, wanted: .max, ticket: .max)
        let peers = Array(
            repeating: ConnectionShare.Peer(claim: claim, isFresh: true, rank: 0), count: 100)
        for _ in 0..<10 {
            let own = share.round(
                maximum: .max, open: .max, waiting: .max, rank: 7, peers: peers)
            #expect(own.limit == 0)
        }
        #expect(share.round(maximum: 0, open: 0, waiting: 5, rank: 7, peers: []).limit == 0)
    }
}
