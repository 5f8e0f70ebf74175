import Primitives

extension Membership {
    /// A ping of ours came back: ends its probe, proves the address, answers those who asked.
    mutating func takeAck(
        _ sequence: UInt32, from peer: Peer, at now: Instant, effects: inout [MembershipEffect]
    ) {
        if let sent = contacts.settle(sequence, from: peer.address) {
            contacts.answered(from: peer.address, by: peer.boot)
            endCutOff(at: now)
            prove(peer, sent: sent, at: now)
        }
        guard let position = probes.firstIndex(where: { $0.hasSent(sequence) }) else { return }
        let probe = probes[position]
        guard probe.target.boot == peer.boot else {
            // Another life answers at this address: let it get to know us. The target does not.
            guard !probe.hasMetAnotherLife else { return }
            probes[position].hasMetAnotherLife = true
            return contact(peer.address, at: now, effects: &effects)
        }
        prove(peer, sent: probe.time(of: sequence), at: now)
        endProbe(position, at: now, effects: &effects)
        if probe.purpose == .farewell { departure?.acknowledgements += 1 }
    }

    /// A helper reached the target of a probe of ours.
    mutating func takeRelayedAck(
        _ sequence: UInt32, from peer: Peer, at now: Instant, effects: inout [MembershipEffect]
    ) {
        guard
            let position = probes.firstIndex(where: { probe in
                probe.sequence == sequence && probe.helpers.contains { $0.boot == peer.boot }
            })
        else { return }
        endProbe(position, at: now, effects: &effects)
    }

    /// A helper is well, but has no answer from the target either.
    mutating func takeNack(_ sequence: UInt32, from peer: Peer) {
        guard let position = probes.firstIndex(where: { $0.sequence == sequence }) else { return }
        for index in probes[position].helpers.indices
        where probes[position].helpers[index].boot == peer.boot {
            probes[position].helpers[index].isSilent = false
        }
    }

    /// Somebody asks us to ping a member. Only members may ask and only members that we know
    /// ourselves are pinged, so nobody can aim us at a stranger; and who has not proved its address
    /// must do so before it hears the result.
    mutating func takePingRequest(
        _ sequence: UInt32, target: BootID, from peer: Peer, reply: inout Reply,
        at now: Instant, effects: inout [MembershipEffect]
    ) {
        guard target != peer.boot, member(boot: peer.boot)?.state.isPresent == true,
            let index = roster.index(boot: target)
        else { return }
        if !isProven(peer) { challenge(peer, in: &reply, at: now) }
        let member = roster[index]
        guard member.identity.boot == target, member.state.isPresent else {
            reply.correct(member.name)
            return
        }
        let requester = Probe.Requester(
            peer: peer, sequence: sequence,
            nackAt: now + configuration.nackAfter * patience(with: index))
        guard let position = probes.firstIndex(where: { $0.target == member.identity }) else {
            return beginProbe(
                of: index, purpose: .request, requester: requester, at: now, effects: &effects)
        }
        if let known = probes[position].requesters.firstIndex(where: { $0.peer == peer }) {
            probes[position].requesters[known].sequence = sequence
        } else if probes[position].requesters.count < Probe.requesterLimit {
            probes[position].requesters.append(requester)
        }
    }

    /// A member answered from its address a ping that was sent then.
    private mutating func prove(_ peer: Peer, sent: Instant?, at now: Instant) {
        guard let index = roster.index(current: peer.boot) else { return }
        roster.note(index) { entry in
            entry.proven = peer.address
            entry.lastAnswer = now
            guard let sent else { return }
            let sample = min(now - sent, RoundTripTime.sampleMax)
            if entry.roundTrip == nil {
                entry.roundTrip = RoundTripTime(first: sample)
            } else {
                entry.roundTrip?.add(sample)
            }
        }
    }

    private mutating func endProbe(
        _ position: Int, at now: Instant, effects: inout [MembershipEffect]
    ) {
        let probe = probes.remove(at: position)
        if probe.purpose == .schedule { health.probeSucceeded() }
        noteOutcome(of: probe.target.name, answered: true, at: now)
        guard let index = roster.index(current: probe.target.boot) else { return }
        for requester in probe.requesters where isProven(requester.peer) {
            effects.append(
                .send(
                    [.relayedAck(requester.sequence), .claim(roster[index].claim)],
                    to: requester.peer.address, isReply: false))
        }
    }
}
