import Membership
import Primitives
import Testing

/// How members are probed. Method: one node is driven by hand and its datagrams are read.
@Suite("Probing")
struct ProbingTests {
    @Test("Each period somebody is probed, and whoever waits longest comes first")
    func turns() throws {
        let bench = Bench()
        bench.know("a", "b", "c")
        var probed: [SocketAddress] = []
        for _ in 0..<9 {
            let ping = try #require(bench.runToPing())
            probed.append(ping.address)
            bench.answer(ping)
        }
        #expect(Set(probed[0..<3]).count == 3)
        #expect(Array(probed[3..<6]) == Array(probed[0..<3]))
        #expect(Array(probed[6..<9]) == Array(probed[0..<3]))
    }

    @Test("Whoever probed us goes to the end of the line")
    func heard() throws {
        let bench = Bench()
        bench.know("a", "b")
        let first = try #require(bench.runToPing())
        bench.answer(first)
        let next = first.address == Bench.address("a") ? "b" : "a"
        bench.now = bench.now + .milliseconds(100)
        bench.receive([.ping(1)], from: next)
        let second = try #require(bench.runToPing())
        #expect(second.address == first.address)
    }

    @Test(
        "A ping without an answer is repeated, each under a number of its own; any answer ends it")
    func retries() throws {
        let bench = Bench()
        bench.know("b")
        let first = try #require(bench.runToPing())
        let effects = bench.run(for: .milliseconds(200))
        #expect(effects.pings.map(\.sequence) == [first.sequence &+ 1, first.sequence &+ 2])
        bench.answer((first.sequence &+ 1, first.address))
        #expect(bench.run(for: .milliseconds(300)).pings.isEmpty)
        #expect(bench.state("b") == .alive)
    }

    @Test("An answer counts only from the target and only with the right number")
    func wrongAnswers() throws {
        let bench = Bench()
        bench.know("b", "c")
        let ping = try #require(bench.runToPing())
        let target = ping.address == Bench.address("b") ? "b" : "c"
        bench.receive([.ack(ping.sequence &+ 1)], from: target)
        #expect(!bench.run(for: .milliseconds(100)).pings.isEmpty)
    }

    @Test("When another life answers at the address, it is contacted and introduced to us")
    func anotherLife() throws {
        let bench = Bench()
        bench.know("b")
        let ping = try #require(bench.runToPing())
        let effects = bench.receive([.ack(ping.sequence)], from: "b", generation: 2)
        let contact = try #require(effects.datagrams(to: "b").first)
        #expect(contact.claim(about: "me") != nil)
        #expect(contact.contains { if case .padding = $0 { true } else { false } })
    }

    @Test("Helpers are all others that are alive, when they are few", arguments: 2...7)
    func helpers(others: Int) throws {
        let bench = Bench()
        let names = ["a", "b", "c", "d", "e", "f", "g"].prefix(others)
        for name in names { bench.know(name) }
        let ping = try #require(bench.runToPing())
        let target = try #require(names.first { Bench.address($0) == ping.address })
        let effects = bench.run(for: .milliseconds(230))
        let asked = names.filter { name in
            effects.datagrams(to: name).contains { messages in
                messages.contains(
                    .pingRequest(ping.sequence, target: Bench.identity(target).boot))
            }
        }
        #expect(asked.count == min(3, others - 1))
        #expect(!asked.contains(target))
    }

    @Test("A helper's answer ends the probe")
    func relayedAck() throws {
        let bench = Bench()
        bench.know("b", "c")
        let (ping, target, helper) = try bench.runToProbe()
        bench.run(for: .milliseconds(300))
        bench.receive([.relayedAck(ping.sequence)], from: helper)
        // The next turn is the helper's own, so look at the target only.
        let after = bench.run(for: .milliseconds(250))
        #expect(after.pings.allSatisfy { $0.address != ping.address })
        #expect(bench.state(target) == .alive)
    }

    @Test("A probe without any answer accuses in our name, and goes on with the accusation")
    func accuses() throws {
        let bench = Bench()
        bench.know("b", "c")
        let (_, target, _) = try bench.runToProbe()
        let effects = bench.run(for: .milliseconds(620))
        #expect(effects.states(of: target) == [.suspect])
        #expect(bench.accusers(target) == ["me"])
        let later = bench.run(for: .milliseconds(200)).datagrams(to: target)
        #expect(later.contains { $0.contains { if case .ping = $0 { true } else { false } } })
        #expect(later.allSatisfy { $0.claim(about: target)?.state == .suspect })
    }

    @Test("Silent helpers make us doubt ourselves, helpers that nack do not")
    func nacks() throws {
        for nacks in [true, false] {
            let bench = Bench()
            bench.know("b", "c")
            let (ping, _, helper) = try bench.runToProbe()
            bench.run(for: .milliseconds(400))
            if nacks { bench.receive([.nack(ping.sequence)], from: helper) }
            bench.run(for: .milliseconds(220))
            #expect(bench.membership.healthScore == (nacks ? 0 : 1))
        }
    }

    // MARK: - As a helper

    @Test("A helper pings the target, and relays its answer to whoever asked")
    func helps() throws {
        let bench = Bench()
        bench.know("a", "c")
        let effects = bench.receive(
            [.pingRequest(77, target: Bench.identity("c").boot)], from: "a")
        let ping = try #require(effects.pings.first)
        #expect(ping.address == Bench.address("c"))
        let after = bench.receive([.ack(ping.sequence)], from: "c")
        #expect(after.datagrams(to: "a").contains { $0.contains(.relayedAck(77)) })
    }

    @Test("A helper without an answer nacks, then accuses: it has probed itself")
    func confirms() {
        let bench = Bench()
        bench.know("a", "c")
        bench.receive([.pingRequest(77, target: Bench.identity("c").boot)], from: "a")
        let effects = bench.run(for: .milliseconds(620))
        #expect(effects.datagrams(to: "a").contains([.nack(77)]))
        #expect(bench.state("c") == .suspect)
        #expect(bench.accusers("c") == ["me"])
    }

    @Test("A helper asks nobody in turn")
    func noCascade() {
        let bench = Bench()
        bench.know("a", "b", "c")
        bench.receive([.pingRequest(77, target: Bench.identity("c").boot)], from: "a")
        let effects = bench.run(for: .milliseconds(500))
        let requests = effects.datagrams(to: "b").joined().filter { message in
            message == .pingRequest(77, target: Bench.identity("c").boot)
        }
        #expect(requests.isEmpty)
    }

    @Test("Nobody pings a stranger for another, nor for a stranger")
    func noReflection() {
        let bench = Bench()
        bench.know("a", "c")
        let stranger = BootID(high: 1, low: 2)
        #expect(bench.receive([.pingRequest(1, target: stranger)], from: "a").isEmpty)
        let request = MembershipMessage.pingRequest(1, target: Bench.identity("c").boot)
        #expect(bench.receive([request], from: "x").isEmpty)
    }

    @Test("A member that has not proved its address must before it hears the result")
    func unprovenRequester() throws {
        let bench = Bench()
        bench.know("c")
        bench.hear(Bench.claim("a", .alive), from: "c")
        let request = MembershipMessage.pingRequest(1, target: Bench.identity("c").boot)
        let effects = bench.receive([request], from: "a")
        let challenge = try #require(effects.replies.first)
        #expect(challenge.count == 1)
        let ping = try #require(effects.pings.first { $0.address == Bench.address("c") })
        let silent = bench.receive([.ack(ping.sequence)], from: "c")
        #expect(silent.datagrams(to: "a").isEmpty)
    }

    @Test("A helper that knows the target to be gone says so")
    func knowsBetter() {
        let bench = Bench()
        bench.know("a", "c")
        bench.hear(Bench.claim("c", .left, 0))
        let request = MembershipMessage.pingRequest(1, target: Bench.identity("c").boot)
        let reply = bench.receive([request], from: "a").replies.first
        #expect(reply?.claim(about: "c")?.state == .left)
    }

    // MARK: - Lag

    @Test("Time in which our own loop stood still accuses nobody")
    func lag() throws {
        let bench = Bench()
        bench.know("b", "c")
        let ping = try #require(bench.runToPing())
        bench.now = bench.now + .seconds(20)
        var effects: [MembershipEffect] = []
        bench.membership.tick(at: bench.now, effects: &effects)
        #expect(effects.states(of: "b").isEmpty && effects.states(of: "c").isEmpty)
        #expect(bench.membership.healthScore == 1)
        bench.answer(ping)
        bench.run(for: .milliseconds(100))
        #expect(bench.state("b") == .alive && bench.state("c") == .alive)
    }
}

extension Bench {
    /// Answers a ping in the name of whoever it went to.
    @discardableResult
    func answer(_ ping: (sequence: UInt32, address: SocketAddress)) -> [MembershipEffect] {
        guard let member = membership.members.first(where: { $0.address == ping.address }) else {
            return []
        }
        return receive([.ack(ping.sequence)], from: member.name.text)
    }

    /// With `b` and `c` known: runs to the next probe, and tells its target and the other one.
    func runToProbe() throws -> (
        ping: (sequence: UInt32, address: SocketAddress), target: String, helper: String
    ) {
        let ping = try #require(runToPing())
        let target = ping.address == Self.address("b") ? "b" : "c"
        return (ping, target, target == "b" ? "c" : "b")
    }
}
