import Primitives

/// A second process that speaks under the name of a member.
struct Rival: Hashable, Sendable {
    let boot: BootID
    let firstHeard: Instant
}

/// That this node takes no part, because another process has its name.
struct Refusal: Hashable, Sendable {
    /// A later life of our name that is not ours, or nil when ours is the latest.
    var successor: Identity?
    /// When we try again; far away when we take part for now.
    var retryAt: Instant
    /// How long the next refusal lasts.
    var interval: Duration
    /// When the last try was.
    var lastTry: Instant?

    var isInForce: Bool { retryAt != .distantFuture }
}

/// Two running processes of one name. No node could tell whose observations and counts it has, so
/// as soon as one member has heard both for a while the name is refused, on all nodes alike: the
/// later life by a claim, the earlier one because the later outranks it. Both try again, seldom; one
/// alone gets in.
extension Membership {
    /// Notices that the sender is a process whose name a newer life has, and tells it.
    mutating func noticeTwin(
        _ messages: [MembershipMessage], from peer: Peer, reply: inout Reply, at now: Instant,
        effects: inout [MembershipEffect]
    ) {
        let claimed = claimedName(messages, of: peer)
        if let claimed, claimed == identity.name {
            return alarmAboutTwin(
                winner: identity.boot, loser: peer.boot, address: peer.address, at: now,
                effects: &effects)
        }
        guard let index = claimed.flatMap(roster.index(named:)) ?? roster.index(boot: peer.boot),
            roster[index].identity.boot != peer.boot,
            now - roster.entries[index].lifeSince > configuration.duplicateGrace
        else { return }
        reply.correct(roster[index].name)
        noticeRival(peer.boot, of: index, at: now, effects: &effects)
        guard isDue(roster.entries[index].lastAlarm, at: now) else { return }
        roster.note(index) { $0.lastAlarm = now }
        effects.append(
            .alarm(
                .duplicateName(
                    roster[index].name, winner: roster[index].identity.boot, loser: peer.boot,
                    address: peer.address)))
    }

    /// Refuses a name once both its processes proved to run: the earlier one has spoken for longer
    /// than datagrams may be late, and the later one has answered a ping meanwhile.
    private mutating func noticeRival(
        _ boot: BootID, of index: Int, at now: Instant, effects: inout [MembershipEffect]
    ) {
        guard roster[index].state.isPresent else { return }
        guard let rival = roster.entries[index].rival, rival.boot == boot else {
            roster.note(index) { $0.rival = Rival(boot: boot, firstHeard: now) }
            return beginProbe(of: index, purpose: .observation, at: now, effects: &effects)
        }
        guard now - rival.firstHeard > configuration.duplicateGrace,
            let answer = roster.entries[index].lastAnswer, answer > rival.firstHeard
        else { return }
        var claim = roster[index].claim
        claim.state = .refused
        claim.accusers = []
        adopt(claim, index: index, at: now, effects: &effects)
    }

    /// The name that the sender claims as its own, unless it is a later life than we know.
    private func claimedName(_ messages: [MembershipMessage], of peer: Peer) -> NodeName? {
        for case .claim(let claim) in messages where claim.identity.boot == peer.boot {
            let isNewer =
                claim.identity.name == identity.name
                && claim.identity.isNewer(than: identity)
            return isNewer ? nil : claim.identity.name
        }
        return nil
    }

    /// Reports a double of our own.
    private mutating func alarmAboutTwin(
        winner: BootID, loser: BootID, address: SocketAddress, at now: Instant,
        effects: inout [MembershipEffect]
    ) {
        guard isDue(lastTwinAlarm, at: now) else { return }
        lastTwinAlarm = now
        effects.append(
            .alarm(
                .duplicateName(identity.name, winner: winner, loser: loser, address: address)))
    }

    func isDue(_ lastAlarm: Instant?, at now: Instant) -> Bool {
        guard let lastAlarm else { return true }
        return now - lastAlarm >= configuration.alarmInterval
    }
}

// MARK: - Our own name

extension Membership {
    /// The cluster knows a later life of our name, which is not ours.
    mutating func takeAboutSuccessor(
        _ claim: Claim, at now: Instant, effects: inout [MembershipEffect]
    ) {
        guard ownClaim.state != .left else { return }
        if refusal?.successor.map({ claim.identity.isNewer(than: $0) }) ?? true {
            withdraw(at: now, minimum: configuration.refusalRetryMinimum)
            refusal?.successor = claim.identity
        }
        switch claim.state {
        case .dead, .left:
            // It ran and is gone, and our count of lives was lost: go on above it.
            let soon = now + configuration.duplicateGrace
            if let planned = refusal?.retryAt, refusal?.isInForce == true {
                refusal?.retryAt = min(planned, soon)
            }
        case .alive, .suspect, .refused:
            alarmAboutTwin(
                winner: claim.identity.boot, loser: identity.boot, address: ownClaim.address,
                at: now, effects: &effects)
        }
    }

    /// Takes no part from now on, until the next try: after `minimum`, and twice as long each time
    /// that the last one was in vain.
    mutating func withdraw(at now: Instant, minimum: Duration) {
        var next = refusal ?? Refusal(retryAt: .distantFuture, interval: minimum)
        if !next.isInForce {
            if let last = next.lastTry, now - last > configuration.faultMemory {
                next.interval = minimum
            }
            next.retryAt = now + max(next.interval, minimum)
            next.interval = min(
                max(next.interval, minimum) * 2, configuration.refusalRetryMaximum)
        }
        refusal = next
        if ownClaim.state != .refused {
            contacts.hasten(to: now + configuration.contactIntervalMinimum)
        }
        ownClaim.state = .refused
        probes.removeAll()
        outcomes = RecentOutcomes()
    }

    /// Claims the name again: as the latest of its lives if that is another's, else with the next
    /// incarnation.
    mutating func retryAfterRefusal(at now: Instant, effects: inout [MembershipEffect]) {
        guard let current = refusal, now >= current.retryAt, ownClaim.state == .refused else {
            return
        }
        refusal?.retryAt = .distantFuture
        refusal?.lastTry = now
        ownClaim.state = .alive
        if let successor = current.successor, successor.isNewer(than: identity),
            successor.generation < Identity.generationMax
        {
            refusal?.successor = nil
            ownClaim.identity = Identity(
                name: identity.name, boot: identity.boot, generation: successor.generation + 1)
            ownClaim.incarnation = 0
            effects.append(.renewed(ownClaim.identity))
        } else {
            ownClaim.incarnation = min(ownClaim.incarnation + 1, Claim.incarnationMax)
        }
        contacts.hasten(to: now + configuration.contactIntervalMinimum)
        effects.append(.spread(identity.name))
    }
}
