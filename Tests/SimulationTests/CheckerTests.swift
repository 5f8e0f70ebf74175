import Gossip
import Membership
import Primitives
import Replication
import Testing

@testable import Simulation

/// That the checkers notice what they are there for. Engines do nothing of the kind, so the
/// checkers are told that they did.
@Suite("Checkers")
struct CheckerTests {
    private let cluster: SimulatedCluster

    init() {
        cluster = SimulatedCluster(3, seed: 1)
        cluster.startAll()
        cluster.run(for: .seconds(4))
    }

    /// Has node 0 hold a claim about node 1 that is like the present one, but for this.
    private func hold(_ change: (inout Claim) -> Void) throws {
        let own = try #require(cluster.gossip(1)?.member(named: cluster.nodes[1].name))
        var claim = own.claim
        claim.incarnation = 5
        change(&claim)
        cluster.follow(claim, cluster.nodes[0])
    }

    private func found(_ text: String) -> Bool {
        cluster.violations.sentences.contains { $0.contains(text) }
    }

    @Test("Nothing is found in a healthy cluster")
    func nothing() {
        cluster.run(for: .seconds(20))
        #expect(cluster.violations.isEmpty)
        #expect(cluster.violations.lastEvents == [])
    }

    @Test("Incarnations only grow")
    func incarnations() throws {
        try hold { _ in }
        #expect(cluster.violations.isEmpty)
        try hold { $0.incarnation = 4 }
        #expect(found("earlier incarnation"))
        #expect(cluster.violations.count == 1)
        #expect(!cluster.violations.lastEvents.isEmpty)
    }

    @Test("Nobody is alive at or below the incarnation of its death", arguments: [4, 5])
    func deaths(incarnation: UInt64) throws {
        try hold { $0.state = .dead }
        #expect(cluster.violations.isEmpty)
        try hold { $0.incarnation = incarnation }
        #expect(found("its death was not refuted"))
    }

    @Test("A refuted death is none")
    func refutation() throws {
        try hold { $0.state = .dead }
        try hold { $0.incarnation = 6 }
        #expect(cluster.violations.isEmpty)
        #expect(cluster.transitions.map(\.kind) == [.died, .returned])
        #expect(cluster.falseDeaths == 1)
        #expect(cluster.transitionsMax(of: 1) == 2)
        #expect(cluster.deaths(of: [cluster.nodes[1].name]) == 1)
    }

    @Test("The death of who is paused, disturbed, parted or gone is no false one", arguments: 0..<4)
    func trueDeaths(number: Int) throws {
        switch number {
        case 0: cluster.pause(1)
        case 1: cluster.nodes[1].isFaulty = true
        case 2: cluster.conditions.cut(from: 1, to: 0)
        default: cluster.leave(1)
        }
        try hold { $0.state = .dead }
        #expect(cluster.transitions.count == 1)
        #expect(cluster.falseDeaths == 0)
    }

    @Test("Who left stays gone, and evidence of one incarnation is not taken back")
    func order() throws {
        try hold { $0.state = .left }
        try hold { $0.incarnation = 9 }
        #expect(found("although that life left"))
        try hold {
            $0.state = .suspect
            $0.incarnation = 10
        }
        try hold { $0.incarnation = 10 }
        #expect(found("took back"))
    }

    @Test("Lives follow one another, and every one of them was")
    func lives() throws {
        try hold { $0.identity = Self.identity("node-1", generation: 7) }
        #expect(found("a life of node-1 that never was"))
        try hold { $0.identity = Self.identity("node-1", generation: 6) }
        #expect(found("earlier life"))
        try hold { $0.identity = Self.identity("nobody", generation: 1) }
        #expect(found("more members than there ever were"))
    }

    private static func identity(_ text: String, generation: UInt64) -> Identity {
        guard let name = NodeName(text) else { preconditionFailure("a name") }
        return Identity(name: name, boot: BootID(high: 1, low: 2), generation: generation)
    }

    @Test("A version has one payload")
    func payloads() throws {
        let owner = try #require(cluster.gossip(1)?.identity)
        func check(_ version: UInt64, _ payload: [UInt8]?) {
            cluster.checkPayload(
                Record(
                    owner: owner, key: RecordKey(kind: .observation, id: 1), version: version,
                    recordClass: .reliable, payload: payload), cluster.nodes[0])
        }
        check(1, [1])
        check(2, [2])
        check(1, [1])
        #expect(cluster.violations.isEmpty)
        check(2, [3])
        check(1, nil)
        #expect(cluster.violations.count == 2)
        #expect(found("another payload of version 2 by node-1"))
    }

    @Test("No datagram is longer than every path takes", arguments: [1_200, 1_201])
    func sizes(size: Int) {
        cluster.send(
            [UInt8](repeating: 0, count: size), of: cluster.nodes[0],
            to: cluster.nodes[1].address)
        #expect(found("a datagram of 1201 bytes") == (size > 1_200))
    }

    @Test("Nodes that do not find one another are noticed after ten quiet seconds")
    func calm() {
        let cluster = SimulatedCluster(2, seed: 1)
        cluster.start(0, join: [])
        cluster.start(1, join: [])
        cluster.run(for: .seconds(9))
        #expect(cluster.violations.isEmpty)
        cluster.run(for: .seconds(3))
        #expect(cluster.violations.count == 1)
        #expect(cluster.violations.sentences.first?.contains("2 different views") == true)
    }

    @Test("A report of broken invariants has a time, an end, and what happened before")
    func report() {
        for number in 0..<200 { cluster.violate("number \(number)") }
        #expect(cluster.violations.count == 200)
        #expect(cluster.violations.sentences.count == 50)
        #expect(cluster.violations.sentences.first == "4.000 s: number 0")
        #expect(cluster.violations.lastEvents.contains { $0.hasSuffix("node-0 starts") })
        #expect(cluster.violations.lastEvents.count <= 100)
    }

    @Test("The worst of several runs is the worst of each number")
    func worst() throws {
        let reports = (0..<4).map { Scenario.crash.run(ScenarioOptions(nodes: 3, seed: $0)) }
        let worst = try #require(SimulationReport.worst(of: reports))
        #expect(worst.detectionLast == reports.compactMap(\.detectionLast).max())
        #expect(worst.idleBytes == reports.compactMap(\.idleBytes).max())
        #expect(SimulationReport.worst(of: []) == nil)
    }
}
