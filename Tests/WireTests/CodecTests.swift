import Membership
import Primitives
import Replication
import Testing
import Wire

/// What is written is read back, and nothing else is read.
@Suite("Codec")
struct CodecTests {
    @Test("Every part comes back as it went", arguments: 0..<Samples.partKinds)
    func roundTrip(kind: Int) throws {
        var random = SeededRandom(seed: UInt64(kind))
        for _ in 0..<100 {
            let part = Samples.part(kind, &random)
            var builder = DatagramBuilder()
            #expect(builder.append(part) == true)
            #expect(try Datagram.decode(builder.bytes.span) == [part])
        }
    }

    @Test("A datagram of many parts comes back in order", arguments: 0..<32)
    func manyParts(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var builder = DatagramBuilder()
        var taken: [Part] = []
        for _ in 0..<40 {
            let part = Samples.part(Int.random(in: 0..<Samples.partKinds, using: &random), &random)
            if builder.append(part) { taken.append(part) }
            #expect(builder.bytes.count <= Datagram.plaintextMax)
        }
        #expect(try Datagram.decode(builder.bytes.span) == taken)
    }

    @Test("A part that does not fit leaves the datagram as it was")
    func limit() {
        var builder = DatagramBuilder(limit: 16)
        #expect(builder.append(.view(1)) == true)
        let before = builder.bytes
        #expect(builder.append(.view(2)) == false)
        #expect(builder.bytes == before)
        #expect(builder.append(.message(.ping(1))) == true)
        #expect(builder.bytes.count == 16)
    }

    @Test("At rest a ping and its answer are 59 bytes each, sealed")
    func idleSize() {
        var builder = DatagramBuilder()
        builder.append(.message(.ping(1)))
        builder.append(.view(1))
        #expect(builder.bytes.count + Seal.overhead == 59)
    }

    @Test("The largest record that a node may publish fits a datagram")
    func largestRecord() {
        let longest = String(repeating: "n", count: NodeName.lengthMax)
        guard let name = NodeName(longest) else { preconditionFailure("the longest name") }
        let record = Record(
            owner: Identity(name: name, boot: BootID(high: .max, low: .max), generation: .max),
            key: RecordKey(kind: .gauges, id: .max), version: Record.versionMax,
            recordClass: .latestOnly,
            payload: [UInt8](repeating: 255, count: ReplicationConfiguration().payloadLimit))
        var builder = DatagramBuilder()
        #expect(builder.append(.record(record, ageMilliseconds: Part.ageMax)) == true)
        var list = DatagramBuilder()
        let entries = (0..<UInt64(Reconciliation.listLimit)).map { id in
            DigestEntry(id: id, version: DigestVersion(generation: .max, counter: .max))
        }
        let range = DigestRange(lower: 0, upper: .max, content: .entries(entries))
        #expect(list.append(.compare(.reliable, range)) == true, "and so does the longest list")
    }

    @Test("Unknown parts and unknown fields behind known ones are skipped")
    func unknown() throws {
        var bytes: [UInt8] = [200, 3, 1, 2, 3]
        // A ping with an extension of type 9 and two bytes.
        bytes += [1, 8, 0, 0, 0, 7, 9, 2, 5, 5]
        // An introduction with an empty extension.
        bytes += [7, 2, 1, 0]
        bytes += [255, 0]
        #expect(try Datagram.decode(bytes.span) == [.message(.ping(7)), .message(.introduce)])
    }

    @Test(
        "What does not follow the format is refused",
        arguments: [
            ([1], .truncated), ([1, 4, 0, 0, 0], .truncated), ([1, 3, 0, 0, 0], .truncated),
            ([1, 0x84, 0x00, 0, 0, 0, 1], .malformedNumber),
            ([1, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 2], .malformedNumber),
            ([1, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x81], .malformedNumber),
            // An extension that is longer than what is left.
            ([1, 6, 0, 0, 0, 1, 9, 1], .truncated),
            // A range from 1 to 0, and a want of 33.
            ([12, 18, 0] + zeros(7) + [1] + zeros(8) + [0, 0], .invalid(.range)),
            ([12, 1, 3], .invalid(.recordClass)),
            ([13, 1, 33], .invalid(.range)),
        ] as [([UInt8], WireError)])
    func malformed(bytes: [UInt8], error: WireError) {
        #expect(throws: error) { try Datagram.decode(bytes.span) }
    }

    private static func zeros(_ count: Int) -> [UInt8] { [UInt8](repeating: 0, count: count) }

    @Test("Fields of a claim are checked")
    func claims() throws {
        var random = SeededRandom(seed: 3)
        var claim = Samples.claim(&random)
        claim.state = .suspect
        claim.accusers = [Samples.name(&random), Samples.name(&random)].sorted()
        func refused(_ change: (inout Claim) -> Void) -> Bool {
            var changed = claim
            change(&changed)
            var builder = DatagramBuilder()
            builder.append(.message(.claim(changed)))
            return (try? Datagram.decode(builder.bytes.span)) == nil
        }
        #expect(!refused { _ in })
        #expect(refused { $0.accusers.reverse() })
        #expect(refused { $0.accusers = [$0.accusers[0], $0.accusers[0]] })
        #expect(refused { $0.state = .alive }, "nobody accuses the living")
        #expect(refused { $0.incarnation = Claim.incarnationMax + 1 })
        #expect(refused { $0.address.port = 0 })
    }

    @Test("Every proper prefix of a part is refused", arguments: 0..<Samples.partKinds)
    func prefixes(kind: Int) throws {
        var random = SeededRandom(seed: UInt64(kind) + 50)
        var builder = DatagramBuilder()
        builder.append(Samples.part(kind, &random))
        for length in 1..<max(builder.bytes.count, 2) where length < builder.bytes.count {
            #expect(throws: WireError.self) {
                try Datagram.decode(Array(builder.bytes[..<length]).span)
            }
        }
    }
}
