import Primitives

/// How far accusations of each member can be trusted, by what became of those before.
///
/// A node with a bad link accuses many, and all of them refute. Without this two such nodes would
/// confirm each other's accusations of the healthy.
struct Credibility: Hashable, Sendable {
    /// Refuted accusations are remembered this long.
    static let retention: Duration = .seconds(60)
    /// As many members refuting are remembered for one accuser, and as many accusers.
    static let refutersMax = 8
    static let accusersMax = 256

    private var refutations: [NodeName: [NodeName: Instant]] = [:]

    /// A member proved these accusers wrong.
    mutating func note(refuter: NodeName, of accusers: [NodeName], at now: Instant) {
        for accuser in accusers {
            if refutations[accuser] == nil, refutations.count >= Self.accusersMax {
                expire(at: now)
            }
            guard refutations[accuser] != nil || refutations.count < Self.accusersMax else {
                continue
            }
            var refuters = refutations[accuser, default: [:]]
            refuters = refuters.filter { now - $0.value < Self.retention }
            guard refuters[refuter] != nil || refuters.count < Self.refutersMax else { continue }
            refuters[refuter] = now
            refutations[accuser] = refuters
        }
    }

    /// Whether `limit` different members, or more, lately proved this accuser wrong.
    func isDiscredited(_ accuser: NodeName, limit: Int, at now: Instant) -> Bool {
        guard let refuters = refutations[accuser], refuters.count >= limit else { return false }
        return refuters.count { now - $0.value < Self.retention } >= limit
    }

    private mutating func expire(at now: Instant) {
        refutations = refutations.filter { _, refuters in
            refuters.contains { now - $0.value < Self.retention }
        }
    }
}

extension Membership {
    /// How many accusers of this claim count: those that answer probes themselves, as far as we
    /// know, and that were not proven wrong by many.
    func credibleAccusers(of claim: Claim, at now: Instant) -> Int {
        let limit = min(configuration.refutersToDiscredit, max(2, roster.presentCount))
        return claim.accusers.count { name in
            guard !credibility.isDiscredited(name, limit: limit, at: now) else { return false }
            if name == identity.name { return true }
            return roster.index(named: name).map { roster[$0].state == .alive } ?? false
        }
    }
}
