import Gossip
import Membership
import Primitives
import Replication
import Simulation
import Testing
import Wire

/// Clusters in virtual time: what nodes claim of limited connections, and who knows it.
@Suite("Clusters: claims to connections")
struct ClaimsClusterTests {
    private func started(_ count: Int, loss: Double = 0) -> SimulatedCluster {
        let cluster = SimulatedCluster(count, seed: UInt64(count))
        cluster.conditions.loss = loss
        cluster.startAll()
        cluster.run(for: .seconds(4))
        return cluster
    }

    private func claim(_ backend: UInt64, _ limit: UInt32) -> BackendClaim {
        BackendClaim(backend: backend, open: 1, limit: limit, wanted: 0, ticket: 0)
    }

    @Test("A claim reaches everybody within half a round, and replaces the former one")
    func replaced() throws {
        let cluster = started(5)
        try cluster.claim(1, [claim(7, 3)], round: 1)
        cluster.run(for: .milliseconds(500))
        for viewer in 0..<5 { #expect(cluster.claims(of: 1, at: viewer) == [claim(7, 3)]) }
        try cluster.claim(1, [claim(7, 4), claim(8, 9)], round: 2)
        try cluster.claim(3, [claim(7, 6)], round: 1)
        cluster.run(for: .milliseconds(500))
        for viewer in 0..<5 {
            #expect(cluster.claims(of: 1, at: viewer) == [claim(7, 4), claim(8, 9)])
            #expect(cluster.claims(of: 3, at: viewer) == [claim(7, 6)])
        }
        #expect(cluster.violations.sentences == [])
    }

    @Test("Claims that are told again are as young as that, others grow old")
    func age() throws {
        let cluster = started(3)
        try cluster.claim(1, [claim(7, 3)], round: 1)
        cluster.run(for: .seconds(10))
        for viewer in 0..<3 {
            let age = try #require(cluster.ageOfClaims(of: 1, at: viewer))
            #expect(age >= .milliseconds(9_900) && age <= .seconds(10))
        }
        // The very same once more, in the same round, is no news.
        try cluster.claim(1, [claim(7, 3)], round: 1)
        cluster.run(for: .milliseconds(500))
        #expect(try #require(cluster.ageOfClaims(of: 1, at: 0)) > .seconds(10))
        try cluster.claim(1, [claim(7, 3)], round: 2)
        cluster.run(for: .milliseconds(500))
        for viewer in 0..<3 {
            #expect(cluster.claims(of: 1, at: viewer) == [claim(7, 3)])
            #expect(try #require(cluster.ageOfClaims(of: 1, at: viewer)) <= .milliseconds(500))
        }
    }

    @Test(
        "Many claims are packed, and those that are no longer made are gone", arguments: [0, 0.25])
    func removed(loss: Double) throws {
        let cluster = started(3, loss: loss)
        let many = (1...200).map { claim($0, 1_000_000) }
        try cluster.claim(0, many, round: 1)
        cluster.run(for: .seconds(8))
        for viewer in 0..<3 { #expect(cluster.claims(of: 0, at: viewer) == many) }
        try cluster.claim(0, Array(many.prefix(2)), round: 2)
        cluster.run(for: .seconds(8))
        for viewer in 0..<3 {
            #expect(cluster.claims(of: 0, at: viewer) == Array(many.prefix(2)))
        }
        try cluster.claim(0, [], round: 3)
        cluster.run(for: .seconds(8))
        for viewer in 0..<3 { #expect(cluster.ageOfClaims(of: 0, at: viewer) == nil) }
        #expect(cluster.viewsAreEqual)
        #expect(cluster.violations.sentences == [])
    }

    @Test("The claims of a node that died, left or began anew count no more")
    func gone() throws {
        let cluster = started(5)
        for index in 0..<4 { try cluster.claim(index, [claim(7, 9)], round: 1) }
        cluster.run(for: .seconds(2))
        cluster.crash(1)
        cluster.leave(2)
        cluster.crash(3)
        cluster.start(3)
        cluster.run(for: .milliseconds(3_500))
        for viewer in [0, 4] {
            #expect(cluster.claims(of: 0, at: viewer) == [claim(7, 9)])
            for owner in 1...3 {
                #expect(cluster.ageOfClaims(of: owner, at: viewer) == nil, "\(owner)")
            }
        }
        // What it claims in its new life counts.
        try cluster.claim(3, [claim(7, 2)], round: 1)
        cluster.run(for: .seconds(1))
        #expect(cluster.claims(of: 3, at: 0) == [claim(7, 2)])
        #expect(cluster.violations.sentences == [])
    }

    @Test("Claims take the place of claims, and of nothing else that the node says")
    func others() throws {
        let cluster = started(3)
        try cluster.observe(0, "api|a", .up)
        try cluster.gauge(0, [BackendGauge(backend: 7, openConnections: 5, requests: 9)])
        try cluster.claim(0, [claim(7, 3)], round: 1)
        try cluster.claim(0, [], round: 2)
        cluster.run(for: .seconds(3))
        for viewer in 0..<3 {
            #expect(cluster.ageOfClaims(of: 0, at: viewer) == nil)
            #expect(cluster.status("api|a", by: 0, at: viewer) == .up)
            #expect(cluster.openConnections(7, at: viewer) == 5)
        }
    }

    @Test("Claims that this release cannot read are left out, and gauges are none of them")
    func unreadable() throws {
        let cluster = started(2)
        try cluster.gauge(0, [BackendGauge(backend: 7, openConnections: 5, requests: 9)])
        try cluster.claim(1, [claim(7, 3)], round: 1)
        try cluster.act(0) { gossip, now, effects in
            try gossip.set(
                RecordKey(kind: .claims, id: 0), .reliable, payload: [1, 2, 3], at: now,
                effects: &effects)
        }
        cluster.run(for: .seconds(2))
        for viewer in 0..<2 {
            let claims = try #require(cluster.gossip(viewer)).claims(at: cluster.clock(of: viewer))
            #expect(claims.map(\.owner) == [cluster.nodes[1].name])
            let gauges = try #require(cluster.gossip(viewer)).gauges(at: cluster.clock(of: viewer))
            #expect(gauges.map(\.owner) == [cluster.nodes[0].name])
        }
    }
}

extension SimulatedCluster {
    fileprivate func claim(_ index: Int, _ claims: [BackendClaim], round: UInt64) throws {
        try act(index) { gossip, now, effects in
            try gossip.publish(claims, round: round, at: now, effects: &effects)
        }
    }

    private func observed(of owner: Int, at viewer: Int) -> [ObservedClaims] {
        (gossip(viewer)?.claims(at: clock(of: viewer)) ?? []).filter {
            $0.owner == nodes[owner].name
        }
    }

    /// What a node claims, as `viewer` knows it.
    fileprivate func claims(of owner: Int, at viewer: Int) -> [BackendClaim] {
        observed(of: owner, at: viewer).flatMap(\.claims).sorted { $0.backend < $1.backend }
    }

    /// How old that is; nil without claims.
    fileprivate func ageOfClaims(of owner: Int, at viewer: Int) -> Duration? {
        observed(of: owner, at: viewer).map(\.age).max()
    }
}
