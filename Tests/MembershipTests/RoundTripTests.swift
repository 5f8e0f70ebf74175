import Primitives
import Testing

@testable import Membership

/// How slow members are given more time. Goal: RFC 6298 for the estimate, and every time-out of a
/// probe in proportion to it. Method: values worked out by hand; pings of one node are timed.
@Suite("Round trips")
struct RoundTripTests {
    @Test(
        "Mean, deviation and time-out as RFC 6298 section 2 has them",
        arguments: [
            // Samples, then SRTT, RTTVAR and SRTT + 4 RTTVAR, all in milliseconds.
            ([0], 0, 0, 0),
            ([100], 100, 50, 300),
            ([100, 100], 100, 37.5, 250),
            ([100, 200], 112.5, 62.5, 362.5),
            ([100, 200, 50], 104.687_5, 62.5, 354.687_5),
            ([80, 0], 70, 50, 270),
            ([150, 150, 150], 150, 42.187_5, 318.75),
        ] as [([Int], Double, Double, Double)])
    func estimate(samples: [Int], mean: Double, deviation: Double, timeout: Double) throws {
        let first = try #require(samples.first)
        var roundTrip = RoundTripTime(first: .milliseconds(first))
        for sample in samples.dropFirst() { roundTrip.add(.milliseconds(sample)) }
        #expect(abs(roundTrip.mean.inSeconds * 1_000 - mean) < 0.001)
        #expect(abs(roundTrip.deviation.inSeconds * 1_000 - deviation) < 0.001)
        #expect(abs(roundTrip.timeout.inSeconds * 1_000 - timeout) < 0.001)
    }

    @Test(
        "Time-outs grow with the round trips, up to sixfold",
        arguments: [
            ([], 1.0), ([1], 1), ([20], 1),
            // One sample of 150 ms: 450 / 75. The same again and again: the deviation goes.
            ([150], 6), ([150, 150], 5), ([150, 150, 150], 4.25),
            ([Int](repeating: 150, count: 40), 2),
            ([2_000], 6), ([60_000], 6), ([Int](repeating: 1_500, count: 40), 6),
        ] as [([Int], Double)])
    func patience(samples: [Int], factor: Double) throws {
        let bench = Bench()
        bench.hear(Bench.claim("b", .alive))
        for sample in samples { bench.measure("b", .milliseconds(sample)) }
        let index = try #require(bench.membership.roster.index(named: Bench.name("b")))
        #expect(abs(bench.membership.patience(with: index) - factor) < 0.001)
    }

    @Test(
        "All stages of a probe last so many times longer",
        arguments: [
            (0, 1.0), (150, 2.0), (300, 4.0), (5_000, 6.0),
        ])
    func stages(roundTrip: Int, factor: Double) throws {
        let bench = Bench()
        bench.know("b", "c", "d")
        for _ in 0..<60 { bench.measure("b", .milliseconds(roundTrip)) }
        try bench.runToPing(of: "b", answering: ["c", "d"])
        let timeline = bench.timeline(for: .seconds(5), answering: ["c", "d"])
        let pings = timeline.pings(to: "b")
        let third = try #require(pings.dropFirst().first)
        #expect(third.isAbout(.milliseconds(150) * factor), "retry interval")
        let boot = Bench.identity("b").boot
        let asked = try #require(
            timeline.first(to: "c") { message in
                if case .pingRequest(_, target: boot) = message { true } else { false }
            })
        #expect(asked.isAbout(.milliseconds(225) * factor), "direct time-out")
        let accused = try #require(timeline.first(.suspect, of: "b"))
        #expect(accused.isAbout(.milliseconds(600) * factor), "probe time-out")
    }

    @Test(
        "A helper nacks, and accuses, in proportion too",
        arguments: [
            (0, 1.0), (150, 2.0), (5_000, 6.0),
        ])
    func nacks(roundTrip: Int, factor: Double) throws {
        let bench = Bench()
        bench.know("a", "b")
        for _ in 0..<60 { bench.measure("b", .milliseconds(roundTrip)) }
        bench.receive([.pingRequest(77, target: Bench.identity("b").boot)], from: "a")
        let timeline = bench.timeline(for: .seconds(5), answering: ["a"])
        let nacked = try #require(timeline.first(to: "a") { $0 == .nack(77) })
        #expect(nacked.isAbout(.milliseconds(150) * factor))
        let accused = try #require(timeline.first(.suspect, of: "b"))
        #expect(accused.isAbout(.milliseconds(600) * factor))
    }

    @Test(
        "Whichever ping is answered ends the probe, and the sample is from that ping",
        arguments: [
            (0, 160), (1, 85), (2, 10),
        ] as [(UInt32, Int)])
    func repeatedPings(answered: UInt32, expected: Int) throws {
        let bench = Bench()
        bench.hear(Bench.claim("b", .alive))
        let first = try #require(bench.runToPing())
        #expect(bench.timeline(for: .milliseconds(160)).pings(to: "b").count == 2)
        bench.receive([.ack(first.sequence &+ answered)], from: "b")
        #expect(bench.roundTrip("b") == RoundTripTime(first: .milliseconds(expected)))
        #expect(bench.membership.probes.isEmpty)
    }

    @Test("An answer to a ping of long ago ends the probe, but says nothing about the path")
    func forgottenPing() throws {
        for (answered, isRemembered) in [(0, false), (3, false), (4, true), (19, true)] {
            let bench = Bench { $0.suspicionAlone = .seconds(60) }
            bench.hear(Bench.claim("b", .alive))
            let first = try #require(bench.runToPing())
            var sent = 1
            while sent < 20 { sent += bench.timeline(for: .milliseconds(25)).pings(to: "b").count }
            bench.receive([.ack(first.sequence &+ UInt32(answered))], from: "b")
            #expect((bench.roundTrip("b") != nil) == isRemembered, "of the latest sixteen")
            #expect(bench.membership.probes.isEmpty)
        }
    }

    @Test("No sample is above two seconds")
    func sampleLimit() {
        let bench = Bench()
        bench.hear(Bench.claim("b", .alive))
        bench.measure("b", .seconds(3_600))
        #expect(bench.roundTrip("b") == RoundTripTime(first: .seconds(2)))
    }

    @Test("Another life of a name is measured anew, another incarnation is not")
    func anotherLife() {
        let bench = Bench()
        bench.hear(Bench.claim("b", .alive))
        bench.measure("b", .milliseconds(150))
        bench.hear(Bench.claim("b", .alive, 7))
        #expect(bench.roundTrip("b") == RoundTripTime(first: .milliseconds(150)))
        bench.hear(Bench.claim("b", .alive, 0, generation: 2))
        #expect(bench.roundTrip("b") == nil)
    }
}

extension Bench {
    /// Has a member answer a ping that was sent so long ago.
    func measure(_ text: String, _ roundTrip: Duration) {
        membership.contacts.remember(7, to: Self.address(text), at: now - roundTrip)
        receive([.ack(7)], from: text)
    }

    func roundTrip(_ text: String) -> RoundTripTime? {
        membership.roster.index(named: Self.name(text)).flatMap {
            membership.roster.entries[$0].roundTrip
        }
    }

    /// Lets time pass until the first ping of a probe of that member.
    func runToPing(of text: String, answering names: [String]) throws {
        for _ in 0..<100 {
            guard let ping = runToPing() else { break }
            if ping.address == Self.address(text) { return }
            if names.contains(where: { Self.address($0) == ping.address }) { answer(ping) }
        }
        throw NeverPinged()
    }
}

struct NeverPinged: Error {}
