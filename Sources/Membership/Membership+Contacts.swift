package import Primitives

extension Membership {
    /// Joins the cluster through nodes at these addresses, as many as the seed limit allows.
    ///
    /// They are contacted at once and then with growing intervals, for as long as the node runs and
    /// whenever nobody alive is known to be there: a cluster that fell apart completely comes
    /// together again.
    package mutating func join(
        _ addresses: [SocketAddress], at now: Instant, effects: inout [MembershipEffect]
    ) {
        for address in addresses where address != ownClaim.address {
            guard contacts.seeds.count < configuration.seedLimit,
                !contacts.seeds.contains(where: { $0.address == address })
            else { continue }
            contacts.seeds.append(Contacts.Seed(address: address))
        }
        contacts.hasten(to: now)
        makeContacts(at: now, effects: &effects)
    }

    private enum ContactTarget {
        case seed(Int)
        case member(Int)
    }

    /// Contacts those dead members and unanswered seeds that were not contacted for longest. A node
    /// whose name was refused stays in touch with the next members on the ring: they shall notice
    /// that it is still there, and it shall hear when its rival is gone.
    mutating func makeContacts(at now: Instant, effects: inout [MembershipEffect]) {
        guard now >= contacts.deadline else { return }
        guard ownClaim.state != .left else { return contacts.rest() }
        var targets: [(last: Instant, target: ContactTarget)] = []
        let present = Set(roster.entries.filter { $0.member.state.isPresent }.map(\.member.address))
        for (index, seed) in contacts.seeds.enumerated() where !isAnswered(seed, present: present) {
            targets.append((seed.lastContact ?? .distantPast, .seed(index)))
        }
        for (index, entry) in roster.entries.enumerated() where entry.member.state == .dead {
            targets.append((entry.lastContact ?? .distantPast, .member(index)))
        }
        targets.sort { $0.last < $1.last }
        let isRefused = ownClaim.state == .refused
        if isRefused {
            targets =
                successors(configuration.contactsPerRound).map { (now, .member($0)) } + targets
        }
        guard !targets.isEmpty else { return contacts.rest() }
        let limit = configuration.contactsPerRound * (isRefused ? 2 : 1)
        for (_, target) in targets.prefix(limit) {
            switch target {
            case .seed(let index):
                contacts.seeds[index].lastContact = now
                contact(contacts.seeds[index].address, at: now, effects: &effects)
            case .member(let index):
                roster.note(index) { $0.lastContact = now }
                contact(
                    roster[index].address, about: roster[index].claim, at: now, effects: &effects)
            }
        }
        contacts.backOff(
            from: now, minimum: configuration.contactIntervalMinimum,
            maximum: isRefused
                ? configuration.duplicateGrace : configuration.contactIntervalMaximum,
            jitter: 0.9 + 0.2 * random.unitInterval())
    }

    private func isAnswered(_ seed: Contacts.Seed, present: Set<SocketAddress>) -> Bool {
        if present.contains(seed.address) { return true }
        guard let boot = seed.answeredBy, let index = roster.index(current: boot) else {
            return false
        }
        return roster[index].state.isPresent
    }

    /// Asks a few random members for an answer, beside all probes: it tells what they know.
    package mutating func ask(_ count: Int, at now: Instant, effects: inout [MembershipEffect]) {
        for peer in randomPeers(count) {
            let sequence = nextSequence()
            contacts.remember(sequence, to: peer.address, at: now)
            effects.append(.send([.ping(sequence)], to: peer.address, isReply: false))
        }
    }

    /// Gets in touch with whoever is at `address`, as with a seed.
    package mutating func reach(
        _ address: SocketAddress, at now: Instant, effects: inout [MembershipEffect]
    ) {
        let known = roster.entries.first { $0.member.address == address }?.member.claim
        contact(
            address, about: known.flatMap { $0.state == .alive ? nil : $0 }, at: now,
            effects: &effects)
    }

    /// Begins anew to contact dead members and seeds: what kept them from us may be over.
    package mutating func hastenContacts(at now: Instant) {
        contacts.hasten(to: now)
    }

    /// Introduces us to whoever is at `address`, and tells it what is claimed of it.
    mutating func contact(
        _ address: SocketAddress, about claim: Claim? = nil, at now: Instant,
        effects: inout [MembershipEffect]
    ) {
        let sequence = nextSequence()
        contacts.remember(sequence, to: address, at: now)
        var messages: [MembershipMessage] = [.ping(sequence), .claim(ownClaim)]
        if let claim { messages.append(.claim(claim)) }
        messages.append(.padding(configuration.contactPadding))
        effects.append(.send(messages, to: address, isReply: false))
    }

    mutating func nextSequence() -> UInt32 {
        UInt32(truncatingIfNeeded: random.next())
    }
}
