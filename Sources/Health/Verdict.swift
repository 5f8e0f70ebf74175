/// What the cluster concludes of a backend, as one node reads it, and from whom: "I see" and
/// "they see" stay apart.
package struct Verdict: Hashable, Sendable {
    package let status: HealthStatus
    /// Why, while `status` is down: this node's own reason if it sees the backend down itself,
    /// otherwise that of the first who does, by name.
    package let reason: FailureReason?
    /// Those who see the backend up, sorted by name.
    package let seenUp: [Observation]
    /// Those who see the backend down, sorted by name.
    package let seenDown: [Observation]

    package init(
        status: HealthStatus, reason: FailureReason?, seenUp: [Observation],
        seenDown: [Observation]
    ) {
        self.status = status
        self.reason = reason
        self.seenUp = seenUp
        self.seenDown = seenDown
    }

    /// The verdict before anybody observed anything.
    package static let unknown = Verdict(
        status: .unknown, reason: nil, seenUp: [], seenDown: [])

    /// The verdict that `rule` makes of the observations of one backend by one check.
    ///
    /// The order of `others` does not matter. Observations of nodes that left or died must not be
    /// in it; absent nodes have no vote. Each name votes once: `own` outranks another observation
    /// under its name, and of several others with one name the newest counts.
    ///
    /// - Parameters:
    ///   - own: What this node sees; nil if it does not probe the backend.
    ///   - others: What the other nodes see.
    ///   - previous: The last verdict, which stays where `rule` decides nothing.
    package static func merge(
        rule: VerdictRule, own: Observation?, others: [Observation], previous: Verdict
    ) -> Verdict {
        var voters = own.map { [$0] } ?? []
        for other in others.sorted(by: precedes) where other.observer != own?.observer {
            if let last = voters.last, last.observer == other.observer { continue }
            voters.append(other)
        }
        voters.sort { $0.observer < $1.observer }
        let seenUp = voters.filter { $0.status == .up }
        let seenDown = voters.filter { $0.status == .down }
        let decided = rule.status(
            own: own?.status ?? .unknown, up: seenUp.count, down: seenDown.count)
        let status = decided ?? previous.status
        let witness = own?.status == .down ? own : seenDown.first
        return Verdict(
            status: status,
            reason: status == .down ? witness?.reason ?? previous.reason : nil,
            seenUp: seenUp, seenDown: seenDown)
    }

    /// Sorts by name, and under one name the newest first; a total order of all that counts.
    private static func precedes(_ left: Observation, _ right: Observation) -> Bool {
        if left.observer != right.observer { return left.observer < right.observer }
        if left.since != right.since { return left.since > right.since }
        return left.status.rawValue < right.status.rawValue
    }
}
