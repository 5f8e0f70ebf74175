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
        guard wanted >= 2, outcomes.count >= wanted else { return false }
        let failed = outcomes.suffix(wanted).count { !$0.answered }
        return failed * 4 >= wanted * 3
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
    }
}
