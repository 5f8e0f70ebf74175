import Membership
import Replication
import Wire

/// Something that reads bytes which anybody may have written. It must refuse them, or make of them
/// a value that is written and read again as the same; it must never trap.
///
/// The seeded mutator of `FuzzTests` and libFuzzer (`Tests/Fuzz`) feed the same subjects.
enum FuzzSubject: Int, CaseIterable {
    case datagram, observation, gauges, keyEpochRecord, sharedOperation, sealed, keyFile
    case sharedBackend, claims

    enum Outcome: Equatable {
        case refused
        case stable
        /// What is wrong.
        case broken(String)
    }

    func outcome(of bytes: [UInt8]) -> Outcome {
        switch self {
        case .datagram: return Self.datagram(bytes)
        case .observation:
            let value = try? BackendObservation.decode(bytes.span)
            return Self.outcome(value, try? value?.encode()) { bytes in
                try BackendObservation.decode(bytes.span)
            }
        case .gauges: return Self.gauges(bytes)
        case .keyEpochRecord:
            let value = try? KeyEpochRecord.decode(bytes.span)
            return Self.outcome(value, value?.encode()) { bytes in
                try KeyEpochRecord.decode(bytes.span)
            }
        case .sharedOperation:
            let value = try? SharedOperation.decode(bytes)
            return Self.outcome(value, value?.encode(limit: .max)) { bytes in
                try SharedOperation.decode(bytes)
            }
        case .sharedBackend:
            let value = try? SharedBackend.decode(bytes.span)
            return Self.outcome(value, try? value?.encode()) { bytes in
                try SharedBackend.decode(bytes.span)
            }
        case .claims: return Self.claims(bytes)
        case .sealed: return Self.sealed(bytes)
        case .keyFile: return Self.keyFile(bytes)
        }
    }

    /// What came of bytes that stood for `value`, if for any, which was written as `written`.
    private static func outcome<Value: Equatable, Written>(
        _ value: Value?, _ written: Written?, read: (Written) throws -> Value
    ) -> Outcome {
        guard let value else { return .refused }
        guard let written else { return .broken("\(value) cannot be written") }
        guard let second = try? read(written) else { return .broken("\(value) is not read again") }
        return second == value ? .stable : .broken("\(value) became \(second)")
    }

    private static func gauges(_ bytes: [UInt8]) -> Outcome {
        let value = try? NodeGauges.decode(bytes.span)
        return outcome(value, value.map { NodeGauges.encode($0, limit: 1_000) }) { payloads in
            var gauges: [BackendGauge] = []
            for payload in payloads { gauges += try NodeGauges.decode(payload.span) }
            return gauges
        }
    }

    private static func claims(_ bytes: [UInt8]) -> Outcome {
        let value = try? NodeClaims.decode(bytes.span)
        let written = value.map { NodeClaims.encode($0, round: .max, limit: 1_000) }
        return outcome(value, written) { payloads in
            var claims: [BackendClaim] = []
            for payload in payloads { claims += try NodeClaims.decode(payload.span) }
            return claims
        }
    }

    private static func datagram(_ bytes: [UInt8]) -> Outcome {
        guard let contents = try? Datagram.contents(of: bytes.span) else { return .refused }
        var written = Datagram.Contents()
        var builder = DatagramBuilder()
        // Longer datagrams than there are may say more than one holds.
        for part in contents.parts where builder.append(part) { written.parts.append(part) }
        if let handshake = contents.handshake, builder.append(handshake) {
            written.handshake = handshake
        }
        if bytes.count <= Datagram.plaintextMax, written != contents {
            return .broken("\(contents) does not fit where it came from")
        }
        for case .message(.claim(let claim)) in contents.parts {
            if let release = claim.release, ClaimExtensions.bytes(release: release) == nil {
                return .broken("\(release) is no release")
            }
        }
        if let complaint = complaint(about: contents.handshake) { return .broken(complaint) }
        return outcome(written, builder.bytes) { bytes in
            try Datagram.contents(of: bytes.span)
        }
    }

    private static let exchange = KeyExchange(secret: [UInt8](repeating: 5, count: 32))

    private static func complaint(about handshake: Handshake?) -> String? {
        switch handshake {
        case nil: return nil
        case .rekey(let rekey):
            return exchange?.open(rekey) == nil ? nil : "nobody wrapped these keys"
        case .hello(let hello):
            guard let name = NodeName("a"), let key = GossipKey(bytes: hello.publicKey) else {
                return "the key has another length"
            }
            let keys = [EpochKey(number: 1, key: key)]
            let rekey = exchange?.wrap(
                keys, used: .file, maker: name, ageMilliseconds: 0, for: hello.publicKey)
            return rekey.map { $0.box.count == 48 } ?? true ? nil : "the box has another length"
        }
    }

    /// A seal that holds keys of the file and of an epoch, and has retired the file.
    private static func seal(_ boot: UInt64) -> Seal? {
        guard let key = GossipKey(bytes: [UInt8](repeating: 1, count: 32)),
            let other = GossipKey(bytes: [UInt8](repeating: 2, count: 32)),
            let ring = KeyRing([key])
        else { return nil }
        var seal = Seal(cluster: "c", ring: ring, boot: BootID(high: boot, low: boot))
        let epochKey = EpochKey(number: 1, key: other)
        seal.install(epochKey)
        seal.use(epochKey.epoch)
        seal.retire(below: epochKey.epoch)
        return seal
    }

    private static let receiver = seal(1)
    private static let sender = seal(2)

    /// The bytes as a sealed datagram, which they are not, and as what is sealed.
    private static func sealed(_ bytes: [UInt8]) -> Outcome {
        guard var receiver, var sender else { return .broken("no seal") }
        if (try? receiver.open(bytes)) != nil { return .broken("nobody sealed this") }
        guard bytes.count <= Datagram.plaintextMax else { return .refused }
        return outcome(bytes, sender.seal(bytes)) { datagram in
            try receiver.open(datagram).plaintext
        }
    }

    private static func keyFile(_ bytes: [UInt8]) -> Outcome {
        let ring = try? KeyFile.parse(String(decoding: bytes, as: UTF8.self))
        let text = ring?.keys.map(\.base64).joined(separator: "\n")
        return outcome(ring, text) { text in try KeyFile.parse(text) }
    }
}
