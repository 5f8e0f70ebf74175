import Primitives

extension Membership {
    mutating func beginSuspicion(of member: Member, at now: Instant) {
        guard !suspicions.contains(where: { $0.name == member.name }) else { return }
        suspicions.append(
            Suspicion(
                name: member.name, incarnation: member.incarnation, started: now,
                deadline: .distantFuture))
    }

    /// Brings all suspicions' ends in line with their accusers and with who could still accuse.
    mutating func rescheduleSuspicions(at now: Instant) {
        let isIsolated = isIsolated
        for index in suspicions.indices {
            let suspicion = suspicions[index]
            guard let position = roster.index(named: suspicion.name) else { continue }
            var duration = configuration.suspicionDuration(
                accusers: credibleAccusers(of: roster[position].claim, at: now),
                // The suspect itself is not among the alive; we are not in the roster.
                witnesses: roster.count(.alive) + 1,
                members: roster.presentCount + 1)
            if isIsolated { duration = max(duration, configuration.isolationPatience) }
            // Not before now: a deadline in the past would look like a loop that stood still.
            suspicions[index].deadline = max(now, suspicion.started + duration)
        }
    }

    /// Buries the suspects whose time is over.
    mutating func endSuspicions(at now: Instant, effects: inout [MembershipEffect]) {
        // One burial can shorten the other suspicions, so look again after each.
        while let due = suspicions.first(where: { $0.deadline <= now }) {
            bury(due.name, at: now, effects: &effects)
        }
    }
}
