package import Primitives

/// What members say to one another about membership. A datagram carries several.
package enum MembershipMessage: Hashable, Sendable {
    /// Asks the receiver for an `ack` of the same number.
    case ping(UInt32)
    /// Answers a ping; whoever sealed it is alive.
    case ack(UInt32)
    /// Asks the receiver to ping the member of that boot id, for the asker's probe of that number.
    case pingRequest(UInt32, target: BootID)
    /// Answers a `pingRequest`: the target answered the helper.
    case relayedAck(UInt32)
    /// Answers a `pingRequest`: the helper is well and has no answer yet (Lifeguard's nack).
    case nack(UInt32)
    /// Evidence about a member, the sender itself included.
    case claim(Claim)
    /// Asks the receiver for its claim about itself: the sender does not know its boot id.
    case introduce
    /// So many bytes without meaning, so that the answer to a stranger may be as long as the question.
    case padding(Int)
}

/// Where a datagram came from: the process that sealed it and the address it was sent from.
package struct Peer: Hashable, Sendable {
    package let boot: BootID
    package let address: SocketAddress

    package init(boot: BootID, address: SocketAddress) {
        self.boot = boot
        self.address = address
    }
}
