import Primitives
import Testing

@testable import Membership

/// How long a suspect has, and who shortens it.
@Suite("Suspicion")
struct SuspicionTests {
    @Test(
        "Duration by accusers, witnesses and members",
        arguments: [
            // Two nodes: nobody can confirm.
            (1, 1, 2, 1_500), (2, 1, 2, 1_500),
            // Three nodes: one can.
            (1, 2, 3, 3_000), (2, 2, 3, 500), (3, 2, 3, 500),
            // Four and more: one alone is not believed; two more are enough, and the first of them
            // takes off most.
            (1, 3, 4, 10_000), (2, 3, 4, 1_333), (3, 3, 4, 500), (4, 9, 10, 500),
            // Nobody who is to be believed accuses.
            (0, 2, 3, 10_000), (0, 9, 10, 10_000),
            // The minimum grows with the decimal logarithm of the size.
            (3, 99, 100, 1_000), (3, 999, 1_000, 1_500),
        ])
    func duration(accusers: Int, witnesses: Int, members: Int, expected: Int) {
        let duration = MembershipConfiguration().suspicionDuration(
            accusers: accusers, witnesses: witnesses, members: members)
        let difference = duration - .milliseconds(expected)
        #expect(abs(difference.inSeconds) < 0.06 * Double(expected) / 1_000)
    }

    @Test("A suspect that nobody confirms has the longest time, then is dead")
    func unconfirmed() {
        let bench = Bench()
        bench.know("a", "b", "c")
        bench.hear(Bench.claim("c", .suspect, 0, by: ["a"]))
        // `a` and `b` answer our probes meanwhile, `c` does too but does not refute.
        let early = bench.runAnswering(for: .milliseconds(9_900))
        #expect(early.states(of: "c").isEmpty)
        let late = bench.runAnswering(for: .milliseconds(200))
        #expect(late.states(of: "c") == [.dead])
        #expect(late.spreads("c"))
    }

    @Test("Independent accusers shorten it, one accuser twice does not")
    func confirmed() {
        let bench = Bench()
        bench.know("a", "b", "c", "d")
        bench.hear(Bench.claim("c", .suspect, 0, by: ["a"]))
        #expect(bench.hear(Bench.claim("c", .suspect, 0, by: ["a"]), from: "b").isEmpty)
        #expect(bench.runAnswering(for: .milliseconds(600)).states(of: "c").isEmpty)
        let effects = bench.hear(Bench.claim("c", .suspect, 0, by: ["b", "d"]))
        #expect(effects.spreads("c"))
        #expect(bench.runAnswering(for: .milliseconds(10)).states(of: "c") == [.dead])
        #expect(bench.accusers("c") == ["a", "b", "d"])
    }

    @Test("A rumour keeps its accusers: hearing it does not make us one")
    func noSecondHandConfirmation() {
        let bench = Bench()
        bench.know("a", "b", "c")
        bench.hear(Bench.claim("c", .suspect, 0, by: ["a"]), from: "b")
        #expect(bench.accusers("c") == ["a"])
        // Even a claim that names nobody adds nobody.
        bench.hear(Bench.claim("c", .suspect, 0), from: "b")
        #expect(bench.accusers("c") == ["a"])
        #expect(bench.runAnswering(for: .milliseconds(2_500)).states(of: "c").isEmpty)
    }

    @Test("A refutation ends it, and a new suspicion starts from the beginning")
    func refuted() {
        let bench = Bench()
        bench.know("a", "b", "c")
        bench.hear(Bench.claim("c", .suspect, 0, by: ["a"]))
        bench.runAnswering(for: .milliseconds(2_000))
        #expect(bench.hear(Bench.claim("c", .alive, 1)).states(of: "c") == [.alive])
        bench.hear(Bench.claim("c", .suspect, 1, by: ["a"]))
        #expect(bench.runAnswering(for: .milliseconds(9_900)).states(of: "c").isEmpty)
        #expect(bench.runAnswering(for: .milliseconds(200)).states(of: "c") == [.dead])
    }

    @Test("Accusers of another incarnation do not count")
    func otherIncarnation() {
        let bench = Bench()
        bench.know("a", "b", "c", "d")
        bench.hear(Bench.claim("c", .suspect, 0, by: ["a", "b"]))
        bench.hear(Bench.claim("c", .suspect, 1, by: ["d"]))
        #expect(bench.accusers("c") == ["d"])
        #expect(bench.runAnswering(for: .milliseconds(1_000)).states(of: "c").isEmpty)
    }

    @Test("There are never more accusers than a claim carries")
    func accuserLimit() {
        let bench = Bench()
        bench.know("a", "b", "c", "d", "e", "f")
        bench.hear(Bench.claim("c", .suspect, 0, by: ["a", "b", "d"]))
        bench.hear(Bench.claim("c", .suspect, 0, by: ["e", "f"]))
        #expect(bench.accusers("c")?.count == Claim.accuserLimit)
    }

    @Test(
        "Local health",
        arguments: [
            (0, 0, 1), (1, 0, 0), (3, 0, 0), (3, 2, 2), (3, 3, 3),
        ])
    func health(helpers: Int, silent: Int, score: Int) {
        var health = LocalHealth(scoreMax: 8)
        health.probeFailed(helpers: helpers, silentHelpers: silent)
        #expect(health.score == score)
        #expect(health.scaled(.seconds(1)) == .seconds(score + 1))
        for _ in 0..<20 { health.lagged() }
        #expect(health.score == 8)
        for _ in 0..<20 { health.probeSucceeded() }
        #expect(health.score == 0)
    }

    @Test(
        "The end of each stage, by purpose",
        arguments: [
            (ProbeStage.direct, ProbePurpose.schedule, ProbeStage.End.askHelpers),
            (.direct, .request, .accuse), (.direct, .farewell, .giveUp),
            (.indirect, .schedule, .accuse), (.indirect, .request, .accuse),
            (.indirect, .farewell, .giveUp), (.accused, .schedule, .giveUp),
            (.accused, .request, .giveUp), (.accused, .farewell, .giveUp),
        ])
    func stages(stage: ProbeStage, purpose: ProbePurpose, end: ProbeStage.End) {
        #expect(stage.end(of: purpose) == end)
    }
}

extension Bench {
    /// Lets time pass while everybody answers pings, without refuting anything.
    @discardableResult
    func runAnswering(for duration: Duration) -> [MembershipEffect] {
        let end = now + duration
        var all: [MembershipEffect] = []
        while membership.nextDeadline <= end {
            now = max(now, membership.nextDeadline)
            var effects: [MembershipEffect] = []
            membership.tick(at: now, effects: &effects)
            for ping in effects.pings { answer(ping) }
            all += effects
        }
        now = end
        return all
    }
}
