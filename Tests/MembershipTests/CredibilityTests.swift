import Primitives
import Testing

@testable import Membership

/// Whose accusations count. Goal: those that were lately wrong about many, or are gone or doubtful
/// themselves, bury nobody early. Method: how long a suspect has tells how many accusers counted.
@Suite("Credibility")
struct CredibilityTests {
    private static let others = ["a", "b", "c", "d", "e", "f", "g"]
    private static let unconfirmed = MembershipConfiguration().suspicionUnconfirmed
    /// With two accusers of eight members.
    private static let confirmed: Duration = .milliseconds(1_333)

    private static func bench() -> Bench {
        let bench = Bench()
        for name in others { bench.know(name) }
        return bench
    }

    @Test(
        "An accuser that three members refuted does not count, one that two refuted does",
        arguments: [([], true), (["b"], true), (["b", "c"], true), (["b", "c", "d"], false)])
    func refuted(refuters: [String], counts: Bool) throws {
        let bench = Self.bench()
        bench.refute(["a"], by: refuters)
        let dead = try #require(bench.timeToDeath(of: "f", accusedBy: ["a", "e"], Self.others))
        #expect(dead.isAbout(counts ? Self.confirmed : Self.unconfirmed))
    }

    @Test("One member that refutes again and again is one")
    func sameRefuter() throws {
        let bench = Self.bench()
        bench.refute(["a"], by: ["b", "b", "c", "b", "b"])
        let dead = try #require(bench.timeToDeath(of: "f", accusedBy: ["a", "e"], Self.others))
        #expect(dead.isAbout(Self.confirmed))
    }

    @Test("What we accused wrongly ourselves counts against us")
    func ourselves() throws {
        let bench = Self.bench()
        bench.refute(["me"], by: ["b", "c", "d"])
        let dead = try #require(bench.timeToDeath(of: "f", accusedBy: ["me", "e"], Self.others))
        #expect(dead.isAbout(Self.unconfirmed))
    }

    @Test(
        "In a cluster of three or four it takes all others, us included",
        arguments: [
            (["a", "b"], true, 10_000), (["a", "b"], false, 3_000),
            (["a", "b", "c"], true, 10_000), (["a", "b", "c"], false, 1_333),
        ])
    func smallClusters(others: [String], weRefute: Bool, expected: Int) throws {
        let bench = Bench()
        for name in others { bench.know(name) }
        if weRefute { bench.hear(Bench.claim("me", .suspect, 0, by: ["a"]), from: "a") }
        bench.refute(["a"], by: Array(others.dropFirst()))
        let accusers = others.count == 2 ? ["a"] : ["a", "b"]
        let suspect = try #require(others.last)
        let dead = try #require(bench.timeToDeath(of: suspect, accusedBy: accusers, others))
        #expect(dead.isAbout(.milliseconds(expected)))
    }

    @Test("After a minute it is forgotten", arguments: [(58, false), (61, true)])
    func retention(seconds: Int, counts: Bool) throws {
        let bench = Self.bench()
        bench.refute(["a"], by: ["b", "c", "d"])
        bench.timeline(for: .seconds(seconds), answering: Self.others)
        let dead = try #require(bench.timeToDeath(of: "f", accusedBy: ["a", "e"], Self.others))
        #expect(dead.isAbout(counts ? Self.confirmed : Self.unconfirmed))
    }

    @Test("A refutation by the dead counts as one by the suspect; a new life is none")
    func refutationsOfOtherKinds() throws {
        for (generation, counts) in [(UInt64(1), false), (2, true)] {
            let bench = Self.bench()
            for text in ["b", "c", "d"] {
                bench.hear(Bench.claim(text, .dead, 0, by: ["a", "me"]))
                bench.hear(Bench.claim(text, .alive, 1, generation: generation), from: text)
            }
            let dead = try #require(bench.timeToDeath(of: "f", accusedBy: ["a", "e"], Self.others))
            #expect(dead.isAbout(counts ? Self.confirmed : Self.unconfirmed))
        }
    }

    @Test("Two that are discredited cannot bury a healthy member together")
    func together() throws {
        let bench = Self.bench()
        bench.refute(["a", "b"], by: ["c", "d", "e"])
        bench.hear(Bench.claim("f", .suspect, 0, by: ["a", "b"]))
        // It hears of it late, and then refutes.
        let timeline = bench.timeline(for: .seconds(9), answering: Self.others)
        #expect(timeline.first(.dead, of: "f") == nil)
        #expect(bench.hear(Bench.claim("f", .alive, 1), from: "f").states(of: "f") == [.alive])
        // If it does not, it is dead all the same, in time.
        let dead = try #require(bench.timeToDeath(of: "f", accusedBy: ["a", "b"], Self.others))
        #expect(dead.isAbout(Self.unconfirmed))
    }

    @Test(
        "Who is suspect, gone or unknown does not count as accuser",
        arguments: [MemberState.suspect, .dead, .left, .refused])
    func absentAccusers(state: MemberState) throws {
        let bench = Self.bench()
        bench.hear(Bench.claim("a", state, 0, by: state == .dead ? ["me"] : ["g"]))
        let dead = try #require(bench.timeToDeath(of: "f", accusedBy: ["a", "e"], Self.others))
        #expect(dead.isAbout(Self.unconfirmed))
        let stranger = Self.bench()
        let late = try #require(stranger.timeToDeath(of: "f", accusedBy: ["x", "e"], Self.others))
        #expect(late.isAbout(Self.unconfirmed))
    }

    @Test("A suspect accuser counts again as soon as it has refuted")
    func accuserRefutes() {
        let bench = Self.bench()
        bench.hear(Bench.claim("a", .suspect, 0, by: ["g"]))
        bench.hear(Bench.claim("f", .suspect, 0, by: ["a", "e"]))
        bench.timeline(for: .seconds(3), answering: Self.others)
        #expect(bench.state("f") == .suspect)
        bench.hear(Bench.claim("a", .alive, 1), from: "a")
        bench.timeline(for: .milliseconds(10), answering: Self.others)
        #expect(bench.state("f") == .dead)
    }

    // MARK: - Limits

    @Test("Of one accuser eight refuters are remembered")
    func refuterLimit() {
        var credibility = Credibility()
        let now = Instant(nanoseconds: 0)
        for number in 0..<20 {
            credibility.note(
                refuter: Bench.name("r\(number)"), of: [Bench.name("a")], at: now)
        }
        let limit = Credibility.refutersMax
        #expect(credibility.isDiscredited(Bench.name("a"), limit: limit, at: now))
        #expect(!credibility.isDiscredited(Bench.name("a"), limit: limit + 1, at: now))
    }

    @Test("No more accusers are remembered than the limit, until old ones are forgotten")
    func accuserLimit() {
        var credibility = Credibility()
        let now = Instant(nanoseconds: 0)
        let names = (0...Credibility.accusersMax).map { Bench.name("a\($0)") }
        let refuter = Bench.name("r")
        credibility.note(refuter: refuter, of: names, at: now)
        let remembered = names.count { credibility.isDiscredited($0, limit: 1, at: now) }
        #expect(remembered == Credibility.accusersMax)
        #expect(!credibility.isDiscredited(names[names.count - 1], limit: 1, at: now))
        // Those that are remembered can still be refuted by others.
        credibility.note(refuter: Bench.name("s"), of: [names[0]], at: now + .seconds(59))
        #expect(credibility.isDiscredited(names[0], limit: 2, at: now + .seconds(59)))
        let later = now + .seconds(61)
        credibility.note(refuter: refuter, of: [names[names.count - 1]], at: later)
        #expect(credibility.isDiscredited(names[names.count - 1], limit: 1, at: later))
        #expect(credibility.isDiscredited(names[0], limit: 1, at: later))
        #expect(!credibility.isDiscredited(names[1], limit: 1, at: later))
    }
}

extension Bench {
    /// Those accusers are wrong about members that refute, one after the other.
    func refute(_ accusers: [String], by names: [String]) {
        for text in names {
            let incarnation = incarnation(text) ?? 0
            hear(Self.claim(text, .suspect, incarnation, by: accusers))
            hear(Self.claim(text, .alive, incarnation + 1), from: text)
        }
    }

    /// How long a member lives that is accused and does not refute, while those names answer pings.
    func timeToDeath(
        of text: String, accusedBy accusers: [String], _ names: [String]
    ) -> Duration? {
        hear(Self.claim(text, .suspect, incarnation(text) ?? 0, by: accusers))
        return timeline(for: .seconds(15), answering: names).first(.dead, of: text)
    }
}
