package import Primitives

/// What this node believes of one member, itself included.
package struct Member: Hashable, Sendable {
    package internal(set) var claim: Claim
    /// When `claim.state` or the member's life last changed, by this node's clock.
    package internal(set) var since: Instant

    package init(claim: Claim, since: Instant) {
        self.claim = claim
        self.since = since
    }

    package var name: NodeName { claim.identity.name }
    package var identity: Identity { claim.identity }
    package var address: SocketAddress { claim.address }
    package var incarnation: UInt64 { claim.incarnation }
    package var state: MemberState { claim.state }
}
