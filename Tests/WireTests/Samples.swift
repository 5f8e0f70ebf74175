import Membership
import Primitives
import Replication
import Wire

/// Random values of everything that travels.
enum Samples {
    static func name(_ random: inout SeededRandom) -> NodeName {
        let alphabet = Array("abcdefghijklmnopqrstuvwxyzABC0123456789.-_")
        let length = Int.random(in: 1...NodeName.lengthMax, using: &random)
        let text = String((0..<length).map { _ in alphabet.randomElement(using: &random) ?? "x" })
        guard let name = NodeName(text) else { preconditionFailure("\(text) is no name") }
        return name
    }

    /// A number of any magnitude.
    static func number(_ random: inout SeededRandom, most: UInt64 = .max) -> UInt64 {
        min(random.next() >> UInt64.random(in: 0..<64, using: &random), most)
    }

    static func boot(_ random: inout SeededRandom) -> BootID {
        BootID(high: random.next(), low: random.next())
    }

    static func identity(_ random: inout SeededRandom) -> Identity {
        let generation = min(number(&random), Identity.generationMax)
        return Identity(name: name(&random), boot: boot(&random), generation: generation)
    }

    static func address(_ random: inout SeededRandom) -> SocketAddress {
        let port = UInt16.random(in: 1...65_535, using: &random)
        if Bool.random(using: &random) {
            return SocketAddress(
                ip: IPAddress(ipv4: UInt32(truncatingIfNeeded: random.next())), port: port)
        }
        return SocketAddress(
            ip: IPAddress(ipv6High: random.next(), low: random.next()), port: port)
    }

    static func claim(_ random: inout SeededRandom) -> Claim {
        let state = MemberState.allCases.randomElement(using: &random) ?? .alive
        let count = state == .alive ? 0 : Int.random(in: 0...Claim.accuserLimit, using: &random)
        let accusers = Set((0..<count).map { _ in name(&random) })
        return Claim(
            identity: identity(&random), address: address(&random),
            incarnation: number(&random, most: Claim.incarnationMax), state: state,
            accusers: accusers.sorted(), extensions: extensions(&random))
    }

    /// Fields of any type, of at most `longest` bytes in all, and often none.
    static func extensions(_ random: inout SeededRandom, longest: Int = 128) -> [UInt8] {
        guard Bool.random(using: &random) else { return [] }
        var bytes: [UInt8] = []
        while true {
            let length = Int.random(in: 0...40, using: &random)
            guard bytes.count + 2 + length <= longest else { return bytes }
            bytes += [UInt8(truncatingIfNeeded: random.next()), UInt8(length)]
            bytes += self.bytes(length, &random)
        }
    }

    static func bytes(_ count: Int, _ random: inout SeededRandom) -> [UInt8] {
        (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    }

    static func record(_ random: inout SeededRandom, payloadMax: Int = 900) -> Record {
        let length = Int.random(in: 0...payloadMax, using: &random)
        let payload = bytes(length, &random)
        return Record(
            owner: identity(&random),
            key: RecordKey(
                kind: RecordKind(rawValue: UInt8(truncatingIfNeeded: random.next())),
                id: random.next()),
            version: number(&random, most: Record.versionMax),
            recordClass: recordClass(&random),
            payload: Int.random(in: 0..<4, using: &random) == 0 ? nil : payload,
            extensions: extensions(&random))
    }

    static func recordClass(_ random: inout SeededRandom) -> RecordClass {
        RecordClass.allCases.randomElement(using: &random) ?? .reliable
    }

    static func watermark(_ random: inout SeededRandom) -> Watermark {
        var seen: [ClosedRange<UInt64>] = []
        var next: UInt64 = 1
        for _ in 0..<Int.random(in: 1...Watermark.rangeLimit, using: &random) {
            let lower = next + number(&random, most: 1 << 50)
            seen.append(lower...lower + number(&random, most: 1 << 50))
            next = (seen.last?.upperBound ?? 0) + 2
        }
        let life = Life(writer: random.next(), generation: number(&random))
        return Watermark(life: life, seen: seen, live: random.next())
    }

    static func digestEntries(_ count: Int, _ random: inout SeededRandom) -> [DigestEntry] {
        (0..<count).map { _ in
            DigestEntry(
                id: random.next(),
                version: DigestVersion(generation: number(&random), counter: number(&random)))
        }
    }

    static func range(_ random: inout SeededRandom) -> DigestRange {
        let bounds = [random.next(), random.next()].sorted()
        guard Bool.random(using: &random) else {
            return DigestRange(
                lower: bounds[0], upper: bounds[1], content: .fingerprint(random.next()))
        }
        let count = Int.random(in: 0...Reconciliation.listLimit, using: &random)
        let ids = Set(
            (0..<count).map { _ in
                UInt64.random(in: bounds[0]...bounds[1], using: &random)
            })
        let entries = ids.sorted().map { id in
            DigestEntry(
                id: id,
                version: DigestVersion(generation: number(&random), counter: number(&random)))
        }
        return DigestRange(lower: bounds[0], upper: bounds[1], content: .entries(entries))
    }

    /// A part of the kind of that number, of which there are `partKinds`.
    static func part(_ kind: Int, _ random: inout SeededRandom) -> Part {
        let sequence = UInt32(truncatingIfNeeded: random.next())
        switch kind {
        case 0: return .message(.ping(sequence))
        case 1: return .message(.ack(sequence))
        case 2: return .message(.nack(sequence))
        case 3: return .message(.pingRequest(sequence, target: boot(&random)))
        case 4: return .message(.relayedAck(sequence))
        case 5: return .message(.claim(claim(&random)))
        case 6: return .message(.introduce)
        case 7: return .message(.padding(Int.random(in: 0...300, using: &random)))
        case 8: return .record(record(&random), ageMilliseconds: number(&random, most: Part.ageMax))
        case 9: return .view(random.next())
        case 10: return .gaugeView(random.next())
        case 11:
            return .compare(recordClass(&random), range(&random))
        case 12: return .watermark(watermark(&random))
        case 13:
            let count = Int.random(in: 0...SharedItem.deadLimit, using: &random)
            return .dead(digestEntries(count, &random))
        default:
            let count = Int.random(in: 0...Part.wantLimit, using: &random)
            return .want((0..<count).map { _ in random.next() })
        }
    }

    static let partKinds = 15

    static func keyEpoch(_ random: inout SeededRandom) -> KeyEpoch {
        let number = number(&random, most: UInt64(UInt32.max))
        return number == 0 ? .file : KeyEpoch(number: UInt32(number), keyID: random.next())
    }

    static func keyEpochRecord(_ random: inout SeededRandom) -> KeyEpochRecord {
        let epochs = [keyEpoch(&random), keyEpoch(&random)].sorted()
        return KeyEpochRecord(newest: epochs[1], maker: name(&random), used: epochs[0])
    }

    static func exchange(_ random: inout SeededRandom) -> KeyExchange {
        let secret = bytes(KeyExchange.secretLength, &random)
        guard let exchange = KeyExchange(secret: secret) else {
            preconditionFailure("32 bytes are a secret")
        }
        return exchange
    }

    static func epochKey(_ random: inout SeededRandom) -> EpochKey {
        guard let key = GossipKey(bytes: bytes(GossipKey.length, &random)) else {
            preconditionFailure("32 bytes are a key")
        }
        return EpochKey(number: UInt32.random(in: 1 ... .max, using: &random), key: key)
    }

    static func hello(_ random: inout SeededRandom) -> Hello {
        let epochs = [keyEpoch(&random), keyEpoch(&random)].sorted()
        return Hello(
            publicKey: bytes(KeyExchange.publicKeyLength, &random), newest: epochs[1],
            used: epochs[0])
    }

    static func rekey(_ random: inout SeededRandom, for receiver: KeyExchange) -> Rekey {
        let count = Int.random(in: 1...Rekey.epochLimit, using: &random)
        let keys = (0..<count).map { _ in epochKey(&random) }.sorted { $0.epoch > $1.epoch }
        let rekey = exchange(&random).wrap(
            keys, used: keyEpoch(&random), maker: name(&random),
            ageMilliseconds: number(&random, most: Rekey.ageMax), for: receiver.publicKey)
        guard let rekey else { preconditionFailure("a public key made by us is one") }
        return rekey
    }

    static func observation(_ random: inout SeededRandom) -> BackendObservation {
        BackendObservation(
            backend: "api|192.0.2.\(UInt8.random(in: 0 ... .max, using: &random)):80",
            check: random.next(),
            status: [.unknown, .up, .down][Int.random(in: 0..<3, using: &random)],
            reason: UInt16.random(in: 0 ... .max, using: &random), text: "Zeitüberschreitung",
            lastedMilliseconds: number(&random))
    }

    static func sharedOperation(_ random: inout SeededRandom) -> SharedOperation {
        let covers = (0..<Int.random(in: 0...6, using: &random)).map { _ in
            Dot(
                life: Life(writer: random.next(), generation: number(&random)),
                version: max(1, number(&random, most: Record.versionMax)))
        }
        let value = Bool.random(using: &random) ? bytes(20, &random) : nil
        return SharedOperation(value: value, covers: covers)
    }

    static func gauges(_ random: inout SeededRandom) -> [BackendGauge] {
        (0..<Int.random(in: 1...20, using: &random)).map { _ in
            BackendGauge(
                backend: random.next(),
                openConnections: UInt32(number(&random, most: UInt64(UInt32.max))),
                requests: number(&random))
        }
    }

    static func key(_ byte: UInt8) -> GossipKey {
        guard let key = GossipKey(bytes: [UInt8](repeating: byte, count: GossipKey.length)) else {
            preconditionFailure("32 bytes are a key")
        }
        return key
    }

    static func ring(_ bytes: UInt8...) -> KeyRing {
        guard let ring = KeyRing(bytes.map(key)) else { preconditionFailure("keys are a ring") }
        return ring
    }
}
