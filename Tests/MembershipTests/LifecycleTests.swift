import Membership
import Primitives
import Testing

/// Joining, leaving, coming back, and two processes of one name.
@Suite("Lifecycle")
struct LifecycleTests {
    // MARK: - Joining

    @Test("Seeds are contacted at once, then ever more seldom, and for ever")
    func seeds() {
        let bench = Bench()
        var effects: [MembershipEffect] = []
        bench.membership.join([Bench.address("s")], at: bench.now, effects: &effects)
        #expect(effects.datagrams(to: "s").first?.claim(about: "me") != nil)
        #expect(bench.run(for: .seconds(10)).datagrams(to: "s").count >= 3)
        bench.run(for: .seconds(3_600))
        let later = bench.run(for: .seconds(90)).datagrams(to: "s").count
        #expect((9...13).contains(later), "about every eight seconds")
    }

    @Test("A seed that answers as a member is left alone until that member is gone")
    func seedAnswers() throws {
        let bench = Bench()
        var effects: [MembershipEffect] = []
        bench.membership.join([Bench.address("virtual")], at: bench.now, effects: &effects)
        let contact = try #require(effects.pings.first)
        // It answers from the seed's address, and lives at another one.
        effects = []
        bench.membership.receive(
            [.ack(contact.sequence), .claim(Bench.claim("s", .alive))],
            from: Peer(boot: Bench.identity("s").boot, address: Bench.address("virtual")),
            at: bench.now, effects: &effects)
        #expect(bench.runAnswering(for: .seconds(20)).datagrams(to: "virtual").isEmpty)
        bench.hear(Bench.claim("s", .dead, 0))
        #expect(!bench.runAnswering(for: .seconds(10)).datagrams(to: "virtual").isEmpty)
    }

    @Test("We are no seed of our own, and seeds are limited")
    func seedLimits() {
        let bench = Bench { $0.seedLimit = 2 }
        var effects: [MembershipEffect] = []
        let seeds = ["me", "a", "a", "b", "c"].map(Bench.address)
        bench.membership.join(seeds, at: bench.now, effects: &effects)
        let contacted = Set(effects.pings.map(\.address))
        #expect(contacted == [Bench.address("a"), Bench.address("b")])
    }

    @Test("Strangers introduce themselves, and prove their address")
    func introductions() throws {
        let bench = Bench()
        let reply = try #require(
            bench.receive([.ping(4), .claim(Bench.claim("n", .alive))], from: "n").replies.first)
        #expect(bench.state("n") == .alive)
        #expect(reply.first == .ack(4))
        #expect(reply.claim(about: "me") != nil)
        #expect(!reply.contains(.introduce), "it has just told its name")
        #expect(!bench.membership.isProven(Bench.peer("n")))
        guard case .ping(let challenge) = reply[1] else {
            Issue.record("no challenge in \(reply)")
            return
        }
        #expect(bench.receive([.ack(challenge)], from: "n").isEmpty)
        #expect(bench.membership.isProven(Bench.peer("n")))
    }

    @Test("A stranger's ping is answered by a question, everything else by nothing")
    func strangers() {
        let bench = Bench()
        let reply = bench.receive([.ping(4)], from: "n").replies.first
        #expect(reply?.contains(.introduce) == true)
        #expect(bench.receive([.ack(4), .nack(4), .relayedAck(4)], from: "n").isEmpty)
        #expect(bench.receive([.introduce], from: "n").replies.first?.count == 1)
    }

    @Test("One datagram is answered by at most one, with one ack")
    func oneReply() {
        let bench = Bench()
        bench.know("a", "b")
        bench.hear(Bench.claim("b", .dead, 4))
        let effects = bench.receive(
            [
                .ping(1), .ping(2), .introduce, .claim(Bench.claim("b", .alive, 2)),
                .claim(Bench.claim("me", .dead, 3)), .ping(3),
            ], from: "a")
        #expect(effects.replies.count == 1)
        let acks = effects.replies[0].filter { if case .ack = $0 { true } else { false } }
        #expect(acks == [.ack(1)])
    }

    // MARK: - Dead members

    @Test("Dead members are contacted for ever, with the claim, and come back by refuting")
    func deadMembers() throws {
        let bench = Bench()
        bench.know("b")
        bench.hear(Bench.claim("b", .dead, 2))
        bench.run(for: .seconds(7_200))
        let contact = try #require(bench.run(for: .seconds(10)).datagrams(to: "b").first)
        #expect(contact.claim(about: "b")?.state == .dead)
        #expect(contact.claim(about: "me") != nil)
        bench.receive([.claim(Bench.claim("b", .alive, 3))], from: "b")
        #expect(
            bench.runAnswering(for: .seconds(20)).datagrams(to: "b").allSatisfy { $0.count == 1 })
    }

    // MARK: - Leaving

    @Test("Leaving is told to a few until they acknowledge it")
    func leaves() {
        let bench = Bench()
        bench.know("a", "b", "c", "d")
        var effects: [MembershipEffect] = []
        bench.membership.leave(at: bench.now, effects: &effects)
        let pings = effects.pings
        #expect(pings.count == 3)
        #expect(effects.spreads("me"))
        let departed = MembershipEffect.departed(acknowledgements: 3)
        for (index, ping) in pings.enumerated() {
            #expect(!bench.run(for: .milliseconds(80)).contains(departed))
            #expect(bench.answer(ping).contains(departed) == (index == 2))
        }
        #expect(bench.run(for: .seconds(5)).pings.isEmpty, "nobody is probed any more")
        let reply = bench.receive([.ping(8)], from: "d").replies.first
        #expect(reply?.first == .ack(8))
        #expect(reply?.claim(about: "me")?.state == .left)
    }

    @Test("Leaving ends by time when nobody answers, and at once when nobody is there")
    func leavesAlone() {
        let bench = Bench()
        bench.know("a")
        var effects: [MembershipEffect] = []
        bench.membership.leave(at: bench.now, effects: &effects)
        #expect(bench.run(for: .milliseconds(1_900)).isEmpty == false)
        #expect(bench.run(for: .milliseconds(200)).contains(.departed(acknowledgements: 0)))

        let alone = Bench()
        effects = []
        alone.membership.leave(at: alone.now, effects: &effects)
        #expect(effects.contains(.departed(acknowledgements: 0)))
    }

    @Test(
        "Nothing that is said of a leaving node brings it back or makes it dead",
        arguments: [MemberState.alive, .suspect, .dead, .left], [UInt64(0), 5])
    func leftStays(state: MemberState, incarnation: UInt64) {
        let bench = Bench()
        bench.know("a")
        var effects: [MembershipEffect] = []
        bench.membership.leave(at: bench.now, effects: &effects)
        bench.hear(Bench.claim("me", state, incarnation), from: "a")
        #expect(bench.membership.ownClaim.state == .left)
        #expect(bench.incarnation("me") == incarnation)
    }

    @Test("A member that left is neither probed nor contacted; a new life outranks it")
    func peerLeft() {
        let bench = Bench()
        bench.know("b")
        #expect(bench.hear(Bench.claim("b", .left, 0)).states(of: "b") == [.left])
        #expect(bench.run(for: .seconds(60)).pings.isEmpty)
        bench.hear(Bench.claim("b", .alive, 3))
        #expect(bench.state("b") == .alive, "only a higher incarnation of itself could say so")
        bench.hear(Bench.claim("b", .left, 3))
        bench.hear(Bench.claim("b", .alive, 0, generation: 2))
        #expect(bench.state("b") == .alive)
    }

    @Test("A member that left is forgotten in the end, and does not count in the sum before")
    func forgotten() {
        let bench = Bench { $0.leftRetention = .seconds(60) }
        let before = bench.membership.fingerprint
        bench.know("b")
        #expect(bench.membership.fingerprint != before)
        bench.hear(Bench.claim("b", .left, 0))
        #expect(bench.membership.fingerprint == before)
        bench.run(for: .seconds(50))
        #expect(bench.state("b") == .left)
        #expect(bench.run(for: .seconds(20)).contains(.forgotten(Bench.name("b"))))
        #expect(bench.state("b") == nil)
    }

    // MARK: - Limits

    @Test("The dead give way to newcomers, and without them there is an alarm, once in a while")
    func memberLimit() {
        let bench = Bench { $0.memberLimit = 2 }
        bench.know("a", "b")
        let refused = bench.hear(Bench.claim("c", .alive))
        #expect(refused.alarms == [.tooManyMembers(limit: 2)])
        #expect(bench.state("c") == nil)
        #expect(bench.hear(Bench.claim("d", .alive)).alarms.isEmpty)
        bench.hear(Bench.claim("a", .dead, 0))
        let taken = bench.hear(Bench.claim("c", .alive))
        #expect(taken.contains(.forgotten(Bench.name("a"))))
        #expect(bench.state("c") == .alive)
    }

    // MARK: - Two processes of one name

    @Test("A superseded process that still speaks is reported, and hears who superseded it")
    func duplicate() {
        let bench = Bench()
        bench.know("b")
        bench.hear(Bench.claim("b", .alive, 0, generation: 2))
        #expect(bench.receive([.ping(1)], from: "b").alarms.isEmpty, "that was on its way")
        bench.now = bench.now + .seconds(3)
        let effects = bench.receive([.ping(2)], from: "b")
        #expect(
            effects.alarms == [
                .duplicateName(
                    Bench.name("b"), winner: Bench.identity("b", generation: 2).boot,
                    loser: Bench.identity("b").boot, address: Bench.address("b"))
            ])
        let reply = effects.replies.first
        #expect(reply?.claim(about: "b")?.identity.generation == 2)
        #expect(bench.receive([.ping(3)], from: "b").alarms.isEmpty, "not each time")
        bench.now = bench.now + .seconds(31)
        #expect(bench.receive([.ping(4)], from: "b").alarms.count == 1)
    }

    @Test("Of equal generations the greater boot id wins, everywhere")
    func equalGenerations() {
        let low = Bench.identity("b", generation: 1, boot: 1)
        let high = Bench.identity("b", generation: 1, boot: 2)
        for order in [[low, high], [high, low]] {
            let bench = Bench()
            for identity in order {
                bench.hear(
                    Claim(
                        identity: identity, address: Bench.address("b"), incarnation: 0,
                        state: .alive))
            }
            #expect(bench.membership.member(named: Bench.name("b"))?.identity == high)
        }
    }

    @Test("We notice our own double, be it older or newer")
    func ownDouble() {
        let older = Bench()
        let newer = older.hear(Bench.claim("me", .alive, 0, generation: 2))
        #expect(newer.alarms.count == 1)
        #expect(older.membership.ownClaim.state == .refused)

        let bench = Bench()
        let twin = Identity(
            name: Bench.name("me"), boot: BootID(high: 0, low: 0), generation: 0)
        let claim = Claim(
            identity: twin, address: Bench.address("x"), incarnation: 0, state: .alive)
        var effects: [MembershipEffect] = []
        bench.membership.receive(
            [.ping(1), .claim(claim)], from: Peer(boot: twin.boot, address: Bench.address("x")),
            at: bench.now, effects: &effects)
        #expect(effects.alarms.count == 1)
        #expect(effects.replies.first?.claim(about: "me")?.identity == bench.membership.identity)
    }
}
