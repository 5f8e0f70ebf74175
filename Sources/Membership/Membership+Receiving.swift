package import Primitives

extension Membership {
    /// Takes in the messages of one datagram that `peer` sealed.
    ///
    /// Claims count first, so that what they say holds for the other messages beside them. At most
    /// one effect is a reply.
    package mutating func receive(
        _ messages: [MembershipMessage], from peer: Peer, at now: Instant,
        effects: inout [MembershipEffect]
    ) {
        absorbLag(at: now)
        var reply = Reply()
        for case .claim(let claim) in messages {
            let reception = take(claim, at: now, effects: &effects)
            switch reception {
            case .outdated where claim.identity.name == identity.name: reply.introducesMe = true
            case .outdated: reply.correct(claim.identity.name)
            case .contradicted: reply.introducesMe = true
            case .news, .known, .ignored: break
            }
        }
        noticeTwin(messages, from: peer, reply: &reply, at: now, effects: &effects)
        for message in messages {
            switch message {
            case .claim, .padding: break
            case .ping(let sequence):
                takePing(sequence, beside: messages, from: peer, reply: &reply, at: now)
            case .introduce: reply.introducesMe = true
            case .ack(let sequence): takeAck(sequence, from: peer, at: now, effects: &effects)
            case .relayedAck(let sequence):
                takeRelayedAck(sequence, from: peer, at: now, effects: &effects)
            case .nack(let sequence): takeNack(sequence, from: peer)
            case .pingRequest(let sequence, let target):
                takePingRequest(
                    sequence, target: target, from: peer, reply: &reply, at: now,
                    effects: &effects)
            }
        }
        send(reply, to: peer, effects: &effects)
        endDeparture(at: now, effects: &effects)
        checkInvariants()
    }

    /// Answers a ping. A sender that we hold suspect, dead or gone hears so; a stranger is asked who
    /// it is, and one that introduces itself hears who we are and has to prove its address.
    private mutating func takePing(
        _ sequence: UInt32, beside messages: [MembershipMessage], from peer: Peer,
        reply: inout Reply, at now: Instant
    ) {
        reply.acknowledge(sequence)
        // Whoever pings us after we left has not heard of it.
        if ownClaim.state == .left { reply.introducesMe = true }
        let introducesItself = messages.contains { message in
            if case .claim(let claim) = message { claim.identity.boot == peer.boot } else { false }
        }
        if introducesItself, !isProven(peer) {
            reply.introducesMe = true
            challenge(peer, in: &reply, at: now)
        }
        guard let index = roster.index(current: peer.boot) else {
            reply.asksForIntroduction = true
            reply.introducesMe = true
            return
        }
        if roster[index].state != .alive { reply.correct(roster[index].name) }
        // Whoever probed us need not be probed soon. Only scheduled pings count, which reach one
        // member each period: a member that just talked to all would be probed by nobody for long.
        if messages.count == 1 { roster.note(index) { $0.lastTurn = now } }
    }

    /// Has the receiver of a reply prove its address by answering a ping.
    mutating func challenge(_ peer: Peer, in reply: inout Reply, at now: Instant) {
        guard reply.challenge == nil else { return }
        let sequence = nextSequence()
        contacts.remember(sequence, to: peer.address, at: now)
        reply.challenge = sequence
    }

    /// Has a known member that wants more than it may get yet prove its address.
    package mutating func challenge(
        _ peer: Peer, at now: Instant, effects: inout [MembershipEffect]
    ) {
        guard roster.index(current: peer.boot) != nil, !isProven(peer) else { return }
        var reply = Reply()
        challenge(peer, in: &reply, at: now)
        send(reply, to: peer, effects: &effects)
    }

    private func send(_ reply: Reply, to peer: Peer, effects: inout [MembershipEffect]) {
        var messages: [MembershipMessage] = []
        if let ack = reply.ack { messages.append(.ack(ack)) }
        if let challenge = reply.challenge { messages.append(.ping(challenge)) }
        if reply.asksForIntroduction { messages.append(.introduce) }
        if reply.introducesMe { messages.append(.claim(ownClaim)) }
        for name in reply.corrections {
            guard let index = roster.index(named: name) else { continue }
            messages.append(.claim(roster[index].claim))
        }
        guard !messages.isEmpty else { return }
        effects.append(.send(messages, to: peer.address, isReply: true))
    }
}
