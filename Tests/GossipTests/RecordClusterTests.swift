import Gossip
import Membership
import Primitives
import Replication
import Simulation
import Testing
import Wire

/// Clusters in virtual time: what nodes publish, and who knows it.
@Suite("Clusters: records")
struct RecordClusterTests {
    private func started(
        _ count: Int, seed: UInt64 = 1, loss: Double = 0
    ) -> SimulatedCluster {
        let cluster = SimulatedCluster(count, seed: seed)
        cluster.conditions.loss = loss
        cluster.startAll()
        cluster.run(for: .seconds(4))
        return cluster
    }

    @Test("An observation reaches everybody", arguments: [2, 3, 10], [0.0, 0.25])
    func observation(count: Int, loss: Double) throws {
        let cluster = started(count, seed: UInt64(count), loss: loss)
        try cluster.observe(1, "api|192.0.2.1:80", .down)
        let time = cluster.run(atMost: .seconds(10)) { cluster in
            cluster.running.allSatisfy {
                cluster.status("api|192.0.2.1:80", by: 1, at: $0) == .down
            }
        }
        let limit = loss == 0 ? Duration.milliseconds(count == 10 ? 800 : 50) : .seconds(4)
        #expect(try #require(time) <= limit)
        try cluster.observe(1, "api|192.0.2.1:80", .up)
        cluster.run(for: .seconds(6))
        for viewer in cluster.running {
            #expect(cluster.status("api|192.0.2.1:80", by: 1, at: viewer) == .up)
        }
        cluster.act(1) { gossip, now, effects in
            gossip.withdraw(backend: "api|192.0.2.1:80", check: 1, at: now, effects: &effects)
        }
        cluster.run(for: .seconds(6))
        for viewer in cluster.running {
            #expect(cluster.status("api|192.0.2.1:80", by: 1, at: viewer) == nil)
        }
        #expect(cluster.viewsAreEqual)
        #expect(cluster.violations.sentences == [])
    }

    @Test("Whoever joins late gets everything, with its age")
    func lateJoiner() throws {
        let cluster = SimulatedCluster(4, seed: 5)
        for index in 0..<3 { cluster.start(index) }
        cluster.run(for: .seconds(3))
        for backend in 0..<60 { try cluster.observe(backend % 3, "pool|\(backend)", .up) }
        try cluster.gauge(1, [BackendGauge(backend: 1, openConnections: 5, requests: 9)])
        cluster.run(for: .seconds(30))
        cluster.start(3)
        let time = cluster.run(atMost: .seconds(5)) { cluster in
            cluster.viewsAreEqual && cluster.gossip(3)?.gauges(at: cluster.clock(of: 3)).count == 1
        }
        #expect(time != nil)
        let observations = try #require(cluster.gossip(3)?.observations(at: cluster.clock(of: 3)))
        #expect(observations.count == 60)
        // Half a minute as observed, half a minute until it joined.
        #expect(observations.allSatisfy { (60.0...66.0).contains($0.lasted.inSeconds) })
    }

    @Test("When a node dies its gauges leave every sum, its observations stay as last known")
    func ownerDies() throws {
        let cluster = started(3)
        try cluster.observe(2, "api|a", .down)
        try cluster.gauge(2, [BackendGauge(backend: 7, openConnections: 10_000, requests: 1)])
        cluster.run(for: .seconds(2))
        #expect(cluster.openConnections(7, at: 0) == 10_000)
        cluster.crash(2)
        cluster.run(for: .milliseconds(2_500))
        for viewer in [0, 1] {
            #expect(cluster.openConnections(7, at: viewer) == 0)
            #expect(cluster.status("api|a", by: 2, at: viewer) == .down)
            #expect(cluster.isStale("api|a", by: 2, at: viewer) == true)
        }
        cluster.run(for: .seconds(700))
        #expect(cluster.status("api|a", by: 2, at: 0) == nil, "not for ever")
        #expect(cluster.violations.sentences == [])
    }

    @Test("A restart drops the gauges of the former life, and its observations become fresh again")
    func ownerRestarts() throws {
        let cluster = started(3)
        try cluster.observe(2, "api|a", .down)
        try cluster.observe(2, "api|b", .down)
        try cluster.gauge(2, [BackendGauge(backend: 7, openConnections: 50, requests: 1)])
        cluster.run(for: .seconds(2))
        cluster.crash(2)
        cluster.start(2)
        cluster.run(for: .milliseconds(100))
        #expect(cluster.openConnections(7, at: 0) == 0)
        #expect(cluster.isStale("api|a", by: 2, at: 0) == true)
        try cluster.observe(2, "api|a", .up)
        try cluster.gauge(2, [BackendGauge(backend: 7, openConnections: 3, requests: 1)])
        cluster.run(for: .seconds(2))
        for viewer in [0, 1] {
            #expect(cluster.openConnections(7, at: viewer) == 3)
            #expect(cluster.status("api|a", by: 2, at: viewer) == .up)
            #expect(cluster.isStale("api|a", by: 2, at: viewer) == false)
            #expect(cluster.isStale("api|b", by: 2, at: viewer) == true)
        }
        #expect(cluster.viewsAreEqual)
        #expect(cluster.violations.sentences == [])
    }

    @Test("What leaves with a node that leaves")
    func ownerLeaves() throws {
        let cluster = started(3)
        try cluster.observe(2, "api|a", .down)
        cluster.run(for: .seconds(1))
        cluster.leave(2)
        cluster.run(for: .seconds(1))
        #expect(cluster.status("api|a", by: 2, at: 0) == nil)
    }

    @Test("Gauges are sent at a capped rate, and the newest arrives", arguments: [0.0, 0.25])
    func gaugeRate(loss: Double) throws {
        let cluster = started(3, loss: loss)
        let before = cluster.bytesSent
        for number in 1...200 {
            try cluster.gauge(
                0, [BackendGauge(backend: 7, openConnections: UInt32(number), requests: 1)])
            cluster.run(for: .milliseconds(50))
        }
        let rate = Double(cluster.bytesSent - before) / 10 / 3
        #expect(rate < 1_200, "\(rate) bytes/s a node")
        let time = cluster.run(atMost: .seconds(15)) { cluster in
            [1, 2].allSatisfy { cluster.openConnections(7, at: $0) == 200 }
        }
        #expect(time != nil)
    }

    @Test("Gauges of many backends are packed, and shrink again")
    func manyGauges() throws {
        let cluster = started(3)
        let gauges = (0..<500).map {
            BackendGauge(backend: $0, openConnections: 2, requests: 1 << 30)
        }
        try cluster.gauge(0, gauges)
        cluster.run(for: .seconds(5))
        for viewer in 0..<3 {
            let seen = cluster.gossip(viewer)?.gauges(at: cluster.clock(of: viewer)).flatMap(
                \.gauges)
            #expect(seen?.count == 500)
        }
        try cluster.gauge(0, Array(gauges.prefix(3)))
        cluster.run(for: .seconds(5))
        for viewer in 0..<3 {
            let seen = cluster.gossip(viewer)?.gauges(at: cluster.clock(of: viewer)).flatMap(
                \.gauges)
            #expect(seen?.count == 3)
        }
        #expect(cluster.violations.sentences == [])
    }

    @Test("What was published while the cluster was split is everywhere afterwards")
    func split() throws {
        let cluster = started(4, seed: 3)
        try cluster.observe(0, "api|deleted", .up)
        try cluster.observe(3, "api|changed", .up)
        cluster.run(for: .seconds(1))
        for index in 0..<2 { cluster.conditions.groups[index] = 1 }
        // Longer than removals are remembered.
        cluster.run(for: .seconds(10))
        cluster.act(0) { gossip, now, effects in
            gossip.withdraw(backend: "api|deleted", check: 1, at: now, effects: &effects)
        }
        try cluster.observe(3, "api|changed", .down)
        try cluster.observe(1, "api|new", .up)
        cluster.run(for: .seconds(900))
        cluster.conditions.groups = [:]
        cluster.run(for: .seconds(12))
        #expect(cluster.viewsAreEqual)
        for viewer in 0..<4 {
            #expect(cluster.status("api|deleted", by: 0, at: viewer) == nil)
            #expect(cluster.status("api|changed", by: 3, at: viewer) == .down)
            #expect(cluster.status("api|new", by: 1, at: viewer) == .up)
        }
        #expect(cluster.violations.sentences == [])
    }

    @Test("A value too long is an error for whoever publishes it")
    func errors() throws {
        let cluster = started(2)
        let long = String(repeating: "x", count: 300)
        #expect(throws: PublishError.malformed(.invalid(.text))) {
            try cluster.observe(0, long, .up)
        }
        #expect(throws: RecordError.tooLarge(bytes: 1_001, limit: 1_000)) {
            try cluster.act(0) { gossip, now, effects in
                try gossip.set(
                    RecordKey(kind: .observation, id: 1), .reliable,
                    payload: [UInt8](repeating: 0, count: 1_001), at: now, effects: &effects)
            }
        }
    }

    @Test("An equal value is no news")
    func equal() throws {
        let cluster = started(2)
        try cluster.observe(0, "api|a", .up)
        cluster.run(for: .seconds(2))
        let key = BackendObservation.key(backend: "api|a", check: 1)
        let before = cluster.gossip(0)?.record(owner: cluster.nodes[0].name, key: key)
        try cluster.observe(0, "api|a", .up)
        #expect(cluster.gossip(0)?.record(owner: cluster.nodes[0].name, key: key) == before)
        #expect(cluster.gossip(0)?.queueDepths.records == 0)
    }
}

extension SimulatedCluster {
    func observe(
        _ index: Int, _ backend: String, _ status: BackendObservation.Status
    ) throws {
        let observation = BackendObservation(
            backend: backend, check: 1, status: status, text: "test", lastedMilliseconds: 30_000)
        try act(index) { gossip, now, effects in
            try gossip.publish(observation, at: now, effects: &effects)
        }
    }

    func gauge(_ index: Int, _ gauges: [BackendGauge]) throws {
        try act(index) { gossip, now, effects in
            try gossip.publish(gauges, at: now, effects: &effects)
        }
    }

    private func observed(_ backend: String, by owner: Int, at viewer: Int) -> ObservedBackend? {
        gossip(viewer)?.observations(at: clock(of: viewer)).first {
            $0.observer == nodes[owner].name && $0.observation.backend == backend
        }
    }

    func status(_ backend: String, by owner: Int, at viewer: Int) -> BackendObservation.Status? {
        observed(backend, by: owner, at: viewer)?.observation.status
    }

    func isStale(_ backend: String, by owner: Int, at viewer: Int) -> Bool? {
        observed(backend, by: owner, at: viewer)?.isStale
    }

    /// The sum of all nodes' open connections to a backend, as `viewer` knows it.
    func openConnections(_ backend: UInt64, at viewer: Int) -> Int {
        let all = gossip(viewer)?.gauges(at: clock(of: viewer)).flatMap(\.gauges) ?? []
        return all.filter { $0.backend == backend }.reduce(0) { $0 + Int($1.openConnections) }
    }
}
