import Primitives
import Testing

@testable import Membership

/// Two processes of one name, and a count of lives that was lost. Goal: a name is refused only when
/// two processes surely use it, and whoever is alone gets in.
@Suite("Twins")
struct TwinTests {
    // MARK: - Seen by others

    @Test(
        "Both processes are refused once both proved to run, not sooner",
        arguments: [
            (true, [0, 1_000, 1_990], false), (true, [0, 2_010], true),
            (false, [0, 2_010, 9_000], false),
            (true, [0], false), (true, [0, 9_000], true),
        ])
    func proofs(winnerAnswers: Bool, spoken: [Int], isRefused: Bool) {
        let bench = Self.superseded()
        var elapsed = 0
        var effects: [MembershipEffect] = []
        for moment in spoken {
            bench.run(for: .milliseconds(moment - elapsed), winnerAnswers: winnerAnswers)
            elapsed = moment
            effects = bench.receive([.ping(1)], from: "b")
        }
        #expect((bench.state("b") == .refused) == isRefused)
        #expect(effects.spreads("b") == isRefused)
        #expect(bench.membership.member(named: Bench.name("b"))?.identity.generation == 2)
    }

    @Test("The successor is asked at once, and an answer of before counts for nothing")
    func asked() {
        let bench = Self.superseded()
        bench.run(for: .seconds(3), winnerAnswers: true)
        let effects = bench.receive([.ping(1)], from: "b")
        #expect(effects.pings.contains { $0.address == Bench.address("b") })
        bench.run(for: .milliseconds(2_010), winnerAnswers: false)
        bench.receive([.ping(2)], from: "b")
        #expect(bench.state("b") != .refused)
    }

    @Test("Datagrams in flight when a successor comes are no sign of a rival")
    func inFlight() {
        let bench = Bench()
        bench.know("a", "b")
        bench.hear(Bench.claim("b", .alive, 0, generation: 2))
        bench.run(for: .milliseconds(1_990), winnerAnswers: true)
        bench.receive([.ping(1)], from: "b")
        bench.run(for: .milliseconds(2_000), winnerAnswers: true)
        bench.receive([.ping(2)], from: "b")
        #expect(bench.state("b") == .alive, "it was heard once, so far")
        bench.run(for: .milliseconds(2_010), winnerAnswers: true)
        bench.receive([.ping(3)], from: "b")
        #expect(bench.state("b") == .refused)
    }

    @Test("A third life has its own time to be heard")
    func thirdLife() {
        let bench = Self.superseded()
        bench.receive([.ping(1)], from: "b")
        bench.run(for: .milliseconds(1_500), winnerAnswers: true)
        bench.hear(Bench.claim("b", .alive, 0, generation: 3))
        bench.run(for: .milliseconds(2_100), winnerAnswers: true, generation: 3)
        bench.receive([.ping(2)], from: "b", generation: 2)
        #expect(bench.state("b") == .alive)
        bench.run(for: .milliseconds(2_100), winnerAnswers: true, generation: 3)
        bench.receive([.ping(3)], from: "b", generation: 2)
        #expect(bench.state("b") == .refused)
    }

    // MARK: - Our own name

    @Test("Told that our name is refused, we stay out for 30 s, and twice as long each time")
    func doubling() {
        let bench = Bench()
        bench.know("a", "b", "c")
        for seconds in [30, 60, 120, 240, 480, 480] {
            let incarnation = bench.incarnation("me") ?? 0
            bench.hear(Bench.claim("me", .refused, incarnation), from: "a")
            #expect(bench.membership.ownClaim.state == .refused)
            bench.timeline(for: .seconds(seconds) - .milliseconds(10), answering: ["a", "b", "c"])
            #expect(bench.membership.ownClaim.state == .refused)
            bench.timeline(for: .milliseconds(20), answering: ["a", "b", "c"])
            #expect(bench.membership.ownClaim.state == .alive)
            #expect(bench.incarnation("me") == incarnation + 1)
        }
    }

    @Test("A refusal of an earlier incarnation is answered, not obeyed")
    func staleRefusal() {
        let bench = Bench()
        bench.know("a")
        bench.hear(Bench.claim("me", .suspect, 4), from: "a")
        let effects = bench.hear(Bench.claim("me", .refused, 4), from: "a")
        #expect(bench.membership.ownClaim.state == .alive)
        #expect(effects.replies.first?.claim(about: "me")?.incarnation == 5)
    }

    @Test("A superseded process stays in touch with the next three members on the ring")
    func staysInTouch() {
        let names = ["a", "b", "c", "d", "e", "f", "g"]
        let bench = Bench()
        for name in names { bench.know(name) }
        bench.hear(Bench.claim("me", .alive, 0, generation: 2), from: "a")
        let timeline = bench.timeline(for: .seconds(25), answering: names)
        #expect(bench.membership.ownClaim.state == .refused)
        let place = Bench.name("me").stableHash
        let ring = names.sorted {
            Bench.name($0).stableHash &- place < Bench.name($1).stableHash &- place
        }
        for name in ring.prefix(3) {
            let contacts = [.zero] + timeline.pings(to: name) + [.seconds(25)]
            let gaps = zip(contacts, contacts.dropFirst()).map { $1 - $0 }
            #expect(gaps.allSatisfy { $0 <= .seconds(2.2) }, "its rival is to be noticed in time")
        }
        for name in ring.dropFirst(3) { #expect(timeline.pings(to: name).isEmpty) }
    }

    // MARK: - Lost generations

    @Test(
        "Once the later life of our name is gone we go on above it",
        arguments: [
            MemberState.dead, .left,
        ])
    func renewed(state: MemberState) {
        for isHeardAlive in [true, false] {
            let bench = Bench()
            bench.know("a", "b")
            if isHeardAlive {
                bench.hear(Bench.claim("me", .alive, 9, generation: 5), from: "a")
                bench.timeline(for: .seconds(10), answering: ["a", "b"])
                #expect(bench.membership.ownClaim.state == .refused)
            }
            bench.hear(Bench.claim("me", state, 9, generation: 5, by: ["a"]), from: "a")
            let early = bench.timeline(for: .milliseconds(1_990), answering: ["a", "b"])
            #expect(bench.membership.ownClaim.state == .refused)
            #expect(early.effects.renewals.isEmpty)
            let timeline = bench.timeline(for: .milliseconds(20), answering: ["a", "b"])
            let expected = Identity(
                name: Bench.name("me"), boot: Bench.identity("me").boot, generation: 6)
            #expect(timeline.effects.renewals == [expected])
            #expect(timeline.effects.spreads("me"))
            #expect(bench.membership.ownClaim.identity == expected)
            #expect(bench.membership.ownClaim.state == .alive)
            #expect(bench.incarnation("me") == 0)
        }
    }

    @Test("While it may be alive we wait")
    func waits() {
        let bench = Bench()
        bench.know("a", "b")
        let alarms = bench.hear(Bench.claim("me", .alive, 9, generation: 5), from: "a").alarms
        #expect(alarms.count == 1)
        bench.timeline(for: .milliseconds(29_990), answering: ["a", "b"])
        #expect(bench.membership.ownClaim.state == .refused)
        let timeline = bench.timeline(for: .milliseconds(20), answering: ["a", "b"])
        #expect(timeline.effects.renewals.map(\.generation) == [6])
    }

    @Test(
        "No generation of a former life traps, in whatever state it is told",
        arguments: [
            (Identity.generationMax - 1, [Identity.generationMax]), (Identity.generationMax, []),
            (UInt64.max - 1, []), (UInt64.max, []),
        ])
    func highGenerations(generation: UInt64, renewals: [UInt64]) {
        for first in MemberState.allCases {
            for second in MemberState.allCases {
                let bench = Bench()
                bench.know("a", "b")
                bench.hear(Bench.claim("me", first, 9, generation: generation), from: "a")
                var timeline = bench.timeline(for: .seconds(31), answering: ["a", "b"])
                bench.hear(Bench.claim("me", second, 9, generation: generation), from: "a")
                timeline += bench.timeline(for: .seconds(600), answering: ["a", "b"])
                #expect(timeline.effects.renewals.map(\.generation) == renewals)
                #expect(bench.membership.ownClaim.state == .alive)
                #expect(bench.membership.nextDeadline >= bench.now)
            }
        }
    }

    @Test(
        "A generation above the limit is believed of nobody",
        arguments: [
            Identity.generationMax + 1, .max,
        ])
    func impossibleGenerations(generation: UInt64) {
        let bench = Bench()
        bench.know("b")
        for name in ["me", "b", "new"] {
            bench.hear(Bench.claim(name, .alive, generation: generation))
        }
        #expect(bench.membership.ownClaim.state == .alive)
        let known = bench.membership.member(named: Bench.name("b"))
        #expect(known?.identity.generation == 1)
        #expect(bench.state("new") == nil)
    }

    // MARK: - Together

    @Test("Two that run are both kept out, and one of them gets in when the other ends")
    func wholeCluster() {
        let cluster = SmallCluster()
        let members = ["n1", "n2", "n3", "n4"]
        for name in members + ["twin"] { cluster.add(name) }
        cluster.run(for: .seconds(10))
        cluster.add("twin", generation: 2, at: "elsewhere")
        cluster.run(for: .seconds(20))
        for place in members + ["twin", "elsewhere"] {
            #expect(cluster.state("twin", at: place) == .refused, "\(place)")
        }
        for place in members { #expect(cluster.effects(of: place).alarms.count <= 1) }
        #expect(members.contains { !cluster.effects(of: $0).alarms.isEmpty })
        var seconds = 0
        for _ in 0..<600 {
            cluster.run(for: .seconds(1))
            if cluster.state("twin", at: "n1") == .alive { seconds += 1 }
        }
        #expect(seconds < 90, "a try in vain is over within seconds")
        cluster.stop("elsewhere")
        cluster.run(for: .seconds(600))
        for place in members + ["twin"] {
            #expect(cluster.state("twin", at: place) == .alive, "\(place)")
        }
    }

    /// A member `b` whose first life was superseded some time ago.
    private static func superseded() -> Bench {
        let bench = Bench()
        bench.know("a", "b")
        bench.hear(Bench.claim("b", .alive, 0, generation: 2))
        bench.run(for: .milliseconds(2_010), winnerAnswers: true)
        return bench
    }
}

extension Bench {
    /// Lets time pass while `a` answers, and a later life of `b` if the test says so.
    @discardableResult
    func run(
        for duration: Duration, winnerAnswers: Bool, generation: UInt64 = 2
    ) -> [TimedEffect] {
        let start = now
        var all: [TimedEffect] = []
        while membership.nextDeadline <= start + duration {
            now = max(now, membership.nextDeadline)
            let effects = tick()
            for ping in effects.pings {
                if ping.address == Self.address("a") { answer(ping) }
                if ping.address == Self.address("b"), winnerAnswers {
                    receive([.ack(ping.sequence)], from: "b", generation: generation)
                }
            }
            all += effects.map { TimedEffect(after: now - start, effect: $0) }
        }
        now = start + duration
        return all
    }
}

extension [MembershipEffect] {
    var renewals: [Identity] {
        compactMap { if case .renewed(let identity) = $0 { identity } else { nil } }
    }
}
