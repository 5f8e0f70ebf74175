import Primitives

/// Two running processes of one name. All nodes agree which of them is the member; the other one
/// is reported as long as it speaks.
extension Membership {
    /// Raises the alarm when the sender is a process whose name a newer life has; it hears which.
    mutating func noticeTwin(
        _ messages: [MembershipMessage], from peer: Peer, reply: inout Reply, at now: Instant,
        effects: inout [MembershipEffect]
    ) {
        let claimed = claimedName(messages, of: peer)
        if let claimed, claimed == identity.name {
            return alarmAboutTwin(
                winner: identity.boot, loser: peer.boot, address: peer.address, at: now,
                effects: &effects)
        }
        guard let index = claimed.flatMap(roster.index(named:)) ?? roster.index(boot: peer.boot),
            roster[index].identity.boot != peer.boot,
            now - roster.entries[index].lifeSince > configuration.duplicateGrace
        else { return }
        reply.correct(roster[index].name)
        guard isDue(roster.entries[index].lastAlarm, at: now) else { return }
        roster.note(index) { $0.lastAlarm = now }
        effects.append(
            .alarm(
                .duplicateName(
                    roster[index].name, winner: roster[index].identity.boot, loser: peer.boot,
                    address: peer.address)))
    }

    /// The name that the sender claims as its own, unless it is a later life than we know.
    private func claimedName(_ messages: [MembershipMessage], of peer: Peer) -> NodeName? {
        for case .claim(let claim) in messages where claim.identity.boot == peer.boot {
            let isNewer =
                claim.identity.name == identity.name
                && claim.identity.isNewer(than: identity)
            return isNewer ? nil : claim.identity.name
        }
        return nil
    }

    /// Reports a double of our own.
    mutating func alarmAboutTwin(
        winner: BootID, loser: BootID, address: SocketAddress, at now: Instant,
        effects: inout [MembershipEffect]
    ) {
        guard isDue(lastTwinAlarm, at: now) else { return }
        lastTwinAlarm = now
        effects.append(
            .alarm(
                .duplicateName(identity.name, winner: winner, loser: loser, address: address)))
    }

    func isDue(_ lastAlarm: Instant?, at now: Instant) -> Bool {
        guard let lastAlarm else { return true }
        return now - lastAlarm >= configuration.alarmInterval
    }
}
