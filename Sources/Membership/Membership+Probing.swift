import Primitives

extension Membership {
    /// Begins the period's probe, when a new period is due.
    mutating func beginPeriod(at now: Instant, effects: inout [MembershipEffect]) {
        guard now >= nextPeriod else { return }
        let jitter = 0.9 + 0.2 * random.unitInterval()
        nextPeriod = now + health.scaled(configuration.period) * jitter
        guard ownClaim.state.isPresent, let index = nextTarget() else { return }
        beginProbe(of: index, purpose: .schedule, at: now, effects: &effects)
    }

    /// Gives the member that came last a random place in the order of turns, so that a newcomer is
    /// not probed by everybody at once. When the roster has doubled all places are drawn anew:
    /// else those who came first would stand last in everybody's line.
    mutating func shuffleNewcomer(at now: Instant) {
        let count = roster.entries.count
        var first = count - 1
        if count >= 2 * shuffledCount {
            shuffledCount = count
            first = 0
        }
        for index in first..<count {
            let turn = now - configuration.period * (Double(count) * random.unitInterval())
            roster.note(index) { $0.lastTurn = turn }
        }
    }

    /// The present member that waits longest for its turn, unless a probe of it runs.
    private func nextTarget() -> Int? {
        var best: Int?
        var bestTurn = Instant.distantFuture
        for (index, entry) in roster.entries.enumerated() where entry.member.state.isPresent {
            guard entry.lastTurn < bestTurn,
                !probes.contains(where: { $0.target == entry.member.identity })
            else { continue }
            best = index
            bestTurn = entry.lastTurn
        }
        return best
    }

    mutating func beginProbe(
        of index: Int, purpose: ProbePurpose, requester: Probe.Requester? = nil,
        at now: Instant, effects: inout [MembershipEffect]
    ) {
        guard probes.count < configuration.probeLimit else { return }
        let stageLength =
            switch purpose {
            case .schedule: health.scaled(configuration.directTimeout)
            case .request: health.scaled(configuration.probeTimeout)
            case .farewell: configuration.departureTimeout
            }
        var probe = Probe(
            target: roster[index].identity, sequence: nextSequence(), purpose: purpose, now: now,
            stageEnds: now + stageLength)
        if let requester { probe.requesters.append(requester) }
        roster.note(index) { $0.lastTurn = now }
        probes.append(probe)
        advanceProbes(at: now, effects: &effects)
    }

    /// Sends what running probes have to send and ends their stages.
    mutating func advanceProbes(at now: Instant, effects: inout [MembershipEffect]) {
        // An accusation can end any probe, so the due ones are looked up one by one.
        while let position = probes.firstIndex(where: { $0.deadline <= now }) {
            sendNacks(position, at: now, effects: &effects)
            if probes[position].stageEnds <= now {
                endStage(position, at: now, effects: &effects)
            } else if probes[position].nextPing <= now {
                sendPing(position, at: now, effects: &effects)
            }
        }
    }

    private mutating func sendPing(
        _ position: Int, at now: Instant, effects: inout [MembershipEffect]
    ) {
        let probe = probes[position]
        probes[position].nextPing = now + health.scaled(configuration.retryInterval)
        probes[position].pings += 1
        guard let index = roster.index(current: probe.target.boot) else { return }
        let member = roster[index]
        var messages: [MembershipMessage] = [.ping(probe.sequence)]
        // Tell a suspect first: nobody can refute sooner.
        if member.state != .alive { messages.append(.claim(member.claim)) }
        if probe.purpose == .farewell { messages.append(.claim(ownClaim)) }
        effects.append(.send(messages, to: member.address, isReply: false))
        if probe.stage != .direct, probe.pings % 2 == 0 {
            askHelpers(position, effects: &effects)
        }
    }

    /// Asks the silent helpers of a probe, again if need be.
    private func askHelpers(_ position: Int, effects: inout [MembershipEffect]) {
        let probe = probes[position]
        var messages: [MembershipMessage] = [
            .pingRequest(probe.sequence, target: probe.target.boot)
        ]
        if let index = roster.index(current: probe.target.boot), roster[index].state != .alive {
            messages.append(.claim(roster[index].claim))
        }
        for helper in probe.helpers where helper.isSilent {
            guard let index = roster.index(current: helper.boot) else { continue }
            effects.append(.send(messages, to: roster[index].address, isReply: false))
        }
    }

    private mutating func sendNacks(
        _ position: Int, at now: Instant, effects: inout [MembershipEffect]
    ) {
        for index in probes[position].requesters.indices {
            let requester = probes[position].requesters[index]
            guard let due = requester.nackAt, due <= now else { continue }
            probes[position].requesters[index].nackAt = nil
            guard isProven(requester.peer) else { continue }
            effects.append(
                .send([.nack(requester.sequence)], to: requester.peer.address, isReply: false))
        }
    }

    private mutating func endStage(
        _ position: Int, at now: Instant, effects: inout [MembershipEffect]
    ) {
        let probe = probes[position]
        switch probe.stage.end(of: probe.purpose) {
        case .askHelpers:
            let rest = configuration.probeTimeout - configuration.directTimeout
            probes[position].stage = .indirect
            probes[position].stageEnds = now + health.scaled(rest)
            probes[position].helpers = pick(configuration.helperCount) {
                $0.state == .alive && $0.identity != probe.target
            }.map { Probe.Helper(name: $0.name, boot: $0.identity.boot) }
            askHelpers(position, effects: &effects)
        case .accuse:
            if probe.purpose == .schedule {
                health.probeFailed(
                    helpers: probe.helpers.count,
                    silentHelpers: probe.helpers.count(where: \.isSilent))
            }
            probes[position].stage = .accused
            probes[position].stageEnds = .distantFuture
            accuse(probe.target, at: now, effects: &effects)
        case .giveUp:
            probes.remove(at: position)
        }
    }
}

// MARK: - Answers

extension Membership {
    /// A ping of ours came back: ends its probe, proves the address, answers those who asked.
    mutating func takeAck(
        _ sequence: UInt32, from peer: Peer, at now: Instant, effects: inout [MembershipEffect]
    ) {
        if contacts.settle(sequence, from: peer.address) {
            contacts.answered(from: peer.address, by: peer.boot)
            prove(peer)
        }
        guard let position = probes.firstIndex(where: { $0.sequence == sequence }) else { return }
        let probe = probes[position]
        guard probe.target.boot == peer.boot else {
            // Another life answers at this address: let it get to know us.
            probes.remove(at: position)
            return contact(peer.address, effects: &effects)
        }
        prove(peer)
        endProbe(position, effects: &effects)
        if probe.purpose == .farewell { departure?.acknowledgements += 1 }
    }

    /// A helper reached the target of a probe of ours.
    mutating func takeRelayedAck(
        _ sequence: UInt32, from peer: Peer, effects: inout [MembershipEffect]
    ) {
        guard
            let position = probes.firstIndex(where: { probe in
                probe.sequence == sequence && probe.helpers.contains { $0.boot == peer.boot }
            })
        else { return }
        endProbe(position, effects: &effects)
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
        if !isProven(peer) { challenge(peer, in: &reply) }
        let member = roster[index]
        guard member.identity.boot == target, member.state.isPresent else {
            reply.correct(member.name)
            return
        }
        let requester = Probe.Requester(
            peer: peer, sequence: sequence, nackAt: now + configuration.nackAfter)
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

    private mutating func prove(_ peer: Peer) {
        guard let index = roster.index(current: peer.boot) else { return }
        roster.note(index) { $0.proven = peer.address }
    }

    private mutating func endProbe(_ position: Int, effects: inout [MembershipEffect]) {
        let probe = probes.remove(at: position)
        if probe.purpose == .schedule { health.probeSucceeded() }
        guard let index = roster.index(current: probe.target.boot) else { return }
        for requester in probe.requesters where isProven(requester.peer) {
            effects.append(
                .send(
                    [.relayedAck(requester.sequence), .claim(roster[index].claim)],
                    to: requester.peer.address, isReply: false))
        }
    }
}
