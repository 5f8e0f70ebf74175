import Primitives
import Testing

@testable import Membership

/// When the own loop stood still, and when it only looks so.
@Suite("Lag")
struct LagTests {
    @Test("A suspicion that its accusers shorten into the past is no stop of ours")
    func shortened() {
        let bench = Bench()
        bench.know("a", "b", "c", "d", "e")
        bench.hear(Bench.claim("c", .suspect, 0, by: ["a"]))
        bench.runAnswering(for: .seconds(5))
        let period = bench.membership.nextPeriod
        // Half a second would have been enough.
        bench.hear(Bench.claim("c", .suspect, 0, by: ["b", "d"]))
        bench.receive([.ping(1)], from: "a")
        #expect(bench.membership.nextDeadline == bench.now)
        #expect(bench.tick().states(of: "c") == [.dead])
        #expect(bench.membership.healthScore == 0)
        #expect(bench.membership.nextPeriod == period)
        #expect(bench.membership.lastStop == .zero)
    }

    @Test("Nor is a refuted accuser's return, which shortens it as well")
    func shortenedByRefutation() {
        let bench = Bench()
        bench.know("a", "b", "c", "d", "e")
        bench.hear(Bench.claim("a", .suspect, 0, by: ["e"]))
        bench.hear(Bench.claim("c", .suspect, 0, by: ["a", "b", "d"]))
        bench.hear(Bench.claim("b", .suspect, 0, by: ["e"]))
        bench.runAnswering(for: .seconds(5))
        #expect(bench.state("c") == .suspect)
        for name in ["a", "b"] { bench.hear(Bench.claim(name, .alive, 1), from: name) }
        #expect(bench.tick().states(of: "c") == [.dead])
        #expect(bench.membership.healthScore == 0)
    }

    @Test(
        "A loop that is late by more than a quarter of a second was stopped, and all time-outs wait",
        arguments: [(200, false), (249, false), (251, true), (20_000, true)])
    func stopped(milliseconds: Int, isStop: Bool) throws {
        let bench = Bench()
        bench.know("a", "b", "c", "d", "e")
        bench.hear(Bench.claim("c", .suspect, 0, by: ["a"]))
        bench.runAnswering(for: .seconds(2))
        _ = try #require(bench.runToPing())
        let suspicion = try #require(bench.membership.suspicions.first)
        let period = bench.membership.nextPeriod
        let due = bench.membership.nextDeadline
        let lag = Duration.milliseconds(milliseconds)
        bench.now = due + lag
        bench.receive([], from: "a")
        let shift = isStop ? lag : .zero
        #expect(bench.membership.suspicions.first?.deadline == suspicion.deadline + shift)
        #expect(bench.membership.nextPeriod == period + shift)
        #expect(bench.membership.nextDeadline == due + shift)
        #expect(bench.membership.healthScore == (isStop ? 1 : 0))
    }

    @Test("A stop counts once, however many datagrams waited, and whatever else was due in it")
    func once() {
        let bench = Bench()
        bench.know("a", "b", "c")
        bench.hear(Bench.claim("c", .dead, 0))
        bench.runAnswering(for: .seconds(20))
        // A round of contacts to the dead is due within eight seconds.
        bench.stop(for: .seconds(12))
        bench.receive([.ping(1)], from: "a")
        let (period, score) = (bench.membership.nextPeriod, bench.membership.healthScore)
        #expect(score == 1)
        for number in 2...5 { bench.receive([.ping(UInt32(number))], from: "a") }
        #expect(bench.membership.nextPeriod == period)
        bench.tick()
        #expect(bench.membership.healthScore == score)
    }

    @Test("Deadlines of a probe and of a leaving wait as well")
    func leaving() {
        let bench = Bench()
        bench.know("a")
        bench.leave()
        bench.stop(for: .seconds(30))
        #expect(!bench.tick().contains(.departed(acknowledgements: 0)))
        let late = bench.timeline(for: .milliseconds(1_800))
        #expect(!late.pings(to: "a").isEmpty)
        #expect(!late.effects.contains(.departed(acknowledgements: 0)))
        #expect(
            bench.timeline(for: .milliseconds(300)).effects
                .contains(.departed(acknowledgements: 0)))
    }
}
