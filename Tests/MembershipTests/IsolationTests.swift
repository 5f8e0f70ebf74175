import Primitives
import Testing

@testable import Membership

/// What a node does to which nobody answers. Goal: it blames itself before it blames all others, and
/// not for ever. Method: one node whose pings are answered by whom the test says.
@Suite("Isolation")
struct IsolationTests {
    private static let six = ["a", "b", "c", "d", "e", "f"]

    /// Probes of different members, the latest last: + answered, - not.
    @Test(
        "Three of the latest four, or all of two or three members",
        arguments: [
            ("-", 1, false, false), ("--", 1, false, false),
            ("--", 2, true, true), ("-+", 2, false, false), ("+-", 2, false, false),
            ("--", 3, false, false), ("---", 3, true, true), ("--+", 3, false, false),
            ("--", 4, false, false), ("---", 4, true, false), ("----", 4, true, true),
            ("+---", 4, true, false), ("--+-", 4, true, false), ("-++-", 4, false, false),
            ("----+", 9, true, false), ("----++", 9, false, false), ("++----", 9, true, true),
        ])
    func outcomes(latest: String, members: Int, most: Bool, all: Bool) {
        var outcomes = RecentOutcomes()
        for (number, sign) in latest.enumerated() {
            outcomes.note(Bench.name("m\(number)"), answered: sign == "+")
        }
        #expect(outcomes.mostFailed(of: members) == most)
        #expect(outcomes.allFailed(of: members) == all)
    }

    @Test("Of each member only the latest probe counts, and of the dead none")
    func oneEach() {
        var outcomes = RecentOutcomes()
        for _ in 0..<4 { outcomes.note(Bench.name("a"), answered: false) }
        #expect(!outcomes.mostFailed(of: 4))
        for text in ["b", "c"] { outcomes.note(Bench.name(text), answered: false) }
        #expect(outcomes.mostFailed(of: 4))
        outcomes.note(Bench.name("a"), answered: true)
        #expect(!outcomes.mostFailed(of: 4))
        outcomes.note(Bench.name("d"), answered: false)
        #expect(outcomes.mostFailed(of: 4))
        outcomes.remove(Bench.name("d"))
        #expect(!outcomes.mostFailed(of: 4))
    }

    @Test("Isolated, a node accuses nobody and buries nobody within ten seconds", arguments: 1...8)
    func patience(seed: UInt64) throws {
        let bench = Bench(seed: seed)
        for name in Self.six { bench.know(name) }
        let early = bench.runToIsolation()
        let suspected = Self.six.compactMap { early.first(.suspect, of: $0) }
        let first = try #require(
            suspected.min(), "the first probe was over before the third failed")
        let left = first + .seconds(10) - bench.elapsed
        #expect((.seconds(5)...(.seconds(10))).contains(left))

        let quiet = bench.timeline(for: left - .milliseconds(1))
        #expect(bench.membership.isIsolated)
        #expect(quiet.effects.allSatisfy { $0.isQuiet })
        #expect(!quiet.effects.pings.isEmpty, "it goes on asking")
        let burial = bench.timeline(for: .milliseconds(2))
        #expect(Self.six.count { burial.first(.dead, of: $0) != nil } == 1)
        bench.timeline(for: .seconds(60))
        for name in Self.six { #expect(bench.state(name) == .dead, "in the end somebody says so") }
    }

    @Test(
        "However well confirmed, a suspicion lasts ten seconds while a node is isolated",
        arguments: 1...8)
    func confirmedSuspicion(seed: UInt64) throws {
        let bench = Bench(seed: seed)
        for name in Self.six { bench.know(name) }
        bench.runToIsolation()
        bench.hear(Bench.claim("a", .suspect, 3, by: ["b", "c", "d"]))
        let timeline = bench.timeline(for: .seconds(15))
        let dead = try #require(timeline.first(.dead, of: "a"))
        #expect(dead.isAbout(MembershipConfiguration().isolationPatience), "0.5 s otherwise")
    }

    @Test("When less than three of the latest four are unanswered it is over, and accusing goes on")
    func answers() throws {
        let bench = Bench()
        for name in Self.six { bench.know(name) }
        bench.runToIsolation()
        let silent = bench.membership.probes.map(\.target.name.text)
        #expect(silent.count >= 3)
        let (answering, rest) = (Array(silent.prefix(2)), silent.dropFirst(2))
        let timeline = bench.timeline(for: .seconds(3), answering: answering)
        #expect(!bench.membership.isIsolated && !bench.membership.isCutOff)
        #expect(rest.allSatisfy { bench.state($0) == .suspect })
        #expect(answering.allSatisfy { timeline.effects.states(of: $0).isEmpty })
    }

    @Test("After it, suspicions begin anew: the answers may be on their way")
    func suspicionsAnew() throws {
        let bench = Bench()
        for name in Self.six { bench.know(name) }
        bench.runToIsolation()
        bench.hear(Bench.claim("a", .suspect, 3, by: ["b", "c", "d"]))
        bench.timeline(for: .seconds(8))
        let others = Self.six.filter { $0 != "a" }
        while bench.membership.isIsolated {
            #expect(bench.state("a") == .suspect)
            bench.timeline(for: .milliseconds(10), answering: others)
        }
        let timeline = bench.timeline(for: .seconds(11), answering: others)
        let dead = try #require(timeline.first(.dead, of: "a"))
        #expect(dead >= .milliseconds(490))
    }

    @Test("With one other member nobody is isolated")
    func two() throws {
        let bench = Bench()
        bench.know("b")
        _ = try #require(bench.runToPing())
        let timeline = bench.timeline(for: .seconds(5))
        let suspect = try #require(timeline.first(.suspect, of: "b"))
        let dead = try #require(timeline.first(.dead, of: "b"))
        #expect(suspect.isAbout(.milliseconds(600)))
        #expect((dead - suspect).isAbout(.milliseconds(1_500)))
        #expect(!bench.membership.isIsolated && !bench.membership.isCutOff)
    }

    @Test("Two of three others lost: they are buried by what is left, which is not isolated")
    func twoOfThree() throws {
        let bench = Bench()
        bench.know("a", "b", "c")
        let timeline = bench.runWatching(for: .seconds(12), answering: ["a"]) { bench in
            #expect(!bench.membership.isIsolated && !bench.membership.isCutOff)
        }
        let suspects = ["b", "c"].compactMap { timeline.first(.suspect, of: $0) }
        let dead = ["b", "c"].compactMap { timeline.first(.dead, of: $0) }
        #expect(suspects.count == 2 && dead.count == 2)
        // The one that is left could confirm, and does not; then nobody can.
        let first = try #require(dead.min())
        #expect(first - (suspects.min() ?? .zero) >= .seconds(3))
        #expect(try #require(dead.max()) < .seconds(8))
        #expect(bench.state("a") == .alive)
    }

    @Test(
        "All three others lost: who lives when that is noticed is given ten seconds",
        arguments: 1...8)
    func allOfThree(seed: UInt64) throws {
        let bench = Bench(seed: seed)
        bench.know("a", "b", "c")
        bench.runToIsolation()
        let isolated = bench.elapsed
        let alive = ["a", "b", "c"].filter { bench.state($0) != .dead }
        #expect(alive.count >= 2)
        bench.timeline(for: .seconds(40))
        for name in ["a", "b", "c"] { #expect(bench.state(name) == .dead) }
        for name in alive {
            let since = try #require(bench.membership.member(named: Bench.name(name))?.since)
            #expect(bench.elapsed(at: since) >= isolated + .seconds(6))
        }
    }

    @Test(
        "Cut off is who was isolated, until somebody answers, whoever is buried meanwhile",
        arguments: 2...6)
    func cutOff(others: Int) {
        let bench = Bench()
        let names = Self.six.prefix(others)
        for name in names { bench.know(name) }
        #expect(!bench.membership.isCutOff)
        bench.runToIsolation()
        bench.runWatching(for: .seconds(120)) { #expect($0.membership.isCutOff) }
        for name in names { #expect(bench.state(name) == .dead) }
        #expect(!bench.membership.isIsolated, "nobody is left to be isolated from")
        // A dead member that answers a contact stays dead until it refutes.
        bench.timeline(for: .seconds(30), answering: ["b"])
        #expect(bench.state("b") == .dead)
        #expect(!bench.membership.isCutOff)
    }

    @Test("Who is refused when others answer again is not cut off any more")
    func refused() {
        let bench = Bench()
        for name in Self.six { bench.know(name) }
        bench.runToIsolation()
        bench.hear(Bench.claim("me", .refused, 0))
        for name in Self.six { bench.hear(Bench.claim(name, .alive, 1), from: name) }
        bench.timeline(for: .seconds(5), answering: Self.six)
        #expect(bench.membership.ownClaim.state == .refused)
        #expect(!bench.membership.isIsolated && !bench.membership.isCutOff)
    }
}

extension Bench {
    /// How long the bench runs.
    var elapsed: Duration { elapsed(at: now) }

    func elapsed(at instant: Instant) -> Duration { instant - Self.start }

    /// Lets time pass, with no answer from anybody, until the node is isolated.
    @discardableResult
    func runToIsolation() -> [TimedEffect] {
        let start = now
        var all: [TimedEffect] = []
        while !membership.isIsolated, now - start < .seconds(30) {
            now = max(now, membership.nextDeadline)
            all += tick().map { TimedEffect(after: now - start, effect: $0) }
        }
        return all
    }

    /// Lets time pass and calls `check` every 50 ms.
    @discardableResult
    func runWatching(
        for duration: Duration, answering names: [String] = [], _ check: (Bench) -> Void
    ) -> [TimedEffect] {
        let start = now
        var all: [TimedEffect] = []
        while now < start + duration {
            let before = now - start
            all += timeline(for: .milliseconds(50), answering: names).map {
                TimedEffect(after: before + $0.after, effect: $0.effect)
            }
            check(self)
        }
        return all
    }
}

extension MembershipEffect {
    /// Whether this says nothing new of anybody.
    var isQuiet: Bool {
        switch self {
        case .changed, .spread: false
        case .send, .forgotten, .renewed, .alarm, .departed: true
        }
    }
}
