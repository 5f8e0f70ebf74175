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
        if isIsolated != before { rescheduleSuspicions(at: now) }
        if isIsolated { isCutOff = true } else if answered { isCutOff = false }
        if outcomes.allFailed(of: roster.presentCount) { lastSilence = now }
    }

    /// Whether this node, which the others hold dead, had better not come back at once: its loop was
    /// stopped, so it is too slow; or nobody answered it, for the second time within a while. A
    /// member that goes and comes all the time does more harm than one that is out.
    func wasAtFault(at now: Instant) -> Bool {
        func isRecent(_ instant: Instant?, _ limit: Duration) -> Bool {
            instant.map { now - $0 <= limit } ?? false
        }
        if isRecent(lastStop, configuration.faultWindow) { return true }
        return isRecent(lastSilence, configuration.faultWindow)
            && isRecent(lastReturn, configuration.faultMemory)
    }
}
