import Primitives

/// Whom to probe, and who probes whom.
///
/// Names have fixed places on a ring, their stable hashes. Every second period belongs to the next
/// member on the ring, so each member is probed by its predecessor at least every two periods,
/// however many members there are: with turns alone the longest gap grows with luck, as of a Poisson
/// process. The other periods go to the member that waits longest, so every pair meets.
extension Membership {
    /// In a smaller cluster turns alone are as regular as the ring.
    private static let ringMembersMin = 5

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

    /// Whose probe begins with this period, if anybody's.
    mutating func nextTarget() -> Int? {
        periods += 1
        if periods % 2 == 0, presentCount >= Self.ringMembersMin, let successor,
            !isProbed(successor)
        {
            return successor
        }
        return longestWaiting
    }

    /// The present member that waits longest for its turn, unless a probe of it runs.
    private var longestWaiting: Int? {
        var best: Int?
        var bestTurn = Instant.distantFuture
        for index in roster.entries.indices where roster.entries[index].lastTurn < bestTurn {
            guard roster.entries[index].member.state.isPresent, !isProbed(index) else { continue }
            best = index
            bestTurn = roster.entries[index].lastTurn
        }
        return best
    }

    /// The next member on the ring that is alive.
    private var successor: Int? {
        var best: Int?
        var least = UInt64.max
        let place = identity.name.stableHash
        for index in roster.entries.indices where roster.entries[index].member.state == .alive {
            let distance = roster.entries[index].member.name.stableHash &- place
            guard distance <= least else { continue }
            best = index
            least = distance
        }
        return best
    }

    /// The next members on the ring that are alive.
    func successors(_ count: Int) -> [Int] {
        let place = identity.name.stableHash
        let alive = roster.entries.indices.filter { roster[$0].state == .alive }
        let sorted = alive.sorted {
            roster[$0].name.stableHash &- place < roster[$1].name.stableHash &- place
        }
        return Array(sorted.prefix(count))
    }

    private func isProbed(_ index: Int) -> Bool {
        let identity = roster.entries[index].member.identity
        return probes.contains { $0.target == identity }
    }

    /// Probes a member that somebody accuses, if we are one of its observers, the members before it
    /// on the ring: so a true accusation is soon confirmed by others than the accuser's helpers, and
    /// a false one is not (Suresh et al., "Stable and Consistent Membership at Scale with Rapid",
    /// 2018).
    ///
    /// Its nearest predecessor also takes over whom the suspect probed, at once: of several members
    /// that crash together none is left without a predecessor until the one before it is buried.
    mutating func observe(
        _ suspect: Member, at now: Instant, effects: inout [MembershipEffect]
    ) {
        guard suspect.state == .suspect, ownClaim.state.isPresent else { return }
        let distance = distance(to: suspect.name)
        guard distance < configuration.observerCount else { return }
        if !suspect.claim.accusers.contains(identity.name),
            let index = roster.index(current: suspect.identity.boot), !isProbed(index)
        {
            beginProbe(of: index, purpose: .observation, at: now, effects: &effects)
        }
        if distance == 0, let successor, !isProbed(successor) {
            beginProbe(of: successor, purpose: .schedule, at: now, effects: &effects)
        }
    }

    /// How many members that are alive stand between us and `name` on the ring; counts no further
    /// than `observerCount`.
    private func distance(to name: NodeName) -> Int {
        let own = name.stableHash &- identity.name.stableHash
        var closer = 0
        for entry in roster.entries where entry.member.state == .alive {
            guard name.stableHash &- entry.member.name.stableHash < own else { continue }
            closer += 1
            if closer == configuration.observerCount { break }
        }
        return closer
    }
}
