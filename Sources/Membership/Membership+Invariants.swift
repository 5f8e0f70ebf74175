extension Membership {
    /// What must hold between any two calls; checked in debug builds after every change.
    func checkInvariants() {
        assert(hasConsistentSuspicions, "every suspect has exactly one suspicion, nobody else")
        assert(probes.count <= configuration.probeLimit)
        assert(roster.entries.count <= configuration.memberLimit)
        assert(ownClaim.state != .suspect && ownClaim.state != .dead, "nobody accuses itself")
        assert((ownClaim.state == .refused) == (refusal?.isInForce ?? false))
    }

    private var hasConsistentSuspicions: Bool {
        guard suspicions.count == roster.count(.suspect) else { return false }
        return suspicions.allSatisfy { suspicion in
            guard let index = roster.index(named: suspicion.name) else { return false }
            return roster[index].state == .suspect
                && roster[index].incarnation == suspicion.incarnation
        }
    }
}
