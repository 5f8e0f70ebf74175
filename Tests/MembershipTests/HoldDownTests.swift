import Primitives
import Testing

@testable import Membership

/// Who was rightly held dead stays out for a while. Method: one node is stopped or cut off, then
/// hears what the others made of it.
@Suite("Hold-down")
struct HoldDownTests {
    private static let others = ["a", "b", "c", "d"]

    private static func bench() -> Bench {
        let bench = Bench()
        for name in others { bench.know(name) }
        bench.timeline(for: .seconds(6), answering: others)
        return bench
    }

    // MARK: - After a stop

    @Test(
        "Held dead after a stop of a second, or suspect after two, a node refuses itself",
        arguments: [
            (990, MemberState.dead, MemberState.alive), (1_000, .dead, .refused),
            (1_990, .suspect, .alive), (2_000, .suspect, .refused), (60_000, .dead, .refused),
            (60_000, .left, .alive), (60_000, .alive, .alive),
        ])
    func stops(milliseconds: Int, claimed: MemberState, expected: MemberState) {
        let bench = Self.bench()
        bench.stop(for: .milliseconds(milliseconds))
        let effects = bench.hear(Bench.claim("me", claimed, 0, by: ["a"]), from: "a")
        #expect(bench.membership.ownClaim.state == expected)
        guard expected == .refused else { return }
        #expect(effects.spreads("me"))
        #expect(effects.replies.first?.claim(about: "me")?.state == .refused)
        let accusation = Bench.claim("me", claimed, 0, by: ["a"])
        #expect(bench.membership.ownClaim.standing > accusation.standing)
    }

    @Test("A claim from before the stop's refutations is none, but the death after a suspicion is")
    func staleClaims() {
        for (claimed, incarnation, expected) in [
            (MemberState.dead, UInt64(5), MemberState.refused), (.dead, 4, .refused),
            (.dead, 3, .alive), (.suspect, 5, .refused), (.suspect, 4, .alive),
        ] {
            let bench = Self.bench()
            bench.hear(Bench.claim("me", .suspect, 4, by: ["a"]))
            #expect(bench.incarnation("me") == 5)
            bench.stop(for: .seconds(3))
            bench.hear(Bench.claim("me", claimed, incarnation, by: ["a"]))
            #expect(bench.membership.ownClaim.state == expected, "\(claimed)(\(incarnation))")
        }
    }

    @Test("Who reads that it was suspected, and refutes, and then that it was dead, refuses itself")
    func suspectedFirst() {
        let bench = Self.bench()
        bench.stop(for: .milliseconds(1_500))
        bench.hear(Bench.claim("me", .suspect, 0, by: ["a"]))
        #expect(bench.membership.ownClaim.state == .alive)
        #expect(bench.incarnation("me") == 1)
        bench.hear(Bench.claim("me", .dead, 0, by: ["a"]))
        #expect(bench.membership.ownClaim.state == .refused)
        #expect(bench.incarnation("me") == 1)
    }

    @Test("A stop is no excuse for ever", arguments: [(14, MemberState.refused), (16, .alive)])
    func longAgo(seconds: Int, expected: MemberState) {
        let bench = Self.bench()
        bench.stop(for: .seconds(5))
        bench.tick()
        bench.timeline(for: .seconds(seconds), answering: Self.others)
        bench.hear(Bench.claim("me", .dead, 0, by: ["a"]))
        #expect(bench.membership.ownClaim.state == expected)
    }

    // MARK: - How long

    @Test("It stays out for two minutes, probes nobody, and comes back with the next incarnation")
    func out() {
        let bench = Self.bench()
        bench.stop(for: .seconds(5))
        bench.hear(Bench.claim("me", .dead, 7, by: ["a"]))
        let refused = bench.membership.ownClaim
        #expect(refused.state == .refused && refused.incarnation == 7)
        let timeline = bench.timeline(for: .milliseconds(119_990), answering: Self.others)
        #expect(bench.membership.ownClaim == refused)
        let pings = timeline.effects.compactMap { effect in
            if case .send(let messages, _, _) = effect { messages } else { nil }
        }
        #expect(!pings.isEmpty, "it stays in touch")
        #expect(pings.allSatisfy { $0.claim(about: "me")?.state == .refused })
        let back = bench.timeline(for: .milliseconds(20), answering: Self.others)
        #expect(bench.membership.ownClaim.state == .alive)
        #expect(bench.incarnation("me") == 8)
        #expect(back.effects.spreads("me"))
    }

    @Test(
        "What is said of a node that is out brings it neither back nor further down",
        arguments: [
            MemberState.alive, .suspect, .dead, .left, .refused,
        ])
    func outStaysOut(claimed: MemberState) {
        let bench = Self.bench()
        bench.stop(for: .seconds(5))
        bench.hear(Bench.claim("me", .dead, 7, by: ["a"]))
        bench.timeline(for: .seconds(60), answering: Self.others)
        bench.hear(Bench.claim("me", claimed, 9, by: ["a"]))
        #expect(bench.membership.ownClaim.state == .refused)
        #expect(bench.incarnation("me") == 9)
        bench.timeline(for: .milliseconds(59_990), answering: Self.others)
        #expect(bench.membership.ownClaim.state == .refused)
        bench.timeline(for: .milliseconds(20), answering: Self.others)
        #expect(bench.membership.ownClaim.state == .alive)
        #expect(bench.incarnation("me") == 10)
    }

    @Test("Each time it is twice as long, up to eight minutes")
    func doubling() {
        let bench = Self.bench()
        for seconds in [120, 240, 480, 480, 480] {
            #expect(bench.faultTime(answering: Self.others) == seconds)
        }
    }

    @Test(
        "After ten minutes without a fault it starts anew",
        arguments: [(590, 240), (600, 120)])
    func startsAnew(pause: Int, expected: Int) {
        let bench = Self.bench()
        #expect(bench.faultTime(answering: Self.others) == 120)
        // The stop itself takes another five seconds.
        bench.timeline(for: .seconds(pause), answering: Self.others)
        #expect(bench.faultTime(answering: Self.others) == expected)
    }

    // MARK: - Dead again and again

    @Test(
        "The second death within ten minutes is a fault of ours",
        arguments: [
            (590, MemberState.refused), (601, .alive),
        ])
    func again(after seconds: Int, expected: MemberState) {
        let bench = Self.bench()
        bench.hear(Bench.claim("me", .dead, 0, by: ["a"]))
        #expect(bench.membership.ownClaim.state == .alive, "once can happen to anybody")
        bench.timeline(for: .seconds(seconds), answering: Self.others)
        bench.hear(Bench.claim("me", .dead, 1, by: ["a"]))
        #expect(bench.membership.ownClaim.state == expected)
    }

    @Test(
        "So it is when nobody answered us lately, whoever says so",
        arguments: [
            (0, MemberState.refused), (14, .refused), (16, .alive),
        ])
    func silenced(secondsSince: Int, expected: MemberState) {
        let bench = Self.bench()
        bench.hear(Bench.claim("me", .dead, 0, by: ["a"]))
        bench.timeline(for: .seconds(60))
        #expect(bench.membership.isCutOff)
        for name in Self.others {
            bench.hear(Bench.claim(name, .alive, 1), from: name)
            #expect(bench.state(name) == .alive)
        }
        while bench.membership.isCutOff {
            bench.timeline(for: .milliseconds(50), answering: Self.others)
        }
        bench.timeline(for: .seconds(secondsSince), answering: Self.others)
        // A stranger's accusation: nothing else says that the fault is ours.
        bench.hear(Bench.claim("me", .dead, 1, by: ["x"]))
        #expect(bench.membership.ownClaim.state == expected)
    }

    @Test("Halves come back as often as they like, also when the other half is heard first")
    func halves() {
        let bench = Self.bench()
        for round in 0..<6 as Range<UInt64> {
            for name in ["c", "d"] { bench.hear(Bench.claim(name, .dead, round)) }
            bench.timeline(for: .seconds(30), answering: ["a", "b"])
            for name in ["c", "d"] {
                bench.hear(Bench.claim(name, .alive, round + 1), from: name)
                #expect(bench.state(name) == .alive)
            }
            bench.hear(Bench.claim("me", .dead, round, by: ["c", "d"]), from: "c")
            #expect(bench.membership.ownClaim.state == .alive)
            bench.timeline(for: .seconds(20), answering: Self.others)
        }
    }

    @Test("Deaths of incarnations that we refuted long ago are no second death")
    func staleDeaths() {
        let bench = Self.bench()
        bench.hear(Bench.claim("me", .suspect, 4, by: ["b"]))
        bench.hear(Bench.claim("me", .dead, 0, by: ["a"]), from: "a")
        bench.timeline(for: .seconds(500), answering: Self.others)
        bench.hear(Bench.claim("me", .dead, 2, by: ["b"]), from: "b")
        #expect(bench.membership.ownClaim.state == .alive)
        #expect(bench.incarnation("me") == 5)
    }

    @Test("One death that is told by many is one")
    func oneDeath() {
        let bench = Self.bench()
        for name in Self.others { bench.hear(Bench.claim("me", .dead, 0, by: ["a"]), from: name) }
        #expect(bench.membership.ownClaim.state == .alive)
        #expect(bench.incarnation("me") == 1)
    }

    // MARK: - Leaving

    @Test("Who leaves while it is refused is known as left, and does not come back")
    func leaves() {
        let bench = Self.bench()
        bench.stop(for: .seconds(5))
        bench.hear(Bench.claim("me", .dead, 7, by: ["a"]))
        let refused = bench.membership.ownClaim
        let other = Bench(named: "a")
        other.hear(refused, from: "me")
        #expect(other.state("me") == .refused)
        let farewell = bench.leave().pings
        let left = bench.membership.ownClaim
        #expect(left.state == .left)
        #expect(left.standing > refused.standing)
        #expect(other.hear(left, from: "me").states(of: "me") == [.left])
        #expect(farewell.count == 3)
        let effects = farewell.flatMap { bench.answer($0) }
        #expect(effects.contains(.departed(acknowledgements: 3)))
        bench.timeline(for: .seconds(300), answering: Self.others)
        #expect(bench.membership.ownClaim == left)
    }
}

extension Bench {
    /// Stops the node, tells it that it was held dead and gives how many seconds it stays out.
    func faultTime(answering names: [String]) -> Int? {
        stop(for: .seconds(5))
        hear(Self.claim("me", .dead, incarnation("me") ?? 0, by: ["a"]))
        for second in 0..<1_000 {
            if membership.ownClaim.state == .alive { return second }
            timeline(for: .milliseconds(second == 0 ? 1_001 : 1_000), answering: names)
        }
        return nil
    }
}
