import Membership
import Primitives
import Testing

/// Which of two claims about a member holds. Goal: every pair of states at every relation of
/// incarnations and lives. Method: the second claim is heard after the first and the view is read.
@Suite("Evidence")
struct EvidenceTests {
    /// Rows: what is believed; columns: what comes in at the same incarnation of the same life;
    /// a = alive, s = suspect, d = dead, l = left.
    @Test(
        "Same incarnation: the later state of alive, suspect, dead, left holds",
        arguments: [
            ("a", "a", "a"), ("a", "s", "s"), ("a", "d", "d"), ("a", "l", "l"),
            ("s", "a", "s"), ("s", "s", "s"), ("s", "d", "d"), ("s", "l", "l"),
            ("d", "a", "d"), ("d", "s", "d"), ("d", "d", "d"), ("d", "l", "l"),
            ("l", "a", "l"), ("l", "s", "l"), ("l", "d", "l"), ("l", "l", "l"),
        ])
    func same(believed: String, comes: String, holds: String) {
        let bench = Bench()
        bench.believe(state(believed), 5)
        bench.hear(Bench.claim("c", state(comes), 5, by: accuser(comes)))
        #expect(bench.state("c") == state(holds))
        #expect(bench.incarnation("c") == 5)
    }

    @Test(
        "A higher incarnation holds, a lower one does not, whatever the states",
        arguments: MemberState.allCases, MemberState.allCases)
    func different(believed: MemberState, comes: MemberState) {
        let higher = Bench()
        higher.believe(believed, 5)
        higher.hear(Bench.claim("c", comes, 6))
        #expect(higher.state("c") == comes)
        #expect(higher.incarnation("c") == 6)

        let lower = Bench()
        lower.believe(believed, 5)
        let effects = lower.hear(Bench.claim("c", comes, 4))
        #expect(lower.state("c") == believed)
        #expect(lower.incarnation("c") == 5)
        #expect(effects.replies.first?.claim(about: "c")?.incarnation == 5, "the sender hears why")
    }

    @Test(
        "A later life holds at once, at any incarnation; an earlier one never",
        arguments: MemberState.allCases, MemberState.allCases)
    func lives(believed: MemberState, comes: MemberState) {
        let later = Bench()
        later.believe(believed, 9)
        later.hear(Bench.claim("c", comes, 0, generation: 2))
        #expect(later.state("c") == comes)
        #expect(later.incarnation("c") == 0)

        let earlier = Bench()
        earlier.believe(believed, 0)
        earlier.hear(
            Claim(
                identity: Bench.identity("c", generation: 0), address: Bench.address("c"),
                incarnation: 9, state: comes))
        #expect(earlier.state("c") == believed)
        #expect(earlier.incarnation("c") == 0)
    }

    @Test("The incarnation is the maximum of all evidence, also where the state stays")
    func maximum() {
        let bench = Bench()
        bench.hear(Bench.claim("c", .dead, 1))
        bench.hear(Bench.claim("c", .dead, 10))
        #expect(bench.incarnation("c") == 10)
        // memberlist keeps dead(1) here and lets the stale alive(2) bring the member back.
        bench.hear(Bench.claim("c", .alive, 2))
        #expect(bench.state("c") == .dead)
        bench.hear(Bench.claim("c", .alive, 11))
        #expect(bench.state("c") == .alive)
    }

    @Test("The end of a view does not depend on the order of evidence", arguments: 0..<64)
    func order(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let states = MemberState.allCases
        var claims = (0..<12).map { _ in
            Bench.claim(
                "c", states[Int.random(in: 0..<4, using: &random)],
                UInt64.random(in: 0..<4, using: &random),
                generation: UInt64.random(in: 1..<3, using: &random))
        }
        // A member is known only from a claim other than left.
        let first = Bench.claim("c", .alive, 0, generation: 0)
        let bench = Bench()
        bench.hear(first)
        for claim in claims { bench.hear(claim) }
        claims.shuffle(using: &random)
        let other = Bench()
        other.hear(first)
        for claim in claims { other.hear(claim) }
        #expect(bench.membership.fingerprint == other.membership.fingerprint)
        let greatest = claims.map(\.standing).max()
        #expect(bench.membership.member(named: Bench.name("c"))?.claim.standing == greatest)
    }

    @Test("A restart is accepted at another address, and an address may change within a life")
    func addresses() {
        let bench = Bench()
        bench.know("c")
        var moved = Bench.claim("c", .alive, 0, generation: 2)
        moved.address = Bench.address("elsewhere")
        let effects = bench.hear(moved)
        #expect(effects.states(of: "c") == [.alive])
        #expect(bench.membership.member(named: Bench.name("c"))?.address == moved.address)
        moved.incarnation = 1
        moved.address = Bench.address("c")
        bench.hear(moved)
        #expect(bench.membership.member(named: Bench.name("c"))?.address == Bench.address("c"))
    }

    @Test("An accusation of an unknown member is believed and passed on")
    func unknown() {
        for state in [MemberState.suspect, .dead] {
            let bench = Bench()
            let effects = bench.hear(Bench.claim("c", state, 3, by: ["b"]))
            #expect(bench.state("c") == state)
            #expect(effects.spreads("c"))
        }
        let bench = Bench()
        bench.hear(Bench.claim("c", .left, 3))
        #expect(bench.state("c") == nil, "nobody is learnt of only to be gone")
    }

    @Test("A claim that adds nothing is neither spread nor answered")
    func nothingNew() {
        let bench = Bench()
        bench.know("c")
        #expect(bench.hear(Bench.claim("c", .alive, 0)).isEmpty)
        bench.hear(Bench.claim("c", .suspect, 0, by: ["a"]))
        #expect(bench.hear(Bench.claim("c", .suspect, 0, by: ["a"])).isEmpty)
    }

    private func state(_ letter: String) -> MemberState {
        switch letter {
        case "a": .alive
        case "s": .suspect
        case "d": .dead
        default: .left
        }
    }

    private func accuser(_ letter: String) -> [String] { letter == "s" ? ["a"] : [] }
}

extension Bench {
    /// Makes `c` known in a state.
    func believe(_ state: MemberState, _ incarnation: UInt64) {
        hear(Self.claim("c", .alive, 0))
        hear(Self.claim("c", state, incarnation))
    }
}
