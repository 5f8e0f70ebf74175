/// The one datagram that may answer a datagram, as it is put together.
struct Reply: Hashable, Sendable {
    /// As many members are set right at once; an exchange of digests brings the rest.
    static let correctionLimit = 8

    private(set) var ack: UInt32?
    /// The receiver should answer this ping, to prove its address.
    var challenge: UInt32?
    /// The receiver should say who it is.
    var asksForIntroduction = false
    /// The receiver should hear our claim about ourselves.
    var introducesMe = false
    private(set) var corrections: [NodeName] = []

    mutating func acknowledge(_ sequence: UInt32) {
        // One is the rule; more would let a datagram buy more bytes than it has.
        ack = ack ?? sequence
    }

    /// The receiver should hear what we believe of `name`.
    mutating func correct(_ name: NodeName) {
        guard corrections.count < Self.correctionLimit, !corrections.contains(name) else { return }
        corrections.append(name)
    }
}
