package import Primitives

/// What the shell around `Membership` is asked to do, in order.
package enum MembershipEffect: Hashable, Sendable {
    /// Send one datagram of these messages, the most important first.
    ///
    /// A reply goes to where a datagram came from. As long as that address has not answered a ping
    /// of ours (`Membership.isProven`), it must not be longer than what it answers.
    case send([MembershipMessage], to: SocketAddress, isReply: Bool)
    /// The claim about this member is news: gossip it.
    case spread(NodeName)
    /// A member is new (`from` is nil), or changed its state, life or address.
    case changed(from: Member?, to: Member)
    /// A member that left long ago, or died and gave its place to another, is no longer known.
    case forgotten(NodeName)
    /// This node goes on under a higher generation of the same life, which is to be persisted: the
    /// cluster knew a later one than its own, whose process is gone.
    case renewed(Identity)
    /// Something that only the operator can put right.
    case alarm(MembershipAlarm)
    /// After `leave`: so many peers know; the process may end.
    case departed(acknowledgements: Int)
}

/// What an operator must hear about.
package enum MembershipAlarm: Hashable, Sendable {
    /// Two running processes use one name: `loser` still speaks, from `address`, after `winner`
    /// superseded it. As long as both do, neither is let in. Repeated at most every
    /// `MembershipConfiguration.alarmInterval`.
    case duplicateName(NodeName, winner: BootID, loser: BootID, address: SocketAddress)
    /// A newcomer was refused because the view already holds `limit` members.
    case tooManyMembers(limit: Int)
}
