package import Membership
package import Primitives
package import Replication

/// What the shell around `Gossip` is asked to do, in order.
package enum GossipEffect: Hashable, Sendable {
    /// Send these bytes as one UDP datagram.
    case send([UInt8], to: SocketAddress)
    /// A member is new (`from` is nil), or changed its state, life or address.
    case memberChanged(from: Member?, to: Member)
    /// A member that left or died long ago is no longer known.
    case memberForgotten(NodeName)
    /// A record of another node came, went, became stale or is valid again.
    case recordChanged(RecordChange)
    /// A shared key has another value, or none any more; by whomever.
    case sharedChanged(SharedChange)
    /// Another configuration document holds.
    case documentChanged(DocumentChange)
    /// This node goes on under that identity; its generation is to be persisted.
    case renewed(Identity)
    /// It is time for a new key epoch: draw `GossipKey.length` random bytes and call `rotate`.
    case keyWanted
    /// Something that only the operator can put right.
    case alarm(MembershipAlarm)
    /// This node knows what the others know, or had no more time to find out.
    case ready(Readiness)
    /// No member answers this node any more, or one does again; see `Membership.isCutOff`.
    case cutOff(Bool)
    /// After `leave`: so many peers know; the process may end.
    case departed(acknowledgements: Int)
}
