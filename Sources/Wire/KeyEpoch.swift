/// Names one of the keys that a cluster seals with over time.
///
/// Epoch 0 is the key file: its first key seals. Later epochs have random keys that only travel
/// wrapped (`KeyExchange`). Two nodes that do not hear one another may both begin the epoch of one
/// number, so the key is part of the name, and of two epochs the greater one is the cluster's.
package struct KeyEpoch: Hashable, Sendable {
    /// Counts the rotations, from 1. Its end is never reached: a rotation a second takes 136 years.
    package let number: UInt32
    /// A hash of the key, which tells nothing about it.
    package let keyID: UInt64

    /// The epoch of the key file.
    package static let file = KeyEpoch(number: 0, keyID: 0)

    package init(number: UInt32, keyID: UInt64) {
        self.number = number
        self.keyID = keyID
    }
}

extension KeyEpoch: Comparable {
    package static func < (left: KeyEpoch, right: KeyEpoch) -> Bool {
        (left.number, left.keyID) < (right.number, right.keyID)
    }
}

extension KeyEpoch: CustomStringConvertible {
    package var description: String { "\(number)/\(String(keyID, radix: 16))" }
}

/// The key of an epoch after the first.
package struct EpochKey: Hashable, Sendable {
    package let epoch: KeyEpoch
    package let key: GossipKey

    /// The key of the epoch of that number, which counts from 1.
    package init(number: UInt32, key: GossipKey) {
        precondition(number > 0, "epoch 0 has the keys of the file")
        epoch = KeyEpoch(number: number, keyID: key.fingerprint)
        self.key = key
    }
}

extension WireWriter {
    /// Writes the number, and the hash of the key unless it is that of the file.
    mutating func write(_ epoch: KeyEpoch) {
        writeNumber(UInt64(epoch.number))
        if epoch.number > 0 { writeFixed(epoch.keyID, count: 8) }
    }
}

extension WireReader {
    mutating func readKeyEpoch(_ bytes: Span<UInt8>) throws(WireError) -> KeyEpoch {
        let number = try readNumber(bytes, most: UInt64(UInt32.max), .keyEpoch)
        guard number > 0 else { return .file }
        return KeyEpoch(number: UInt32(number), keyID: try readFixed(bytes, count: 8))
    }
}
