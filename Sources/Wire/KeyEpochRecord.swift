package import Membership
package import Replication

extension RecordKind {
    /// Which key epochs a node has and seals with.
    package static let keyEpoch = RecordKind(rawValue: 5)
}

/// What a node says about its keys: the payload of its one key epoch record. A node without such a
/// record has none but the keys of the file.
package struct KeyEpochRecord: Hashable, Sendable {
    /// The key of the one record.
    package static let key = RecordKey(kind: .keyEpoch, id: 0)

    /// The greatest epoch whose key the node has.
    package let newest: KeyEpoch
    /// Who began that epoch.
    package let maker: NodeName
    /// The epoch that the node seals with; not greater than `newest`.
    package let used: KeyEpoch

    package init(newest: KeyEpoch, maker: NodeName, used: KeyEpoch) {
        self.newest = newest
        self.maker = maker
        self.used = used
    }

    package func encode() -> [UInt8] {
        var writer = WireWriter()
        writer.write(newest)
        writer.writeText(maker.text)
        writer.write(used)
        return writer.bytes
    }

    package static func decode(_ bytes: Span<UInt8>) throws(WireError) -> KeyEpochRecord {
        var reader = WireReader(end: bytes.count)
        let newest = try reader.readKeyEpoch(bytes)
        let maker = try reader.readName(bytes)
        let used = try reader.readKeyEpoch(bytes)
        guard used <= newest else { throw .invalid(.keyEpoch) }
        try reader.skipExtensions(bytes)
        return KeyEpochRecord(newest: newest, maker: maker, used: used)
    }
}
