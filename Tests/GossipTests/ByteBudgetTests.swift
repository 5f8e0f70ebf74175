import Membership
import Primitives
import Simulation
import Testing
import Wire

@testable import Gossip

/// The bytes that may wait, and those that may not.
@Suite("Byte budget")
struct ByteBudgetTests {
    private static let start = Instant(nanoseconds: 5_000_000_000)

    private func budget(rate: Int = 1_000, burst: Int = 500) -> ByteBudget {
        ByteBudget(rate: rate, burst: burst, now: Self.start)
    }

    private func hasRoom(_ budget: inout ByteBudget, at now: Instant) -> Bool {
        budget.hasRoom(at: now)
    }

    @Test(
        "There is room until as much is spent as was saved",
        arguments: [
            // A burst of 500 bytes, then 1,000 bytes a second: spent, milliseconds later, room.
            (0, 0, true), (499, 0, true), (500, 0, false), (501, 0, false),
            (500, 1, true), (510, 10, false), (510, 11, true),
            // Nothing is saved above the burst, however long the rest.
            (1_000, 500, false), (1_000, 501, true),
        ])
    func room(spent: Int, milliseconds: Int, expected: Bool) {
        var budget = budget()
        budget.spend(spent)
        #expect(hasRoom(&budget, at: Self.start + .milliseconds(milliseconds)) == expected)
    }

    @Test("A long rest saves no more than the burst")
    func rest() {
        var budget = budget()
        let later = Self.start + .seconds(1_000_000)
        #expect(hasRoom(&budget, at: later))
        budget.spend(500)
        #expect(!hasRoom(&budget, at: later))
    }

    @Test("What could not wait is paid for with no more than a burst")
    func debt() {
        var budget = budget()
        budget.spend(1_000_000)
        #expect(!hasRoom(&budget, at: Self.start + .milliseconds(500)))
        #expect(hasRoom(&budget, at: Self.start + .milliseconds(501)))
    }

    @Test("Asking often earns no less than asking once", arguments: [1, 7, 100, 999])
    func rounding(microseconds: Int) {
        var budget = budget(rate: 1_000, burst: 1_000_000)
        budget.spend(1_000_000)
        var now = Self.start
        let end = Self.start + .seconds(1)
        while now < end {
            _ = budget.hasRoom(at: now)
            now = now + .microseconds(microseconds)
        }
        #expect(hasRoom(&budget, at: end))
        budget.spend(499)
        #expect(hasRoom(&budget, at: end), "less than half is lost to rounding")
    }

    @Test("Any spending stays below the rate and one burst", arguments: 0..<16)
    func sweep(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let rate = Int.random(in: 1...300_000, using: &random)
        let burst = Int.random(in: 1...300_000, using: &random)
        var budget = budget(rate: rate, burst: burst)
        // As long as a datagram is below a burst nothing is forgiven.
        let datagram = min(1_228, burst)
        var now = Self.start
        var spent = 0
        for _ in 0..<2_000 {
            now = now.advanced(byNanoseconds: .random(in: 0...20_000_000, using: &random))
            guard budget.hasRoom(at: now) else { continue }
            budget.spend(datagram)
            spent += datagram
        }
        let earned = Double(rate) * (now - Self.start).inSeconds
        #expect(Double(spent) <= earned + Double(burst + datagram))
    }
}

/// The byte rate of a whole node.
@Suite("Clusters: byte rate")
struct ByteRateTests {
    private static let count = 8

    /// A cluster at rest with that byte rate.
    private func cluster(rate: Int, burst: Int) -> SimulatedCluster {
        let cluster = SimulatedCluster(Self.count, seed: 3) { configuration in
            configuration.bytesPerSecond = rate
            configuration.bytesBurst = burst
        }
        cluster.startAll()
        cluster.run(for: .seconds(30))
        return cluster
    }

    /// Has the first node change its mind about four hundred backends all the time, for ten
    /// seconds; the last node crashes meanwhile. The answer is what the first node sent.
    private func storm(in cluster: SimulatedCluster) throws -> Int {
        // Nothing is calm for long.
        cluster.expectsOneView = false
        let before = cluster.nodes[0].bytesSent
        for round in 0..<100 {
            if round == 40 { cluster.crash(Self.count - 1) }
            for backend in 0..<40 {
                try cluster.observe(
                    0, "pool|\((round * 40 + backend) % 400)", round / 10 % 2 == 0 ? .up : .down)
            }
            cluster.run(for: .milliseconds(100))
        }
        return cluster.nodes[0].bytesSent - before
    }

    @Test("A storm of changes stays below the rate and a burst, and probes go on")
    func storm() throws {
        let (rate, burst) = (8_000, 16_000)
        let cluster = cluster(rate: rate, burst: burst)
        let deferrals = try #require(cluster.gossip(0)).counters.deferrals
        let sent = try storm(in: cluster)
        // What cannot wait, or was begun with room, may be owed at the end, up to a burst.
        #expect(sent <= 10 * rate + 2 * burst, "\(sent) bytes in 10 s")
        #expect(sent >= 8 * rate, "\(sent) bytes in 10 s: there was a storm")
        #expect(try #require(cluster.gossip(0)).counters.deferrals > deferrals)
        #expect(cluster.allSee(Self.count - 1, as: .dead), "the crash was noticed meanwhile")
        #expect(cluster.deaths(of: cluster.names) == Self.count - 1)
        let time = cluster.run(atMost: .seconds(30)) { $0.viewsAreEqual && $0.isAtRest }
        #expect(time != nil, "what had to wait arrives")
        for viewer in cluster.running {
            let clock = cluster.clock(of: viewer)
            let known = try #require(cluster.gossip(viewer)).observations(at: clock)
            #expect(known.count == 400)
        }
        #expect(cluster.violations.sentences == [])
    }

    @Test("Without any room probes and their answers go out all the same")
    func starved() throws {
        let cluster = cluster(rate: 1, burst: 1)
        let before = cluster.nodes[0].datagramsSent
        _ = try storm(in: cluster)
        // A probe each 640 ms, and as many answers to others.
        #expect(cluster.nodes[0].datagramsSent - before >= 25)
        #expect(cluster.allSee(Self.count - 1, as: .dead))
        #expect(cluster.deaths(of: cluster.names) == Self.count - 1)
        #expect(cluster.violations.sentences == [])
    }
}
