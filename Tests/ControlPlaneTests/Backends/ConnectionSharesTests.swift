import Membership
import Primitives
import Testing
import Wire

@testable import ControlPlane
@testable import Gossip

@Suite("Shares of limited connections over several nodes")
struct ConnectionSharesTests {
    private func exchange(
        _ count: Int, maximum: UInt32 = 90, seed: UInt64 = 1
    ) -> ClaimExchange {
        ClaimExchange(count, maxima: [7: maximum], seed: seed)
    }

    @Test("A node that stands alone has all of each backend's connections at once")
    func alone() {
        var shares = ConnectionShares(node: nil)
        let demands = [(1, 1), (2, 1_000_000)].map { backend, maximum in
            ConnectionShares.Demand(
                backend: backend, maximum: UInt32(maximum), open: 0, waiting: 0)
        }
        let outcome = shares.round(demands, peers: [], claims: [], held: { _ in 0 }, at: .zero)
        #expect(outcome.limits == [1: 1, 2: 1_000_000])
        var single = exchange(1, maximum: 5)
        single.run(for: ConnectionShares.round)
        #expect(single.limit(0) == 5, "and so has one of a cluster that is the first")
    }

    @Test("Nodes at rest have equal parts, none of them before it knows what all others hold")
    func rest() {
        var nodes = exchange(3)
        nodes.run(for: .milliseconds(300))
        #expect((0..<3).allSatisfy { nodes.limit($0) == 0 })
        nodes.run(for: .seconds(30))
        for index in 0..<3 { #expect((25...30).contains(nodes.limit(index)), "\(index)") }
        #expect(nodes.worstExcess <= 0)
    }

    @Test("At rest nothing is said; when one node wants more all say again what they hold")
    func silence() {
        var nodes = exchange(3)
        nodes.run(for: .seconds(60))
        let before = nodes.nodes.map(\.publications)
        nodes.run(for: .seconds(60))
        #expect(nodes.nodes.map(\.publications) == before)
        nodes.want(80, at: 1)
        nodes.run(for: .seconds(4))
        for (index, count) in before.enumerated() {
            #expect(nodes.nodes[index].publications >= count + 2, "\(index)")
        }
    }

    @Test("The one node that has traffic comes to have nearly all", arguments: 0..<5)
    func busy(seed: UInt64) {
        var nodes = exchange(3, seed: seed)
        nodes.run(for: .seconds(10))
        nodes.want(200, at: 1)
        nodes.run(for: .seconds(8))
        #expect(nodes.limit(1) >= 80)
        // When another one has as much, they come to share.
        nodes.want(200, at: 2)
        nodes.run(for: .seconds(60))
        #expect(nodes.limit(1) >= 30 && nodes.limit(2) >= 30)
        #expect(nodes.worstExcess <= 0)
    }

    @Test("The part of a node that died comes back to the others", arguments: 0..<5)
    func death(seed: UInt64) {
        var nodes = exchange(3, seed: seed)
        for index in 0..<3 { nodes.want(200, at: index) }
        nodes.run(for: .seconds(30))
        let before = nodes.limit(0) + nodes.limit(1)
        #expect(before <= 75)
        nodes.crash(2)
        nodes.run(for: .seconds(10))
        #expect(nodes.limit(0) + nodes.limit(1) >= 85)
        nodes.crash(1)
        nodes.run(for: .seconds(5))
        #expect(nodes.limit(0) == 90)
        #expect(nodes.worstExcess <= 0)
    }

    @Test(
        "A node that joins a busy cluster gets its part and takes nothing before", arguments: 0..<5)
    func newcomer(seed: UInt64) {
        var nodes = exchange(2, seed: seed)
        for index in 0..<2 { nodes.want(200, at: index) }
        nodes.run(for: .seconds(30))
        nodes.join("late")
        nodes.want(200, at: 2)
        nodes.run(for: .milliseconds(300))
        #expect(nodes.limit(2) == 0)
        nodes.run(for: .seconds(60))
        #expect(nodes.limit(2) >= 20)
        #expect(nodes.worstExcess <= 0)
    }

    @Test("Control that starts anew goes on with what was written down for the workers")
    func restart() {
        var nodes = exchange(3)
        nodes.want(200, at: 0)
        nodes.run(for: .seconds(20))
        let before = nodes.limit(0)
        #expect(before >= 80)
        nodes.restartControl(0)
        nodes.run(for: .seconds(3))
        #expect(nodes.limit(0) >= before - 5)
        nodes.run(for: .seconds(20))
        #expect(nodes.limit(0) >= 80 && nodes.worstExcess <= 0)
    }

    /// One node with one peer, of which it hears what the test says.
    private struct Pair {
        var shares = ConnectionShares(node: NodeName("a"))

        mutating func round(
            _ second: Int, waiting: UInt32 = 0, peerHolds limit: UInt32, wants: UInt32 = 0,
            age: Duration
        ) throws -> ConnectionShares.Outcome {
            let peer = try #require(NodeName("b"))
            let claim = BackendClaim(
                backend: 7, open: 0, limit: limit, wanted: wants, ticket: wants > 0 ? 1 : 0)
            let demand = ConnectionShares.Demand(
                backend: 7, maximum: 10, open: 0, waiting: waiting)
            return shares.round(
                [demand], peers: [peer],
                claims: [ObservedClaims(owner: peer, claims: [claim], age: age)],
                held: { _ in 0 }, at: .zero + .seconds(second))
        }
    }

    @Test("Nothing is taken by a claim that may not be the newest")
    func stale() throws {
        var pair = Pair()
        for second in 0..<4 {
            let outcome = try pair.round(
                second, waiting: 5, peerHolds: 2, age: .milliseconds(2_300))
            #expect(outcome.limits == [7: 0])
        }
        #expect(try pair.round(4, waiting: 5, peerHolds: 2, age: .seconds(2)).limits == [7: 5])
    }

    @Test("A node that has nothing to say says it again while another one wants something")
    func confirms() throws {
        var pair = Pair()
        func number(_ second: Int, wants: UInt32) throws -> UInt64 {
            try pair.round(second, peerHolds: 10, wants: wants, age: .zero).number
        }
        for second in 0..<10 { _ = try number(second, wants: 0) }
        let rest = try number(10, wants: 0)
        #expect(try number(11, wants: 0) == rest)
        #expect(try number(12, wants: 3) == rest + 1)
        for second in 13..<17 { #expect(try number(second, wants: 0) > rest + 1) }
        let later = try number(20, wants: 0)
        #expect(try number(21, wants: 0) == later)
    }

    @Test("A node that does not have the backend keeps the others from it for a while only")
    func silent() {
        var nodes = exchange(3)
        nodes.nodes[1].wanted = [:]
        for index in [0, 2] { nodes.want(200, at: index) }
        nodes.run(for: .milliseconds(4_900))
        #expect(nodes.limit(0) == 0 && nodes.limit(2) == 0)
        nodes.run(for: .seconds(20))
        #expect((25...60).contains(nodes.limit(0)) && (25...60).contains(nodes.limit(2)))
        #expect(nodes.limit(0) + nodes.limit(2) <= 60, "its fair part is left to it")
        nodes.nodes[1].wanted = [7: 200]
        nodes.run(for: .seconds(20))
        #expect(nodes.limit(1) >= 25)
        #expect(nodes.worstExcess <= 0)
    }

    @Test("Control that restarts loses nothing of what it holds to the others", arguments: 0..<10)
    func restartWhileBusy(seed: UInt64) {
        var nodes = exchange(3, seed: seed)
        nodes.want(200, at: 0)
        nodes.run(for: .seconds(20))
        for _ in 0..<4 {
            nodes.restartControl(0)
            for index in 1...2 { nodes.want(200, at: index) }
            nodes.run(for: .seconds(5))
        }
        #expect(nodes.worstExcess <= 0)
    }

    @Test("A maximum that is lowered is kept to as soon as connections have closed")
    func lowered() {
        var shares = ConnectionShares(node: NodeName("a"))
        func limit(_ maximum: UInt32, open: UInt32, at seconds: Int) -> UInt32? {
            let demand = ConnectionShares.Demand(
                backend: 7, maximum: maximum, open: open, waiting: 0)
            return shares.round(
                [demand], peers: [], claims: [], held: { _ in 0 }, at: .zero + .seconds(seconds)
            ).limits[7]
        }
        #expect(limit(10, open: 0, at: 0) == 10)
        #expect(limit(4, open: 10, at: 1) == 10)
        #expect(limit(4, open: 7, at: 2) == 7)
        #expect(limit(4, open: 3, at: 3) == 4)
        #expect(limit(20, open: 3, at: 4) == 20)
    }

    @Test("A backend begins with what was written down, and one that comes back does again")
    func writtenDown() {
        var shares = ConnectionShares(node: NodeName("a"))
        let demand = ConnectionShares.Demand(backend: 7, maximum: 10, open: 0, waiting: 5)
        let peers = [NodeName("b")].compactMap(\.self)
        func limits(_ demands: [ConnectionShares.Demand], held: UInt32, _ second: Int)
            -> [UInt64: UInt32]
        {
            shares.round(
                demands, peers: peers, claims: [], held: { _ in held },
                at: .zero + .seconds(second)
            ).limits
        }
        #expect(limits([demand], held: 4, 0) == [7: 4])
        #expect(limits([demand], held: 9, 1) == [7: 4], "it is read once")
        #expect(limits([], held: 0, 2) == [:])
        #expect(limits([demand], held: 3, 3) == [7: 3])
    }

    @Test("While a node looks for the others it keeps what was written down, and says so")
    func looking() {
        var shares = ConnectionShares(node: NodeName("a"))
        let demand = ConnectionShares.Demand(backend: 7, maximum: 10, open: 1, waiting: 5)
        func round(_ knowsPeers: Bool, _ second: Int) -> ConnectionShares.Outcome {
            shares.round(
                [demand], peers: [], knowsPeers: knowsPeers, claims: [], held: { _ in 4 },
                at: .zero + .seconds(second))
        }
        for second in 0..<5 {
            let outcome = round(false, second)
            #expect(outcome.limits == [7: 4])
            #expect(
                outcome.claims
                    == [BackendClaim(backend: 7, open: 1, limit: 4, wanted: 0, ticket: 0)])
        }
        #expect(round(true, 5).limits == [7: 4], "it asks first")
        #expect(round(true, 6).limits == [7: 6])
    }

    @Test("A call out of turn changes no share, and forgets nobody who waits")
    func outOfTurn() {
        var shares = ConnectionShares(node: nil)
        func round(at milliseconds: Int64, waiting: UInt32) -> ConnectionShares.Outcome {
            let demand = ConnectionShares.Demand(
                backend: 7, maximum: 100, open: 0, waiting: waiting)
            return shares.round(
                [demand], peers: [], claims: [], held: { _ in 20 },
                at: .zero + .milliseconds(milliseconds))
        }
        // Who waits wants more in one round and takes it in the next.
        #expect(round(at: 0, waiting: 50).limits[7] == 20)
        let early = round(at: 940, waiting: 60)
        #expect(early.limits[7] == 20 && early.claims.map(\.wanted) == [30])
        let next = round(at: 1_000, waiting: 0)
        #expect(next.limits[7] == 60)
    }

    @Test(
        "All nodes together never hold more than a maximum, whatever comes",
        arguments: UInt64(0)..<10, [0, 100])
    func sweep(seed: UInt64, extraRounds: Int) {
        var random = SeededRandom(seed: seed)
        let maxima: [UInt64: UInt32] = [1: 1, 2: 7, 3: 100, 4: 1_000]
        var nodes = ClaimExchange(
            Int.random(in: 2...5, using: &random), maxima: maxima, seed: seed)
        nodes.extraRounds = extraRounds
        // Some node learns of a backend late.
        nodes.nodes[0].wanted[UInt64.random(in: 1...4, using: &random)] = nil
        for step in 0..<60 {
            let running = nodes.nodes.indices.filter { nodes.nodes[$0].isRunning }
            let index = running.randomElement(using: &random) ?? 0
            switch Int.random(in: 0..<12, using: &random) {
            case 0 where running.count > 2: nodes.crash(index)
            case 1 where running.count < 6: nodes.join("late-\(step)")
            case 2: nodes.restartControl(index)
            default:
                for (backend, maximum) in maxima {
                    nodes.nodes[index].wanted[backend] = UInt32.random(
                        in: 0...maximum * 2, using: &random)
                }
            }
            nodes.run(for: .milliseconds(Int64.random(in: 1...80, using: &random) * 50))
        }
        #expect(nodes.worstExcess <= 0)
        #expect(nodes.worstExcess > -1, "at some time all of one maximum was held")
    }
}
