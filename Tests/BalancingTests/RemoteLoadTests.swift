import Balancing
import Primitives
import Testing

@Suite("Connections of other nodes")
struct RemoteLoadTests {
    private typealias Report = RemoteLoad.Report

    @Test("Without peers only local connections count")
    func alone() {
        #expect(RemoteLoad.none.connections(local: 7) == 7)
        #expect(RemoteLoad([]).rawValue == RemoteLoad.none.rawValue)
    }

    @Test("A fresh report counts as it is, and afterwards peers are taken to do what we do")
    func peers() {
        let load = RemoteLoad([
            Report(gauge: 10, localAtReport: 4), Report(gauge: 3, localAtReport: 5),
        ])
        #expect(load.connections(local: 5) == 5 + (10 + 1) + (3 + 0))
        #expect(load.connections(local: 7) == 7 + (10 + 3) + (3 + 2))
        // It survives the way through the shared memory.
        #expect(RemoteLoad(rawValue: load.rawValue).connections(local: 7) == 25)
        // Closing is mirrored too, but never below what is certain.
        #expect(RemoteLoad([Report(gauge: 0, localAtReport: 9)]).connections(local: 2) == 2)
    }

    @Test("A peer with less traffic is taken to do less")
    func activity() {
        let half = RemoteLoad([Report(gauge: 10, localAtReport: 4, activity: 0.5)])
        #expect(half.connections(local: 4) == 14)
        #expect(half.connections(local: 8) == 8 + 12)
        let idle = RemoteLoad([Report(gauge: 10, localAtReport: 4, activity: 0)])
        #expect(idle.connections(local: 8) == 18)
        // Nonsense is cut off.
        #expect(Report(gauge: 0, localAtReport: 0, activity: 99).activity == PeerActivity.most)
        #expect(Report(gauge: 0, localAtReport: 0, activity: -1).activity == 0)
    }

    @Test("The ratio of traffic is found from the changes of both, and starts at one")
    func ratio() {
        var activity = PeerActivity()
        #expect(activity.ratio == 1)
        activity.observe(peer: 1, own: 0)
        #expect(activity.ratio < 1.2)
        for _ in 0..<30 { activity.observe(peer: 10, own: 40) }
        #expect(abs(activity.ratio - 0.25) < 0.02)
        for _ in 0..<30 { activity.observe(peer: 40, own: 0) }
        #expect(activity.ratio == PeerActivity.most)
        for _ in 0..<60 { activity.observe(peer: 0, own: 0) }
        #expect(abs(activity.ratio - 1) < 0.01)
    }

    @Test("The largest numbers do not overflow")
    func limits() {
        let full = RemoteLoad(
            repeatElement(Report(gauge: .max, localAtReport: 0), count: 70_000))
        #expect(full.connections(local: .max) > UInt64(UInt32.max))
        // Activities of more than 1,023 together are cut off there.
        let many = RemoteLoad(repeatElement(Report(gauge: 0, localAtReport: 0), count: 2_000))
        #expect(many.connections(local: 64) == 64 + 65_535)
        let empty = RemoteLoad(
            repeatElement(Report(gauge: 0, localAtReport: .max), count: 70_000))
        #expect(empty.connections(local: 5) == 5)
    }

    @Test(
        "What was open at the moment of the report is interpolated",
        arguments: [
            (now: 50, round: 10, since: 1_000, delay: 250, expected: 40),
            (now: 10, round: 50, since: 1_000, delay: 250, expected: 20),
            (now: 50, round: 10, since: 200, delay: 250, expected: 10),
            (now: 50, round: 10, since: 200, delay: 0, expected: 50),
        ] as [(now: UInt32, round: UInt32, since: Int64, delay: Int64, expected: UInt32)])
    func interpolation(now: UInt32, round: UInt32, since: Int64, delay: Int64, expected: UInt32) {
        let report = Report.interpolated(
            gauge: 1, localNow: now, localAtRound: round, sinceRound: since, delay: delay)
        #expect(report.localAtReport == expected)
    }
}
