import Membership
import Primitives
import Testing

/// What a node does about claims of itself. Goal: it is never anything but alive or gone, and its
/// answer always outranks the claim.
@Suite("Refutation")
struct RefutationTests {
    @Test(
        "Whatever is claimed of us at our incarnation or above is outranked",
        arguments: [MemberState.suspect, .dead, .left], [UInt64(0), 1, 7])
    func refutes(state: MemberState, incarnation: UInt64) {
        let bench = Bench()
        bench.know("b")
        let accusation = Bench.claim("me", state, incarnation, by: ["b"])
        let effects = bench.receive([.ping(9), .claim(accusation)], from: "b")
        #expect(bench.membership.ownClaim.state == .alive)
        #expect(bench.membership.ownClaim.standing > accusation.standing)
        #expect(bench.incarnation("me") == incarnation + 1)
        #expect(effects.spreads("me"))
        let reply = effects.replies.first
        #expect(reply?.first == .ack(9))
        #expect(reply?.claim(about: "me") == bench.membership.ownClaim, "the accuser hears first")
    }

    @Test("A stale accusation is answered without raising the incarnation")
    func stale() {
        let bench = Bench()
        bench.hear(Bench.claim("me", .suspect, 4))
        let effects = bench.hear(Bench.claim("me", .dead, 3))
        #expect(bench.incarnation("me") == 5)
        #expect(effects.replies.first?.claim(about: "me")?.incarnation == 5)
        #expect(!effects.spreads("me"))
    }

    @Test("An incarnation at the limit does not overflow")
    func limit() {
        let bench = Bench()
        bench.hear(Bench.claim("me", .dead, Claim.incarnationMax))
        #expect(bench.incarnation("me") == Claim.incarnationMax)
        #expect(bench.membership.ownClaim.state == .alive)
    }

    @Test("Being suspected makes a node doubt itself")
    func health() {
        let bench = Bench()
        bench.hear(Bench.claim("me", .suspect, 0))
        #expect(bench.membership.healthScore == 1)
    }

    @Test("Who claims to be alive while held dead hears the accusation, and its refutation counts")
    func staleAlive() {
        let bench = Bench()
        bench.know("b")
        bench.hear(Bench.claim("b", .dead, 3))
        let effects = bench.receive([.ping(1), .claim(Bench.claim("b", .alive, 3))], from: "b")
        #expect(bench.state("b") == .dead)
        let correction = effects.replies.first?.claim(about: "b")
        #expect(correction?.state == .dead)
        #expect(correction?.incarnation == 3)
        let refutation = bench.receive([.claim(Bench.claim("b", .alive, 4))], from: "b")
        #expect(refutation.states(of: "b") == [.alive])
    }

    @Test("A member held suspect or dead hears so when it pings")
    func pingFromSuspect() {
        for state in [MemberState.suspect, .dead, .left] {
            let bench = Bench()
            bench.know("b")
            bench.hear(Bench.claim("b", state, 0))
            let reply = bench.receive([.ping(1)], from: "b").replies.first
            #expect(reply?.claim(about: "b")?.state == state)
        }
    }
}
