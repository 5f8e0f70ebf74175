package import Primitives

/// One piece of evidence about one member: what gossip carries and what a view is made of.
package struct Claim: Hashable, Sendable {
    /// As many accusers as a claim carries; more would not shorten a suspicion further.
    package static let accuserLimit = 4
    /// The highest incarnation; a refutation stays at it. Nobody gets there by honest means.
    package static let incarnationMax: UInt64 = 1 << 60
    /// The most bytes of `extensions`.
    package static let extensionsMax = 128

    package var identity: Identity
    /// Where the member says that it can be reached.
    package var address: SocketAddress
    /// Raised by the member itself, and by nobody else, to refute.
    package var incarnation: UInt64
    package var state: MemberState
    /// Who probed the member without an answer in this incarnation, sorted; empty when alive.
    package var accusers: [NodeName]
    /// What the member says of itself beyond these fields, as fields with type and length; what
    /// this release does not know among them is kept and relayed. See `ClaimExtensions`.
    ///
    /// They are no part of the standing: of claims that stand equal the one heard first stays, so a
    /// member that wants to say something else raises its incarnation or begins a new life.
    package var extensions: [UInt8]

    package init(
        identity: Identity, address: SocketAddress, incarnation: UInt64, state: MemberState,
        accusers: [NodeName] = [], extensions: [UInt8] = []
    ) {
        self.identity = identity
        self.address = address
        self.incarnation = incarnation
        self.state = state
        self.accusers = accusers
        self.extensions = extensions
    }

    /// The release of the software that the member runs, if it says so.
    package var release: String? { ClaimExtensions.release(in: extensions) }

    package var standing: Standing {
        Standing(
            generation: identity.generation, boot: identity.boot, incarnation: incarnation,
            state: state)
    }

    /// Incarnation and state in one number that grows with the standing within one life.
    package var counter: UInt64 {
        min(incarnation, Self.incarnationMax) << 3 | UInt64(state.rawValue)
    }

    /// What the claim adds to the sum of a view. Members that left add nothing: they are forgotten
    /// at each node's own time, and that must not look like a difference.
    package var fingerprint: UInt64 {
        guard state != .left else { return 0 }
        return StableHash.fingerprint(
            id: identity.name.stableHash, generation: identity.generation, counter: counter)
    }

    /// Takes in the accusers of an equal claim; the answer says whether one of them was new.
    mutating func addAccusers(_ names: [NodeName]) -> Bool {
        var added = false
        for name in names where accusers.count < Self.accuserLimit && !accusers.contains(name) {
            accusers.append(name)
            added = true
        }
        if added { accusers.sort() }
        return added
    }
}

/// The strength of evidence about a name: a later life, then a higher incarnation, then the state.
///
/// This total order is the whole merge rule. A view keeps the greatest standing it ever heard, so
/// evidence may come late, twice or out of order without changing where a view ends, and the
/// incarnation in it is the maximum of all evidence.
package struct Standing: Hashable, Comparable, Sendable {
    package let generation: UInt64
    package let boot: BootID
    package let incarnation: UInt64
    package let state: MemberState

    package init(generation: UInt64, boot: BootID, incarnation: UInt64, state: MemberState) {
        self.generation = generation
        self.boot = boot
        self.incarnation = incarnation
        self.state = state
    }

    package static func < (left: Standing, right: Standing) -> Bool {
        (left.generation, left.boot, left.incarnation, left.state)
            < (right.generation, right.boot, right.incarnation, right.state)
    }
}
