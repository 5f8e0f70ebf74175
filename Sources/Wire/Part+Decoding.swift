import Membership
import Replication

extension Part {
    /// The longest payload that a record may have on the wire: what a datagram can hold.
    private static let payloadMax = UInt64(Datagram.plaintextMax)
    /// The longest record: a datagram without the type and the two bytes of length.
    private static let recordLengthMax = Datagram.plaintextMax - 3
    /// `ageMax` as a number of seven bits a byte.
    private static let ageLengthMax = 5

    /// Reads the value of a part, or gives nil when the type is that of a handshake.
    static func read(
        _ type: PartType, _ bytes: Span<UInt8>, _ reader: inout WireReader
    ) throws(WireError) -> Part? {
        switch type {
        case .ping: .message(.ping(try readSequence(bytes, &reader)))
        case .ack: .message(.ack(try readSequence(bytes, &reader)))
        case .nack: .message(.nack(try readSequence(bytes, &reader)))
        case .relayedAck: .message(.relayedAck(try readSequence(bytes, &reader)))
        case .pingRequest:
            .message(
                .pingRequest(
                    try readSequence(bytes, &reader), target: try reader.readBoot(bytes)))
        case .claim: .message(.claim(try readClaim(bytes, &reader)))
        case .introduce: .message(.introduce)
        case .padding: .message(.padding(try readPadding(bytes, &reader)))
        case .record: try readRecord(bytes, &reader)
        case .view: .view(try reader.readFixed(bytes, count: 8))
        case .gaugeView: .gaugeView(try reader.readFixed(bytes, count: 8))
        case .compare:
            .compare(try readRecordClass(bytes, &reader), try readRange(bytes, &reader))
        case .want: .want(try readWant(bytes, &reader))
        case .watermark: .watermark(try reader.readWatermark(bytes))
        case .dead: .dead(try reader.readDead(bytes))
        case .hello, .rekey: nil
        }
    }

    private static func readSequence(
        _ bytes: Span<UInt8>, _ reader: inout WireReader
    ) throws(WireError) -> UInt32 {
        UInt32(truncatingIfNeeded: try reader.readFixed(bytes, count: 4))
    }

    private static func readPadding(
        _ bytes: Span<UInt8>, _ reader: inout WireReader
    ) throws(WireError) -> Int {
        let count = reader.remaining
        _ = try reader.readBytes(bytes, count: count)
        return count
    }

    private static func readClaim(
        _ bytes: Span<UInt8>, _ reader: inout WireReader
    ) throws(WireError) -> Claim {
        let identity = try reader.readIdentity(bytes)
        let address = try reader.readAddress(bytes)
        let incarnation = try reader.readNumber(
            bytes, most: Claim.incarnationMax, .incarnation)
        guard let state = MemberState(rawValue: try reader.readByte(bytes)) else {
            throw .invalid(.state)
        }
        let count = Int(try reader.readByte(bytes))
        guard count <= (state == .alive ? 0 : Claim.accuserLimit) else {
            throw .invalid(.accusers)
        }
        var accusers: [NodeName] = []
        for _ in 0..<count {
            let name = try reader.readName(bytes)
            if let last = accusers.last, last >= name { throw .invalid(.accusers) }
            accusers.append(name)
        }
        return Claim(
            identity: identity, address: address, incarnation: incarnation, state: state,
            accusers: accusers,
            extensions: try reader.readExtensions(bytes, longest: Claim.extensionsMax))
    }

    private static func readRecordClass(
        _ bytes: Span<UInt8>, _ reader: inout WireReader
    ) throws(WireError) -> RecordClass {
        guard let recordClass = RecordClass(rawValue: try reader.readByte(bytes)) else {
            throw .invalid(.recordClass)
        }
        return recordClass
    }

    private static func readRecord(
        _ bytes: Span<UInt8>, _ reader: inout WireReader
    ) throws(WireError) -> Part {
        let length = reader.remaining
        let owner = try reader.readIdentity(bytes)
        let kind = RecordKind(rawValue: try reader.readByte(bytes))
        let key = RecordKey(kind: kind, id: try reader.readFixed(bytes, count: 8))
        let version = try reader.readNumber(bytes, most: Record.versionMax, .version)
        let recordClass = try readRecordClass(bytes, &reader)
        let ageOffset = reader.offset
        let age = try reader.readNumber(bytes, most: ageMax, .age)
        // Ages grow on the way: what could not be relayed for want of room is not taken in.
        guard length + ageLengthMax - (reader.offset - ageOffset) <= recordLengthMax else {
            throw .invalid(.payload)
        }
        let count = try reader.readNumber(bytes, most: payloadMax, .payload)
        let payload: [UInt8]? =
            count == 0 ? nil : try reader.readBytes(bytes, count: Int(count) - 1)
        let record = Record(
            owner: owner, key: key, version: version, recordClass: recordClass, payload: payload,
            extensions: try reader.readExtensions(bytes, longest: Record.extensionsMax))
        return .record(record, ageMilliseconds: age)
    }

    private static func readRange(
        _ bytes: Span<UInt8>, _ reader: inout WireReader
    ) throws(WireError) -> DigestRange {
        let lower = try reader.readFixed(bytes, count: 8)
        let upper = try reader.readFixed(bytes, count: 8)
        guard lower <= upper else { throw .invalid(.range) }
        switch try reader.readByte(bytes) {
        case 0:
            let sum = try reader.readFixed(bytes, count: 8)
            return DigestRange(lower: lower, upper: upper, content: .fingerprint(sum))
        case 1:
            let entries = try readEntries(bytes, &reader, within: lower...upper)
            return DigestRange(lower: lower, upper: upper, content: .entries(entries))
        default: throw .invalid(.range)
        }
    }

    private static func readEntries(
        _ bytes: Span<UInt8>, _ reader: inout WireReader, within range: ClosedRange<UInt64>
    ) throws(WireError) -> [DigestEntry] {
        let count = Int(try reader.readByte(bytes))
        guard count <= Reconciliation.listLimit else { throw .invalid(.range) }
        var entries: [DigestEntry] = []
        for _ in 0..<count {
            let id = try reader.readFixed(bytes, count: 8)
            let generation = try reader.readNumber(bytes)
            let counter = try reader.readNumber(bytes)
            guard range.contains(id), entries.last.map({ $0.id < id }) ?? true else {
                throw .invalid(.range)
            }
            let version = DigestVersion(generation: generation, counter: counter)
            entries.append(DigestEntry(id: id, version: version))
        }
        return entries
    }

    private static func readWant(
        _ bytes: Span<UInt8>, _ reader: inout WireReader
    ) throws(WireError) -> [UInt64] {
        let count = Int(try reader.readByte(bytes))
        guard count <= wantLimit else { throw .invalid(.range) }
        var ids: [UInt64] = []
        for _ in 0..<count { ids.append(try reader.readFixed(bytes, count: 8)) }
        return ids
    }
}
