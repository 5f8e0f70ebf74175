/// 128 random bits that a control process draws when it starts, so no two processes share them.
package struct BootID: Hashable, Sendable {
    package let high: UInt64
    package let low: UInt64

    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }
}

extension BootID: Comparable {
    package static func < (left: BootID, right: BootID) -> Bool {
        (left.high, left.low) < (right.high, right.low)
    }
}

extension BootID: CustomStringConvertible {
    /// 32 hexadecimal digits.
    package var description: String {
        [high, low].map { word in
            let digits = String(word, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }
}

/// Who somebody is: a node, and which life of it. Addresses are no part of it.
package struct Identity: Hashable, Sendable {
    /// The highest generation that is believed; nobody gets there by starting.
    package static let generationMax: UInt64 = 1 << 62

    package let name: NodeName
    package let boot: BootID
    /// Counts the starts of the node's control process; its owner persists it, so it only grows.
    package let generation: UInt64

    package init(name: NodeName, boot: BootID, generation: UInt64) {
        self.name = name
        self.boot = boot
        self.generation = generation
    }

    /// Whether this is a later life than `other`, of the same name.
    ///
    /// Equal generations with different boot ids can only be two live nodes of one name, or a lost
    /// generation; the greater boot id then wins, so that every node concludes the same.
    package func isNewer(than other: Identity) -> Bool {
        (generation, boot) > (other.generation, other.boot)
    }
}
