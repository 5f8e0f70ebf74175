import Membership
import Replication

extension Part {
    func write(to writer: inout WireWriter) {
        switch self {
        case .message(let message): Self.write(message, to: &writer)
        case .record(let record, let age):
            writer.writeField(PartType.record.rawValue) { Self.write(record, age, to: &$0) }
        case .view(let sum):
            writer.writeField(PartType.view.rawValue) { $0.writeFixed(sum, count: 8) }
        case .gaugeView(let sum):
            writer.writeField(PartType.gaugeView.rawValue) { $0.writeFixed(sum, count: 8) }
        case .compare(let recordClass, let range):
            writer.writeField(PartType.compare.rawValue) {
                $0.write(recordClass.rawValue)
                Self.write(range, to: &$0)
            }
        case .want(let ids):
            writer.writeField(PartType.want.rawValue) { body in
                body.write(UInt8(truncatingIfNeeded: ids.count))
                for id in ids { body.writeFixed(id, count: 8) }
            }
        case .watermark(let watermark):
            writer.writeField(PartType.watermark.rawValue) { $0.write(watermark) }
        case .dead(let entries):
            writer.writeField(PartType.dead.rawValue) { $0.write(dead: entries) }
        }
    }

    private static func write(_ message: MembershipMessage, to writer: inout WireWriter) {
        func write(_ type: PartType, _ sequence: UInt32) {
            writer.writeField(type.rawValue) { $0.writeFixed(UInt64(sequence), count: 4) }
        }
        switch message {
        case .ping(let sequence): write(.ping, sequence)
        case .ack(let sequence): write(.ack, sequence)
        case .nack(let sequence): write(.nack, sequence)
        case .relayedAck(let sequence): write(.relayedAck, sequence)
        case .pingRequest(let sequence, let target):
            writer.writeField(PartType.pingRequest.rawValue) { body in
                body.writeFixed(UInt64(sequence), count: 4)
                body.write(target)
            }
        case .claim(let claim):
            writer.writeField(PartType.claim.rawValue) { Self.write(claim, to: &$0) }
        case .introduce: writer.writeField(PartType.introduce.rawValue) { _ in }
        case .padding(let count):
            writer.writeField(PartType.padding.rawValue) {
                $0.write([UInt8](repeating: 0, count: count))
            }
        }
    }

    private static func write(_ claim: Claim, to writer: inout WireWriter) {
        writer.write(claim.identity)
        writer.write(claim.address)
        writer.writeNumber(claim.incarnation)
        writer.write(claim.state.rawValue)
        writer.write(UInt8(truncatingIfNeeded: claim.accusers.count))
        for name in claim.accusers { writer.writeText(name.text) }
        writer.write(claim.extensions)
    }

    private static func write(_ record: Record, _ age: UInt64, to writer: inout WireWriter) {
        writer.write(record.owner)
        writer.write(record.key.kind.rawValue)
        writer.writeFixed(record.key.id, count: 8)
        writer.writeNumber(record.version)
        writer.write(record.recordClass.rawValue)
        writer.writeNumber(min(age, ageMax))
        // One more than the length, so that 0 says that there is no payload.
        writer.writeNumber(UInt64((record.payload?.count ?? -1) + 1))
        writer.write(record.payload ?? [])
        writer.write(record.extensions)
    }

    private static func write(_ range: DigestRange, to writer: inout WireWriter) {
        writer.writeFixed(range.lower, count: 8)
        writer.writeFixed(range.upper, count: 8)
        switch range.content {
        case .fingerprint(let sum):
            writer.write(0)
            writer.writeFixed(sum, count: 8)
        case .entries(let entries):
            writer.write(1)
            writer.write(UInt8(truncatingIfNeeded: entries.count))
            for entry in entries {
                writer.writeFixed(entry.id, count: 8)
                writer.writeNumber(entry.version.generation)
                writer.writeNumber(entry.version.counter)
            }
        }
    }
}
