import Primitives
import Testing

@testable import Membership

/// Deaths that others report. Goal: they are believed only from an accuser that was here for a
/// while; else they are suspicions that can be refuted, and no evidence is lost.
@Suite("Believability")
struct BelievabilityTests {
    private static let others = ["a", "b", "c", "d"]

    /// A bench whose members came in so long ago.
    private static func bench(after duration: Duration) -> Bench {
        let bench = Bench()
        for name in others { bench.know(name) }
        bench.timeline(for: duration, answering: others)
        return bench
    }

    @Test(
        "A foreign death is a suspicion, unless an accuser has been here for five seconds",
        arguments: [(4_900, MemberState.suspect), (5_000, .dead)])
    func newcomers(milliseconds: Int, expected: MemberState) {
        let bench = Self.bench(after: .milliseconds(milliseconds))
        let effects = bench.hear(Bench.claim("c", .dead, 0, by: ["a"]), from: "a")
        #expect(effects.states(of: "c") == [expected])
        #expect(bench.accusers("c") == ["a"])
        #expect(effects.spreads("c"), "what we make of it is news to others")
    }

    @Test(
        "One accuser that is to be believed is enough",
        arguments: [
            (["a"], MemberState.dead), (["x"], .suspect), (["x", "a"], .dead), ([], .suspect),
            (["new"], .suspect), (["a", "new"], .dead), (["me"], .dead), (["me", "new"], .dead),
        ])
    func oneIsEnough(accusers: [String], expected: MemberState) {
        let bench = Self.bench(after: .seconds(10))
        bench.know("new")
        bench.hear(
            Claim(
                identity: Bench.identity("c"), address: Bench.address("c"), incarnation: 0,
                state: .dead, accusers: accusers.map(Bench.name).sorted()))
        #expect(bench.state("c") == expected)
    }

    @Test(
        "An accuser that is gone is not believed",
        arguments: [MemberState.dead, .left, .refused])
    func absentAccuser(state: MemberState) {
        let bench = Self.bench(after: .seconds(10))
        bench.hear(Bench.claim("a", state, 0))
        bench.hear(Bench.claim("c", .dead, 0, by: ["a"]))
        #expect(bench.state("c") == .suspect)
    }

    @Test("An accuser that is suspect itself is still believed")
    func suspectAccuser() {
        let bench = Self.bench(after: .seconds(10))
        bench.hear(Bench.claim("a", .suspect, 0, by: ["b"]))
        bench.hear(Bench.claim("c", .dead, 0, by: ["a"]))
        #expect(bench.state("c") == .dead)
    }

    @Test(
        "Who came back, or back with another life, is believed again after five seconds",
        arguments: [
            (UInt64(1), 4_900, MemberState.suspect), (1, 5_000, .dead), (2, 4_900, .suspect),
            (2, 5_000, .dead),
        ])
    func returned(generation: UInt64, milliseconds: Int, expected: MemberState) {
        let bench = Self.bench(after: .seconds(10))
        if generation == 1 { bench.hear(Bench.claim("a", .dead, 0)) }
        bench.hear(Bench.claim("a", .alive, 1, generation: generation), from: "a")
        bench.timeline(for: .milliseconds(milliseconds), answering: Self.others)
        bench.hear(Bench.claim("c", .dead, 0, by: ["a"]))
        #expect(bench.state("c") == expected)
    }

    @Test("Having refuted a suspicion takes no trust away")
    func refutedAccuser() {
        let bench = Self.bench(after: .seconds(10))
        bench.hear(Bench.claim("a", .suspect, 0, by: ["b"]))
        bench.hear(Bench.claim("a", .alive, 1), from: "a")
        bench.hear(Bench.claim("c", .dead, 0, by: ["a"]))
        #expect(bench.state("c") == .dead)
    }

    @Test("The incarnation is still the maximum of all evidence")
    func incarnations() {
        let bench = Self.bench(after: .seconds(1))
        bench.hear(Bench.claim("c", .alive, 5))
        bench.hear(Bench.claim("c", .dead, 7, by: ["a"]))
        #expect(bench.state("c") == .suspect)
        #expect(bench.incarnation("c") == 7)
        bench.hear(Bench.claim("c", .alive, 7))
        #expect(bench.state("c") == .suspect, "that does not refute it")
        #expect(bench.hear(Bench.claim("c", .dead, 6, by: ["a"])).spreads("c") == false)
        #expect(bench.incarnation("c") == 7)
        #expect(bench.hear(Bench.claim("c", .alive, 8)).states(of: "c") == [.alive])
    }

    @Test("The accusers of a death that is not believed join those of the suspicion")
    func united() {
        let bench = Self.bench(after: .seconds(1))
        bench.hear(Bench.claim("c", .suspect, 0, by: ["b"]))
        let effects = bench.hear(Bench.claim("c", .dead, 0, by: ["a", "d"]))
        #expect(bench.state("c") == .suspect)
        #expect(bench.accusers("c") == ["a", "b", "d"])
        #expect(effects.spreads("c"))
        #expect(bench.hear(Bench.claim("c", .dead, 0, by: ["a", "d"])).isEmpty, "nothing new")
    }

    @Test("A death that is not believed comes all the same when nobody refutes it")
    func inTheEnd() throws {
        let bench = Self.bench(after: .seconds(1))
        bench.hear(Bench.claim("c", .dead, 0, by: ["a"]))
        let timeline = bench.timeline(for: .seconds(11), answering: Self.others)
        let dead = try #require(timeline.first(.dead, of: "c"))
        #expect(dead.isAbout(MembershipConfiguration().suspicionUnconfirmed))
    }

    @Test("The death of somebody unknown is taken as it is")
    func unknown() {
        let bench = Self.bench(after: .seconds(1))
        bench.hear(Bench.claim("u", .dead, 4, by: ["x"]))
        #expect(bench.state("u") == .dead)
        #expect(bench.incarnation("u") == 4)
    }

    @Test(
        "The death of somebody who is gone is taken as it is",
        arguments: [MemberState.dead, .left, .refused])
    func absent(state: MemberState) {
        let bench = Self.bench(after: .seconds(1))
        bench.hear(Bench.claim("c", state, 1))
        bench.hear(Bench.claim("c", .dead, 4, by: ["x"]))
        #expect(bench.state("c") == .dead)
        #expect(bench.incarnation("c") == 4)
        #expect(bench.accusers("c") == ["x"])
    }
}
