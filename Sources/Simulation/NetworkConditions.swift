/// What the simulated network does to datagrams. Chances are between 0 and 1; nodes are meant by
/// their index in `SimulatedCluster.nodes`, so conditions follow a node to another address.
package struct NetworkConditions: Sendable {
    /// How long a datagram is under way, in nanoseconds, drawn evenly.
    package var latency: ClosedRange<Int64> = 200_000...1_500_000
    /// The chance of any datagram to be lost.
    package var loss = 0.0
    /// The chance of what a node sends to be lost, besides `loss`.
    package var outgoingLoss: [Int: Double] = [:]
    /// The chance of what is sent to a node to be lost, besides `loss`.
    package var incomingLoss: [Int: Double] = [:]
    /// The chance of a datagram to come twice.
    package var duplication = 0.0
    /// The chance of a datagram to be held back, and for how many nanoseconds at most.
    package var reordering = 0.0
    package var holdBackMax: Int64 = 50_000_000
    /// The chance of one flipped bit.
    package var bitFlips = 0.0
    /// Nodes of different groups do not hear one another; whoever is in no group is in group 0.
    package var groups: [Int: Int] = [:]
    /// One-way cuts.
    package var cuts: Set<Link> = []
    /// The longest IP packet that passes, in bytes: longer ones vanish, without an ICMP message.
    /// Nil when there is no such path.
    package var pathMTU: Int?
    /// How many bytes of unread datagrams a socket holds, counted as Linux does (`skb->truesize`).
    package var receiveBuffer = 212_992
    /// How many nanoseconds a node needs for one datagram; meanwhile the others wait in its buffer.
    package var serviceTime: Int64 = 0

    /// Bytes of IPv4 and UDP header.
    package static let headerLength = 28
    /// What a datagram occupies in a receive buffer besides its payload: Linux counts its `sk_buff`
    /// and `skb_shared_info`.
    package static let bookkeepingLength = 576

    /// A LAN that works.
    package init() {}

    /// A direction between two nodes.
    package struct Link: Hashable, Sendable {
        package let from: Int
        package let to: Int

        package init(from: Int, to: Int) {
            self.from = from
            self.to = to
        }
    }

    /// Everything bad at once that a network may do without being broken.
    package static var bad: NetworkConditions {
        var conditions = NetworkConditions()
        conditions.latency = 100_000...30_000_000
        conditions.loss = 0.1
        conditions.duplication = 0.1
        conditions.reordering = 0.1
        conditions.bitFlips = 0.02
        return conditions
    }

    /// Puts these nodes in a group of their own.
    package mutating func separate(_ nodes: some Sequence<Int>, group: Int = 1) {
        for node in nodes { groups[node] = group }
    }

    /// Nothing passes from one node to the other.
    package mutating func cut(from: Int, to: Int) {
        cuts.insert(Link(from: from, to: to))
    }

    /// Nothing passes between two nodes, either way.
    package mutating func cut(between one: Int, and other: Int) {
        cut(from: one, to: other)
        cut(from: other, to: one)
    }

    /// Whether nothing passes from one node to the other.
    package func blocks(from: Int, to: Int) -> Bool {
        if !groups.isEmpty, groups[from, default: 0] != groups[to, default: 0] { return true }
        return !cuts.isEmpty && cuts.contains(Link(from: from, to: to))
    }

    /// Whether every datagram arrives, once, unchanged and in time.
    package var isQuiet: Bool {
        loss == 0 && outgoingLoss.isEmpty && incomingLoss.isEmpty && duplication == 0
            && reordering == 0 && bitFlips == 0 && groups.isEmpty && cuts.isEmpty
            && pathMTU == nil && serviceTime == 0
    }
}
