import Primitives

/// Which nodes probe a backend: a few of them, so that it gets the same number of probes however
/// many nodes there are.
///
/// Rendezvous hashing (Thaler and Ravishankar, "Using name-based mappings to increase hit rates",
/// 1998): every node ranks all nodes for a check by a hash of both, and the first ones probe. Nodes
/// that see the same members choose alike without a word between them; one that comes takes over
/// only the checks that it ranks high for, and of one that goes only its own pass on.
package struct Observers: Hashable, Sendable {
    /// How many nodes probe each backend unless the configuration says otherwise: a majority of
    /// three survives one that errs.
    package static let defaultCount = 3

    private struct Node: Hashable, Sendable {
        let name: String
        let hash: UInt64
    }

    /// Sorted by name.
    private let nodes: [Node]
    private let nodesByName: [String: Node]

    /// - Parameter names: the names of the nodes that are present, this one among them; their
    ///   order and repetitions do not matter.
    package init(_ names: some Sequence<String>) {
        nodes = Set(names).sorted().map { Node(name: $0, hash: StableHash(of: $0).value) }
        nodesByName = Dictionary(uniqueKeysWithValues: nodes.map { ($0.name, $0) })
    }

    /// The names of those who probe, the highest rank first.
    ///
    /// - Parameter count: how many; everybody when it is 0 or less, or when there are not more.
    package func chosen(for key: CheckKey, count: Int) -> [String] {
        let ranked = nodes.map { (rank: Self.rank(of: $0, for: key), name: $0.name) }
            .sorted { $0.rank != $1.rank ? $0.rank > $1.rank : $0.name < $1.name }
        return ranked.prefix(count > 0 ? count : ranked.count).map(\.name)
    }

    /// Whether the node called `name` is one of `chosen`; false if it is not present.
    package func includes(_ name: String, for key: CheckKey, count: Int) -> Bool {
        guard let own = nodesByName[name] else { return false }
        guard count > 0, count < nodes.count else { return true }
        let rank = Self.rank(of: own, for: key)
        var ahead = 0
        for node in nodes {
            let other = Self.rank(of: node, for: key)
            guard other > rank || (other == rank && node.name < name) else { continue }
            ahead += 1
            if ahead == count { return false }
        }
        return true
    }

    private static func rank(of node: Node, for key: CheckKey) -> UInt64 {
        var hash = StableHash()
        hash.combine(node.hash)
        hash.combine(key.address.ip.high)
        hash.combine(key.address.ip.low)
        hash.combine(UInt64(key.address.port) << 1 | (key.address.ip.isIPv4 ? 1 : 0))
        hash.combine(key.check.rawValue)
        return hash.value
    }
}
