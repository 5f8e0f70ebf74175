import Primitives

extension Membership {
    /// What a claim that came in did to the view.
    enum Reception: Hashable {
        /// It was stronger than what we had, or brought an accuser.
        case news
        /// We knew as much.
        case known
        /// We know better; whoever sent it should hear what.
        case outdated
        /// It was about us and we had to contradict it.
        case contradicted
        /// It is of no use to us.
        case ignored
    }

    /// Merges one claim into the view.
    mutating func take(
        _ claim: Claim, at now: Instant, effects: inout [MembershipEffect]
    ) -> Reception {
        guard claim.identity.generation <= Identity.generationMax else { return .ignored }
        if claim.identity.name == identity.name {
            return takeAboutMyself(claim, at: now, effects: &effects)
        }
        guard let index = roster.index(named: claim.identity.name) else {
            return takeAboutStranger(claim, at: now, effects: &effects)
        }
        let known = roster[index].claim
        var claim = claim
        if claim.state == .dead, known.state.isPresent, claim.standing > known.standing,
            !isBelievable(claim, at: now)
        {
            // It may yet refute; if it does not, our own suspicion ends as theirs did.
            claim.state = .suspect
        }
        if claim.standing > known.standing {
            adopt(claim, index: index, at: now, effects: &effects)
            return .news
        }
        guard claim.standing == known.standing else { return .outdated }
        var united = known
        guard claim.state == .suspect, united.addAccusers(claim.accusers) else { return .known }
        roster.replaceClaim(index, united, now: now)
        rescheduleSuspicions(at: now)
        effects.append(.spread(claim.identity.name))
        return .news
    }

    /// Whether a member may be held dead because others say so: one of the accusers must have been
    /// here for a while. Whoever just came back, alone or as half of the cluster, was deaf to the
    /// healthy and has buried them; so did a newcomer that cannot reach them.
    func isBelievable(_ claim: Claim, at now: Instant) -> Bool {
        claim.accusers.contains { name in
            if name == identity.name { return true }
            guard let index = roster.index(named: name), roster[index].state.isPresent else {
                return false
            }
            return now - roster.entries[index].presentSince >= configuration.trustAfter
        }
    }

    private mutating func takeAboutStranger(
        _ claim: Claim, at now: Instant, effects: inout [MembershipEffect]
    ) -> Reception {
        // Nobody needs to learn of a member only to know that it left.
        guard claim.state != .left else { return .ignored }
        guard makeRoom(at: now, effects: &effects) else { return .ignored }
        let member = Member(claim: claim, since: now)
        roster.insert(member, lastTurn: now)
        shuffleNewcomer(at: now)
        settle(name: member.name, at: now)
        contacts.hasten(to: now + configuration.contactIntervalMinimum)
        effects.append(.changed(from: nil, to: member))
        effects.append(.spread(member.name))
        return .news
    }

    /// Puts a stronger claim in place of what we believed, and follows up.
    mutating func adopt(
        _ claim: Claim, index: Int, at now: Instant, effects: inout [MembershipEffect]
    ) {
        let before = roster[index]
        if before.identity == claim.identity, before.state == .suspect || before.state == .dead,
            claim.state == .alive
        {
            credibility.note(refuter: before.name, of: before.claim.accusers, at: now)
        }
        roster.replaceClaim(index, claim, now: now)
        let after = roster[index]
        settle(name: after.name, at: now)
        if before.state != after.state || before.identity != after.identity
            || before.address != after.address
        {
            // It may have died, or have gone from where a seed was.
            contacts.hasten(to: now + configuration.contactIntervalMinimum)
            effects.append(.changed(from: before, to: after))
        }
        effects.append(.spread(after.name))
        observe(after, at: now, effects: &effects)
    }

    /// Brings probes, suspicions and contacts in line with what is now believed of `name`.
    private mutating func settle(name: NodeName, at now: Instant) {
        guard let index = roster.index(named: name) else { return }
        let member = roster[index]
        suspicions.removeAll { $0.name == name && $0.incarnation != member.incarnation }
        switch member.state {
        case .alive:
            suspicions.removeAll { $0.name == name }
            // An accusation of ours is answered; a probe that still waits goes on.
            probes.removeAll {
                $0.target.name == name
                    && ($0.stage == .accused || $0.target != member.identity)
            }
        case .suspect:
            probes.removeAll { $0.target.name == name && $0.target != member.identity }
            beginSuspicion(of: member, at: now)
        case .dead:
            suspicions.removeAll { $0.name == name }
            probes.removeAll { $0.target.name == name }
            outcomes.remove(name)
        case .refused:
            suspicions.removeAll { $0.name == name }
            probes.removeAll { $0.target.name == name }
            outcomes.remove(name)
        case .left:
            suspicions.removeAll { $0.name == name }
            // Who leaves as we do can still acknowledge our own farewell.
            probes.removeAll { $0.target.name == name && $0.purpose != .farewell }
            outcomes.remove(name)
            nextForgetting = min(nextForgetting, now + configuration.leftRetention)
        }
        rescheduleSuspicions(at: now)
    }

    /// Accuses a member: our own probe of it failed, which is the only way to become an accuser.
    mutating func accuse(_ target: Identity, at now: Instant, effects: inout [MembershipEffect]) {
        guard let index = roster.index(current: target.boot), roster[index].state.isPresent else {
            return
        }
        var claim = roster[index].claim
        claim.state = .suspect
        _ = claim.addAccusers([identity.name])
        _ = take(claim, at: now, effects: &effects)
    }

    /// Claims a suspect dead.
    mutating func bury(_ name: NodeName, at now: Instant, effects: inout [MembershipEffect]) {
        guard let index = roster.index(named: name), roster[index].state == .suspect else { return }
        var claim = roster[index].claim
        claim.state = .dead
        adopt(claim, index: index, at: now, effects: &effects)
    }

    private mutating func takeAboutMyself(
        _ claim: Claim, at now: Instant, effects: inout [MembershipEffect]
    ) -> Reception {
        guard claim.identity.boot == identity.boot else {
            guard claim.identity.isNewer(than: identity) else { return .outdated }
            takeAboutSuccessor(claim, at: now, effects: &effects)
            return .ignored
        }
        guard claim.identity.generation == identity.generation else { return .outdated }
        let before = ownClaim
        switch (ownClaim.state, claim.state) {
        case (_, .alive), (.left, .left), (.refused, .refused):
            ownClaim.incarnation = max(ownClaim.incarnation, claim.incarnation)
        case (.left, _), (.refused, .suspect), (.refused, .dead), (.refused, .left):
            // What we claim of ourselves outranks an accusation of the same incarnation.
            guard claim.incarnation >= ownClaim.incarnation else { return .outdated }
            ownClaim.incarnation = claim.incarnation
        case (_, .refused):
            guard claim.incarnation >= ownClaim.incarnation else { return .outdated }
            ownClaim.incarnation = claim.incarnation
            withdraw(at: now, minimum: configuration.refusalRetryMinimum)
        case (_, .dead) where wasAtFault(at: now, accordingTo: claim),
            (_, .suspect) where wasAtFault(at: now, accordingTo: claim):
            ownClaim.incarnation = max(ownClaim.incarnation, claim.incarnation)
            withdraw(at: now, minimum: configuration.holdDownMinimum)
        case (_, .suspect), (_, .dead), (_, .left):
            guard claim.incarnation >= ownClaim.incarnation else { return .outdated }
            ownClaim.incarnation = min(claim.incarnation + 1, Claim.incarnationMax)
            credibility.note(refuter: identity.name, of: claim.accusers, at: now)
            health.wasSuspected()
        }
        if ownClaim != before { effects.append(.spread(identity.name)) }
        return claim.state == .alive || claim.state == ownClaim.state ? .known : .contradicted
    }

    /// Whether there is room for one more member, if need be in place of one that is gone.
    private mutating func makeRoom(
        at now: Instant, effects: inout [MembershipEffect]
    ) -> Bool {
        guard roster.entries.count >= configuration.memberLimit else { return true }
        let gone = roster.entries.indices.filter { !roster[$0].state.isPresent }
        // Those that left go first, then the longest dead; who is refused still runs.
        let order: [MemberState] = [.left, .dead, .refused]
        let oldest = order.lazy.compactMap { [roster] state in
            gone.filter { roster[$0].state == state }.min { roster[$0].since < roster[$1].since }
        }.first
        if let oldest {
            effects.append(.forgotten(roster[oldest].name))
            roster.remove(oldest)
            return true
        }
        if isDue(lastLimitAlarm, at: now) {
            lastLimitAlarm = now
            effects.append(.alarm(.tooManyMembers(limit: configuration.memberLimit)))
        }
        return false
    }

    /// Forgets members that left long ago.
    mutating func forgetLeft(at now: Instant, effects: inout [MembershipEffect]) {
        guard now >= nextForgetting else { return }
        var next = Instant.distantFuture
        var index = 0
        while index < roster.entries.count {
            let member = roster[index]
            let end = member.since + configuration.leftRetention
            guard member.state == .left else {
                index += 1
                continue
            }
            if end <= now {
                effects.append(.forgotten(member.name))
                roster.remove(index)
            } else {
                next = min(next, end)
                index += 1
            }
        }
        nextForgetting = next
    }
}
