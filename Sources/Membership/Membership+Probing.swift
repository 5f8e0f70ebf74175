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

    mutating func beginProbe(
        of index: Int, purpose: ProbePurpose, requester: Probe.Requester? = nil,
        at now: Instant, effects: inout [MembershipEffect]
    ) {
        guard probes.count < configuration.probeLimit else { return }
        let patience = patience(with: index)
        let stageLength =
            switch purpose {
            case .schedule: health.scaled(configuration.directTimeout) * patience
            case .request, .observation: health.scaled(configuration.probeTimeout) * patience
            case .farewell: configuration.departureTimeout
            }
        var probe = Probe(
            target: roster[index].identity, sequence: nextSequence(), purpose: purpose,
            patience: patience, now: now, stageEnds: now + stageLength)
        if let requester { probe.requesters.append(requester) }
        roster.note(index) { $0.lastTurn = now }
        probes.append(probe)
        advanceProbes(at: now, effects: &effects)
    }

    /// By how much longer than by default this member may take to answer: its round trips say.
    func patience(with index: Int) -> Double {
        guard let roundTrip = roster.entries[index].roundTrip else { return 1 }
        let share = roundTrip.timeout / configuration.retryInterval
        return min(max(share, 1), configuration.patienceMaximum)
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
        let interval = health.scaled(configuration.retryInterval) * probes[position].patience
        probes[position].nextPing = now + interval
        let number = probes[position].notePing(at: now)
        let probe = probes[position]
        guard let index = roster.index(current: probe.target.boot) else { return }
        let member = roster[index]
        var messages: [MembershipMessage] = [.ping(number)]
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
            probes[position].stageEnds = now + health.scaled(rest) * probe.patience
            noteOutcome(of: probe.target.name, answered: false, at: now)
            probes[position].helpers = pick(configuration.helperCount) {
                $0.state == .alive && $0.identity != probe.target
            }.map { Probe.Helper(name: $0.name, boot: $0.identity.boot) }
            askHelpers(position, effects: &effects)
        case .accuse where isIsolated && now < probe.started + configuration.isolationPatience:
            // We are the suspect: go on asking, but accuse nobody.
            probes[position].stage = .indirect
            probes[position].stageEnds = now + configuration.directTimeout
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
