package import Membership

/// How a node gets the keys of the present epochs from another: `hello` says what it has, `rekey`
/// brings what it lacks.
///
/// Handshakes are always sealed with a key of the file, which every node has, and are all that is
/// taken from such a datagram once epoch 0 is retired. A datagram carries at most one. A `hello` is
/// answered by a `rekey` from whoever has as much or more, and by a `hello` from whoever has less;
/// a `rekey` is not answered, so the exchange ends.
package enum Handshake: Hashable, Sendable {
    case hello(Hello)
    case rekey(Rekey)
}

/// The public key of a life, and which epochs it knows.
package struct Hello: Hashable, Sendable {
    /// X25519 (RFC 7748), `KeyExchange.publicKeyLength` bytes.
    package let publicKey: [UInt8]
    /// The greatest epoch whose key the sender has.
    package let newest: KeyEpoch
    /// The epoch that the sender seals with; not greater than `newest`.
    package let used: KeyEpoch

    package init(publicKey: [UInt8], newest: KeyEpoch, used: KeyEpoch) {
        self.publicKey = publicKey
        self.newest = newest
        self.used = used
    }
}

/// The keys of epochs, wrapped for whoever said hello.
package struct Rekey: Hashable, Sendable {
    /// The most epochs in one answer, and the most that a node keeps keys of.
    package static let epochLimit = 4
    /// The greatest age that travels, in milliseconds: a month and a bit.
    package static let ageMax: UInt64 = 1 << 32

    /// Of the sender.
    package let publicKey: [UInt8]
    /// The epoch that the sender seals with.
    package let used: KeyEpoch
    /// Who began the first epoch of `epochs`, and how many milliseconds ago.
    package let maker: NodeName
    package let ageMilliseconds: UInt64
    /// Whose keys are in `box`: 1 to `epochLimit` epochs, the greatest first.
    package let epochs: [KeyEpoch]
    /// The keys one after another, encrypted, and a tag; see `KeyExchange`.
    package let box: [UInt8]

    /// The most bytes that a `Rekey` of so many keys takes in a datagram.
    package static func lengthMax(keys count: Int, maker: NodeName) -> Int {
        let fieldHeader = 1 + 2
        let epochLength = 5 + 8
        return fieldHeader + KeyExchange.publicKeyLength + epochLength + 1 + maker.text.utf8.count
            + 5 + 1 + count * epochLength + KeyExchange.boxLength(keys: count)
    }
}

extension Handshake {
    /// Reads the value of a part, or gives nil when the type is not that of a handshake.
    static func read(
        _ type: PartType, _ bytes: Span<UInt8>, _ reader: inout WireReader
    ) throws(WireError) -> Handshake? {
        switch type {
        case .hello: .hello(try Hello.read(bytes, &reader))
        case .rekey: .rekey(try Rekey.read(bytes, &reader))
        default: nil
        }
    }

    func write(to writer: inout WireWriter) {
        switch self {
        case .hello(let hello):
            writer.writeField(PartType.hello.rawValue) { body in
                body.write(hello.publicKey)
                body.write(hello.newest)
                body.write(hello.used)
            }
        case .rekey(let rekey):
            writer.writeField(PartType.rekey.rawValue) { body in
                body.write(rekey.publicKey)
                rekey.writeEnvelope(to: &body)
                body.write(rekey.box)
            }
        }
    }
}

extension Rekey {
    /// Everything between the public key and the box, which the box authenticates.
    func writeEnvelope(to writer: inout WireWriter) {
        writer.write(used)
        writer.writeText(maker.text)
        writer.writeNumber(min(ageMilliseconds, Self.ageMax))
        writer.write(UInt8(truncatingIfNeeded: epochs.count))
        for epoch in epochs { writer.write(epoch) }
    }
}

extension Hello {
    static func read(
        _ bytes: Span<UInt8>, _ reader: inout WireReader
    ) throws(WireError) -> Hello {
        let publicKey = try reader.readBytes(bytes, count: KeyExchange.publicKeyLength)
        let newest = try reader.readKeyEpoch(bytes)
        let used = try reader.readKeyEpoch(bytes)
        guard used <= newest else { throw .invalid(.keyEpoch) }
        return Hello(publicKey: publicKey, newest: newest, used: used)
    }
}

extension Rekey {
    static func read(
        _ bytes: Span<UInt8>, _ reader: inout WireReader
    ) throws(WireError) -> Rekey {
        let publicKey = try reader.readBytes(bytes, count: KeyExchange.publicKeyLength)
        let used = try reader.readKeyEpoch(bytes)
        let maker = try reader.readName(bytes)
        let age = try reader.readNumber(bytes, most: ageMax, .age)
        let count = Int(try reader.readByte(bytes))
        guard (1...epochLimit).contains(count) else { throw .invalid(.keyEpoch) }
        var epochs: [KeyEpoch] = []
        for _ in 0..<count {
            let epoch = try reader.readKeyEpoch(bytes)
            guard epoch > .file, epochs.last.map({ epoch < $0 }) ?? true else {
                throw .invalid(.keyEpoch)
            }
            epochs.append(epoch)
        }
        let box = try reader.readBytes(bytes, count: KeyExchange.boxLength(keys: count))
        return Rekey(
            publicKey: publicKey, used: used, maker: maker, ageMilliseconds: age, epochs: epochs,
            box: box)
    }
}
