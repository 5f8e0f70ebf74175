/// How much another node does in a pool, compared with this one.
///
/// Found from what both began in their rounds: requests or connections, whatever gauges count. With
/// nothing but open connections the absolute changes of the gauges will do, summed over the pool's
/// backends. Connections that close while others open hide in that, so it is nearer to 1 than the
/// real ratio, which is the safe side: a peer that is taken to do more than it does makes a node
/// spread its connections, one taken to do less lets nodes herd.
package struct PeerActivity: BitwiseCopyable, Sendable {
    /// The most that a peer is taken to do: a node with hardly any traffic cannot know more.
    package static let most = 4.0

    /// How much of the sums a new round replaces.
    private static let gain = 0.25

    private var peerBegan = 0.0
    private var ownBegan = 0.0
    private var rounds = 0.0

    package init() {}

    /// One round of about a gauge period.
    ///
    /// - Parameters:
    ///   - peer: how many requests or connections the peer began in the pool in its last round.
    ///   - own: the same of this node.
    package mutating func observe(peer: UInt64, own: UInt64) {
        peerBegan += (Double(peer) - peerBegan) * Self.gain
        ownBegan += (Double(own) - ownBegan) * Self.gain
        rounds += (1 - rounds) * Self.gain
    }

    /// The ratio, 0...`most`; near 1 until something was seen.
    package var ratio: Double {
        min(Self.most, (peerBegan + prior) / (ownBegan + prior))
    }

    /// Made up for both, so that few real ones do not decide.
    private var prior: Double { 0.5 + 4 * (1 - rounds) }
}
