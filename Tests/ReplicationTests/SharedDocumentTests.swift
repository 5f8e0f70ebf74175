import Membership
import Primitives
import Replication
import Testing

/// The configuration document, which is whole or not there.
@Suite("Shared document")
struct SharedDocumentTests {
    private let now = Instant(nanoseconds: 5_000_000_000)

    private func document(_ text: String) -> SharedDocument { SharedDocument(owner: owner(text)) }

    private func bytes(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
        var random = SeededRandom(seed: seed)
        return (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    }

    private func header(_ document: SharedDocument) throws -> Record {
        try #require(document.record(id: SharedDocument.digestID))
    }

    /// Asks `source` for everything that `target` lacks; the answer is what the last record did.
    private func fetch(
        _ target: inout SharedDocument, from source: SharedDocument, except lost: Int? = nil
    ) -> DocumentMerge? {
        var result: DocumentMerge?
        var at = now
        for _ in 0..<100 {
            let wants = target.wants(at: at)
            if wants.isEmpty { return result }
            for (index, id) in wants.enumerated() where index != lost {
                guard let record = source.record(id: id) else { continue }
                result = target.merge(record, at: at)
            }
            at = at + .milliseconds(1)
        }
        return result
    }

    @Test(
        "A document of any length arrives as it was",
        arguments: [0, 1, 899, 900, 901, 5_000, DocumentHeader.lengthMax])
    func arrives(length: Int) throws {
        var (a, b) = (document("a"), document("b"))
        let content = bytes(length)
        let change = try #require(try a.publish(content))
        #expect(change.header.revision == 1)
        #expect(change.former == nil)
        let first = b.merge(try header(a), at: now)
        if length > 0 {
            #expect(first == .incomplete)
            #expect(b.current == nil)
            #expect(b.fingerprint == 0, "a part is not said to be there")
        }
        let last = fetch(&b, from: a) ?? first
        #expect(last == .adopted(change))
        #expect(b.current == a.current)
        #expect(b.current?.bytes == content)
        #expect(b.digestEntry == a.digestEntry)
        #expect(b.merge(try header(a), at: now) == .known)
    }

    @Test("Every record of a document fits a datagram")
    func recordSize() throws {
        var a = document("a")
        _ = try a.publish(bytes(DocumentHeader.lengthMax))
        var b = document("b")
        _ = b.merge(try header(a), at: now)
        for id in b.wants(at: now) {
            #expect(try #require(a.record(id: id)?.payload?.count) <= 1_000)
        }
    }

    @Test("A document too long is an error and changes nothing")
    func tooLong() throws {
        var a = document("a")
        _ = try a.publish([1])
        let length = DocumentHeader.lengthMax + 1
        #expect(throws: SharedError.tooLarge(bytes: length, limit: DocumentHeader.lengthMax)) {
            try a.publish([UInt8](repeating: 0, count: length))
        }
        #expect(a.current?.bytes == [1])
        #expect(try a.publish([1]) == nil, "the same again is no change")
        #expect(try a.publish([2])?.header.revision == 2)
    }

    @Test("Until the last chunk is there the former document holds")
    func incomplete() throws {
        var (a, b) = (document("a"), document("b"))
        _ = try a.publish(bytes(3_000))
        _ = b.merge(try header(a), at: now)
        _ = fetch(&b, from: a)
        let former = b.current
        _ = try a.publish(bytes(3_000, seed: 2))
        #expect(b.merge(try header(a), at: now) == .incomplete)
        #expect(fetch(&b, from: a, except: 1) == .incomplete)
        #expect(b.progress?.present == 3)
        #expect(b.progress?.of == 4)
        #expect(b.current == former)
        #expect(try header(b).version == 1)
        #expect(b.wants(at: now + .milliseconds(100)).isEmpty, "it is on its way")
        let again = b.wants(at: now + .milliseconds(400))
        #expect(again.count == 1)
        let chunk = try #require(a.record(id: again[0]))
        let change = DocumentChange(
            header: try #require(a.current?.header), former: former?.header)
        #expect(b.merge(chunk, at: now + .milliseconds(401)) == .adopted(change))
        #expect(b.merge(chunk, at: now + .milliseconds(402)) == .known)
    }

    @Test("A document whose writer died half-way is given up, and the next one goes above it")
    func halfWay() throws {
        var (a, b, newcomer) = (document("a"), document("b"), document("newcomer"))
        _ = try b.publish(bytes(2_000))
        _ = a.merge(try header(b), at: now)
        _ = fetch(&a, from: b)
        _ = try a.publish(bytes(4_000, seed: 2))
        _ = b.merge(try header(a), at: now)
        _ = fetch(&b, from: a, except: 0)
        // Meanwhile others get what is complete.
        _ = newcomer.merge(try header(b), at: now)
        _ = fetch(&newcomer, from: b)
        #expect(newcomer.current == b.current)
        #expect(try b.publish(bytes(100, seed: 3))?.header.revision == 3)
        #expect(b.progress == nil)
        var c = document("c")
        _ = c.merge(try header(a), at: now)
        #expect(c.progress != nil)
        #expect(c.wants(at: now + .seconds(10)).isEmpty)
        #expect(c.progress == nil)
        #expect(c.nextDeadline == Instant(nanoseconds: .max))
    }

    @Test("Of two documents published apart all keep the same one, and hear of the conflict")
    func conflict() throws {
        var (a, b) = (document("a"), document("b"))
        _ = try a.publish(bytes(10, seed: 1))
        _ = try b.publish(bytes(10, seed: 2))
        let (fromA, fromB) = (a, b)
        _ = a.merge(try header(fromB), at: now)
        let toA = fetch(&a, from: fromB)
        _ = b.merge(try header(fromA), at: now)
        let toB = fetch(&b, from: fromA)
        #expect(a.current == b.current)
        let changes = [toA, toB].compactMap { merge in
            if case .adopted(let change) = merge { change } else { nil }
        }
        #expect(changes.map(\.isConflict) == [true])
    }

    @Test("Bytes that are not those of the header are refused, and not fetched for ever")
    func wrongChecksum() throws {
        var (a, b) = (document("a"), document("b"))
        _ = try a.publish([1, 2, 3])
        let right = try header(a)
        var payload = try #require(right.payload)
        payload[payload.count - 1] ^= 1
        let wrong = Record(
            owner: right.owner, key: right.key, version: 7, recordClass: .shared, payload: payload)
        var refused = 0
        for _ in 0..<10 {
            guard b.merge(wrong, at: now) == .incomplete else { break }
            let wants = b.wants(at: now)
            #expect(wants.count == 1)
            // The tie of the wrong document, and then the bytes.
            let chunk = try chunk(of: wrong, bytes: [1, 2, 3])
            if b.merge(chunk, at: now) == .refused(.wrongChecksum) { refused += 1 }
        }
        #expect(refused == DocumentConfiguration().attempts)
        #expect(b.merge(wrong, at: now) == .refused(.wrongChecksum))
        #expect(b.current == nil)
        #expect(try b.publish([4])?.header.revision == 8)
    }

    /// The first chunk of a document of three bytes.
    private func chunk(of header: Record, bytes: [UInt8]) throws -> Record {
        let checksum = try #require(header.payload).suffix(8).reduce(UInt64(0)) {
            $0 << 8 | UInt64($1)
        }
        var tie = StableHash()
        for word in [header.owner.name.stableHash, header.owner.generation, 3, checksum] {
            tie.combine(word)
        }
        let prefix = (0..<8).map { UInt8(truncatingIfNeeded: tie.value >> (56 - 8 * UInt64($0))) }
        return Record(
            owner: header.owner, key: RecordKey(kind: .document, id: 1), version: header.version,
            recordClass: .shared, payload: prefix + bytes)
    }

    @Test("Records that no node writes are refused", arguments: 0..<16)
    func malformed(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var (a, b) = (document("a"), document("b"))
        _ = try a.publish(bytes(2_500))
        var records = [try header(a)]
        _ = b.merge(records[0], at: now)
        records += b.wants(at: now).compactMap { a.record(id: $0) }
        for _ in 0..<2_000 {
            guard let record = records.randomElement(using: &random) else { return }
            var payload = record.payload ?? []
            for _ in 0..<Int.random(in: 0...2, using: &random) { mutate(&payload, &random) }
            let ids = [record.key.id, 0, 1, 3, 4, .max]
            let versions = [record.version, 0, 1, 2, Record.versionMax, .max]
            let mutant = Record(
                owner: record.owner,
                key: RecordKey(kind: .document, id: ids.randomElement(using: &random) ?? 0),
                version: versions.randomElement(using: &random) ?? 0, recordClass: .shared,
                payload: Int.random(in: 0..<20, using: &random) == 0 ? nil : payload)
            _ = b.merge(mutant, at: now)
            if let current = b.current {
                #expect(current.bytes.count <= DocumentHeader.lengthMax)
                #expect(b.record(id: SharedDocument.digestID) != nil)
            }
        }
    }

    private func mutate(_ bytes: inout [UInt8], _ random: inout SeededRandom) {
        guard !bytes.isEmpty else { return }
        let index = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<3, using: &random) {
        case 0: bytes[index] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        case 1: bytes.removeLast(bytes.count - index)
        default: bytes.insert(0xFF, at: index)
        }
    }

    @Test("All nodes get every document, with loss, partitions and restarts", arguments: 0..<60)
    func cluster(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var network = SharedNetwork(nodes: 5, seed: seed)
        network.loss = Double(seed % 4) * 0.1
        network.delay = 1 + Int(seed % 4)
        var published: Set<[UInt8]> = []
        for step in 0..<150 {
            if step % 30 == 0 {
                for index in 0..<5 { network.sides[index] = Int.random(in: 0...1, using: &random) }
            }
            switch Int.random(in: 0..<40, using: &random) {
            case 0:
                let content = bytes(Int.random(in: 1...20_000, using: &random), seed: random.next())
                published.insert(content)
                try network.nodes[Int.random(in: 0..<5, using: &random)].publish(content)
            case 1: network.restart(Int.random(in: 0..<5, using: &random))
            default: break
            }
            network.tick()
            for node in network.nodes {
                guard let current = node.document.current else { continue }
                #expect(published.contains(current.bytes), "only whole documents hold")
            }
        }
        let highest = network.nodes.compactMap(\.document.current?.header.version).max()
        network.heal()
        try #require(network.settle() != nil)
        for node in network.nodes {
            #expect(node.document.current?.header.version == highest)
            let revisions = node.adopted.map(\.header.version)
            #expect(revisions == revisions.sorted())
        }
    }
}
