import Primitives

/// What became of the latest probes, one for each of a few members.
struct RecentOutcomes: Hashable, Sendable {
    private struct Outcome: Hashable {
        let name: NodeName
        let answered: Bool
    }

    static let capacity = 4

    /// The latest last.
    private var outcomes: [Outcome] = []

    mutating func note(_ name: NodeName, answered: Bool) {
        remove(name)
        if outcomes.count >= Self.capacity { outcomes.removeFirst() }
        outcomes.append(Outcome(name: name, answered: answered))
    }

    mutating func remove(_ name: NodeName) {
        outcomes.removeAll { $0.name == name }
    }

    /// Whether of the latest probes of different members, `members` being all there are, three in
    /// four were not answered. Two must have failed: one member alone can be at fault.
    func mostFailed(of members: Int) -> Bool {
        let wanted = min(members, Self.capacity)
        return wanted >= 2 && failures(wanted) * 4 >= wanted * 3
    }

    /// Whether none of them was answered.
    func allFailed(of members: Int) -> Bool {
        let wanted = min(members, Self.capacity)
        return wanted >= 2 && failures(wanted) == wanted
    }

    private func failures(_ latest: Int) -> Int {
        outcomes.suffix(latest).count { !$0.answered }
    }
}

/// A node that hears from nobody is itself the suspect.
extension Membership {
    /// Whether most of our own probes fail together: more likely our own link than everybody else's.
    ///
    /// As long as it lasts this node accuses nobody and buries nobody, for at most
    /// `MembershipConfiguration.isolationPatience`: by then the others, if they live, have made up
    /// their minds about us, and if they do not, somebody has to say so.
    package var isIsolated: Bool { outcomes.mostFailed(of: roster.presentCount) }

    mutating func noteOutcome(of name: NodeName, answered: Bool, at now: Instant) {
        let before = isIsolated
        outcomes.note(name, answered: answered)
        if before && !isIsolated {
            // What we held against others meanwhile was our own doing: it counts from now on.
            for index in suspicions.indices { suspicions[index].started = now }
        }
        if isIsolated != before { rescheduleSuspicions(at: now) }
        if outcomes.allFailed(of: roster.presentCount) { isSilenced = true }
        if isIsolated { isCutOff = true } else if answered { endCutOff(at: now) }
    }

    /// Somebody answers again.
    mutating func endCutOff(at now: Instant) {
        guard !isIsolated else { return }
        isCutOff = false
        if isSilenced { lastSilence = now }
        isSilenced = false
    }

    /// Whether this node, which the others suspect or hold dead, had better not come back at once:
    /// its loop was stopped, so it is too slow; or it was held dead before, not long ago, and it was
    /// cut off from everybody, or members say so that are here for a while. Halves of a cluster
    /// come back as often as they like. A member that goes and comes all the time does more harm
    /// than one that is out.
    mutating func wasAtFault(at now: Instant, accordingTo claim: Claim) -> Bool {
        func isRecent(_ instant: Instant?, _ limit: Duration) -> Bool {
            instant.map { now - $0 <= limit } ?? false
        }
        let isDeath = claim.state == .dead
        let stop = isDeath ? configuration.stopMinimum : configuration.stopCertain
        if lastStop >= stop, isRecent(lastStopEnd, configuration.faultWindow) {
            // A stopped process often reads first that it was suspected, and refutes that, and then
            // that it was dead before it could.
            return claim.incarnation + (isDeath ? 1 : 0) >= ownClaim.incarnation
        }
        guard isDeath, claim.incarnation + 1 >= ownClaim.incarnation,
            lastDeath.map({ claim.incarnation > $0.incarnation }) ?? true
        else {
            return false
        }
        let isAgain = isRecent(lastDeath?.at, configuration.faultMemory)
        lastDeath = Death(incarnation: claim.incarnation, at: now)
        return isAgain
            && (isSilenced || isRecent(lastSilence, configuration.faultWindow)
                || isBelievable(claim, at: now))
    }
}

/// That others held this node dead.
struct Death: Hashable, Sendable {
    let incarnation: UInt64
    let at: Instant
}
