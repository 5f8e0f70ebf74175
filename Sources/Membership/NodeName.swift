import Primitives

/// The name of a node: 1 to 63 ASCII letters, digits, dots, hyphens and underscores.
///
/// A name is what persists: addresses change and processes restart, and the cluster still speaks
/// of the same node.
package struct NodeName: Sendable {
    /// The longest name, in bytes.
    package static let lengthMax = 63

    package let text: String
    /// What stands for the name in digests, and its place on the ring; see `StableHash`.
    package let stableHash: UInt64

    /// The name that `text` spells, or nil when it spells none.
    package init?(_ text: String) {
        guard (1...Self.lengthMax).contains(text.utf8.count),
            text.utf8.allSatisfy(Self.isAllowed)
        else { return nil }
        self.text = text
        stableHash = StableHash(of: text).value
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"),
            UInt8(ascii: "_"):
            true
        default: false
        }
    }
}

extension NodeName: Hashable {
    package static func == (left: NodeName, right: NodeName) -> Bool {
        left.stableHash == right.stableHash && left.text == right.text
    }

    /// Names are hashed for every claim and record, so their hash is made once.
    package func hash(into hasher: inout Hasher) { hasher.combine(stableHash) }
}

extension NodeName: Comparable {
    package static func < (left: NodeName, right: NodeName) -> Bool { left.text < right.text }
}

extension NodeName: CustomStringConvertible {
    package var description: String { text }
}
