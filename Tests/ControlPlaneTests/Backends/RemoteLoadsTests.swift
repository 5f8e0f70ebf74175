import Balancing
import Membership
import Primitives
import Testing
import Wire

@testable import ControlPlane
@testable import Gossip

@Suite("Connections of the other nodes")
struct RemoteLoadsTests {
    /// What one other node says of backends: when, and how many connections and requests.
    private func gauges(
        _ owner: String, _ open: [UInt64: UInt32], requests: UInt64 = 0, age: Duration = .zero
    ) throws -> ObservedGauges {
        ObservedGauges(
            owner: try #require(NodeName(owner)),
            gauges: open.sorted { $0.key < $1.key }.map { backend, count in
                BackendGauge(backend: backend, openConnections: count, requests: requests)
            }, age: age)
    }

    private func local(_ open: UInt32, requests: UInt64 = 0) -> [UInt64: RemoteLoads.Local] {
        [7: RemoteLoads.Local(open: open, requests: requests)]
    }

    private let start = Instant.zero + .seconds(100)

    @Test("Connections are summed over nodes, by backend")
    func sums() throws {
        var loads = RemoteLoads()
        let all = try [
            gauges("a", [7: 3, 8: 1]), gauges("b", [7: 5]), gauges("a", [9: 2]),
            gauges("c", [:]),
        ]
        let update = loads.update(all, local: local(2), at: start)
        #expect(update[7]?.connections(local: 2) == 10)
        #expect(update[8]?.connections(local: 0) == 1 && update[9]?.connections(local: 0) == 2)
        #expect(update.count == 3)
        // Who is gone counts no more, nor do backends that it alone had.
        let next = loads.update([all[1]], local: local(2), at: start + .seconds(1))
        #expect(next.mapValues { $0.connections(local: 2) } == [7: 7])
        #expect(loads.update([], local: local(2), at: start + .seconds(2)).isEmpty)
    }

    @Test("Until it reports again a peer is taken to do what this node does, once a second anew")
    func renewal() throws {
        var loads = RemoteLoads()
        func connections(at seconds: Double, open: UInt32, local: UInt32) throws -> UInt64? {
            let now = start + .milliseconds(Int64(seconds * 1_000))
            // One report, made at the start, which grows old.
            let report = try gauges("a", [7: open], age: now - start)
            return loads.update([report], local: self.local(local), at: now)[7]?
                .connections(local: UInt64(local))
        }
        #expect(try connections(at: 0, open: 10, local: 4) == 14)
        #expect(try connections(at: 0.5, open: 10, local: 6) == 6 + 12)
        // Had it changed, it would have said so by now.
        #expect(try connections(at: 1, open: 10, local: 6) == 6 + 10)
        #expect(try connections(at: 1.9, open: 10, local: 8) == 8 + 12)
        #expect(try connections(at: 2, open: 10, local: 8) == 8 + 10)
    }

    @Test("A new report takes the place of the former one at once")
    func replaced() throws {
        var loads = RemoteLoads()
        for (tenth, open) in [(0, 10), (2, 20), (4, 15)] as [(Int64, UInt32)] {
            let now = start + .milliseconds(tenth * 100)
            let load = loads.update([try gauges("a", [7: open])], local: local(4), at: now)[7]
            #expect(load?.connections(local: 4) == 4 + UInt64(open))
        }
    }

    @Test("A new report counts as from when it was made")
    func late() throws {
        var loads = RemoteLoads()
        _ = loads.update([], local: local(10), at: start)
        // Made 0.4 s ago; this node went from 10 to 20 in the last second, so it had about 16 then.
        let report = try gauges("a", [7: 5], age: .milliseconds(400))
        let load = loads.update([report], local: local(20), at: start + .seconds(1))[7]
        #expect(load?.connections(local: 20) == 20 + 5 + 4)
        #expect(load?.connections(local: 16) == 16 + 5)
    }

    @Test("A peer with a quarter of the requests is taken to do a quarter")
    func activity() throws {
        var loads = RemoteLoads()
        var now = start
        for round in 0..<40 as Range<UInt64> {
            let report = try gauges("a", [7: 100], requests: round * 10, age: .zero)
            _ = loads.update([report], local: local(100, requests: round * 40), at: now)
            now = now + .seconds(1)
        }
        let report = try gauges("a", [7: 100], requests: 400)
        let load = try #require(
            loads.update([report], local: local(100, requests: 1_600), at: now)[7])
        #expect(load.connections(local: 100) >= 199)
        #expect((222...228).contains(load.connections(local: 120)), "20 here, about 5 there")
    }

    @Test("Counts that begin anew after a restart, here or there, are no negative traffic")
    func restarts() throws {
        // Both do the same, but for a restart of the peer in the middle.
        var (loads, now, theirs) = (RemoteLoads(), start, UInt64(1_000))
        for round in 0..<20 as Range<UInt64> {
            theirs = round == 10 ? 50 : theirs + 50
            let report = try gauges("a", [7: 100], requests: theirs)
            let load = loads.update(
                [report], local: local(100, requests: round * 50), at: now)[7]
            now = now + .seconds(1)
            guard round > 0 else { continue }
            #expect((208...212).contains(try #require(load).connections(local: 105)))
        }
    }

    @Test("No numbers make it trap")
    func extremes() throws {
        var loads = RemoteLoads()
        var now = start
        for (theirs, own) in [(1_000, 1_000), (5, 1_100), (105, 0), (.max, .max), (0, 0)]
            as [(UInt64, UInt64)]
        {
            let report = try gauges("a", [7: .max], requests: theirs)
            let load = loads.update([report], local: local(.max, requests: own), at: now)[7]
            #expect(load.map { $0.connections(local: 0) < UInt64(UInt32.max) * 2 } == true)
            now = now + .seconds(1)
        }
    }

    @Test("Backends that this node does not have are counted too")
    func elsewhere() throws {
        var loads = RemoteLoads()
        let update = loads.update([try gauges("a", [9: 4])], local: [:], at: start)
        #expect(update[9]?.connections(local: 0) == 4)
    }
}
