import Primitives
import Testing

@testable import Membership

/// Random messages from members, strangers and doubles. Goal: no trap, no invariant broken
/// (they are checked after each call in debug builds), and no exchange that feeds itself.
@Suite("Membership under random messages")
struct MembershipSweepTests {
    @Test("Standing never falls, replies are at most one, we stay alive", arguments: 0..<24)
    func sweep(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let bench = Bench(seed: seed) { $0.memberLimit = 6 }
        var standings: [NodeName: Standing] = [:]
        for _ in 0..<400 {
            var effects: [MembershipEffect] = []
            if Bool.random(using: &random) {
                let messages = (0..<Int.random(in: 1...4, using: &random)).map { _ in
                    Self.message(&random)
                }
                let name = Self.name(&random)
                let generation = UInt64.random(in: 1...2, using: &random)
                effects = bench.receive(messages, from: name, generation: generation)
                #expect(effects.replies.count <= 1)
            } else {
                bench.now = bench.now + .milliseconds(Int.random(in: 0...400, using: &random))
                bench.membership.tick(at: bench.now, effects: &effects)
                #expect(bench.membership.nextDeadline > bench.now)
            }
            for case .forgotten(let name) in effects { standings[name] = nil }
            for member in bench.membership.members {
                let standing = member.claim.standing
                #expect(standings[member.name].map { $0 <= standing } ?? true)
                standings[member.name] = standing
            }
            #expect([.alive, .refused].contains(bench.membership.ownClaim.state))
            #expect(bench.membership.fingerprint == Self.sum(bench.membership))
        }
    }

    private static func sum(_ membership: Membership) -> UInt64 {
        membership.members.reduce(0) { $0 &+ $1.claim.fingerprint }
    }

    private static func name(_ random: inout SeededRandom) -> String {
        ["a", "b", "c", "d", "e", "f", "g", "h"][Int.random(in: 0..<8, using: &random)]
    }

    private static func message(_ random: inout SeededRandom) -> MembershipMessage {
        let sequence = UInt32.random(in: 0...9, using: &random)
        switch Int.random(in: 0..<10, using: &random) {
        case 0: return .ping(sequence)
        case 1: return .ack(sequence)
        case 2: return .nack(sequence)
        case 3: return .relayedAck(sequence)
        case 4: return .introduce
        case 5: return .pingRequest(sequence, target: Bench.identity(name(&random)).boot)
        default:
            let subject = Int.random(in: 0..<8, using: &random) == 0 ? "me" : name(&random)
            return .claim(
                Bench.claim(
                    subject, MemberState.allCases[Int.random(in: 0..<4, using: &random)],
                    UInt64.random(in: 0...3, using: &random),
                    generation: subject == "me" ? 1 : UInt64.random(in: 1...2, using: &random)))
        }
    }
}
