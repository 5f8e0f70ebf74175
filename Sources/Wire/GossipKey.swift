internal import Crypto

/// A secret of 32 bytes that all nodes of a cluster share.
package struct GossipKey: Hashable, Sendable {
    package static let length = 32

    /// For making other keys of it, never to be told.
    package let bytes: [UInt8]
    /// Says which key sealed a datagram without telling anything about it.
    let id: UInt16
    /// Stands for the key where it must not be told: a hash of it.
    let fingerprint: UInt64

    /// The key of these bytes, or nil unless they are 32.
    package init?(bytes: [UInt8]) {
        guard bytes.count == Self.length else { return nil }
        self.bytes = bytes
        let hash = [UInt8](SHA256.hash(data: Array("skein gossip key".utf8) + bytes))
        id = UInt16(hash[0]) << 8 | UInt16(hash[1])
        fingerprint = hash[2..<10].reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// The key as a key file has it.
    package var base64: String { Base64.encode(bytes) }
}

extension GossipKey: CustomStringConvertible {
    /// The id only: keys must not reach logs.
    package var description: String { "gossip key \(id)" }
}

/// The keys that a node accepts. The first one seals, so a new key is first added behind the
/// others everywhere, then moved to the front, then the old one is removed.
package struct KeyRing: Hashable, Sendable {
    package static let countMax = 16

    package let keys: [GossipKey]

    /// A ring of these keys, or nil when there are none, too many, or one twice.
    package init?(_ keys: [GossipKey]) {
        guard (1...Self.countMax).contains(keys.count), Set(keys).count == keys.count else {
            return nil
        }
        self.keys = keys
    }
}
