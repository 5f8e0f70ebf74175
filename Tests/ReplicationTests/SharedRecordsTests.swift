import Membership
import Primitives
import Replication
import Testing

/// What one node's shared records do with what comes in, and a few nodes with one another.
@Suite("Shared records")
struct SharedRecordsTests {
    private let now = Instant(nanoseconds: 5_000_000_000)
    private let key = RecordKey(kind: .backend, id: 7)

    private func records(
        _ text: String = "me", _ adjust: (inout SharedConfiguration) -> Void = { _ in }
    ) -> SharedRecords {
        var configuration = SharedConfiguration()
        adjust(&configuration)
        return SharedRecords(configuration: configuration, owner: owner(text))
    }

    private func own(_ records: SharedRecords, _ key: RecordKey) throws -> Record {
        try #require(records.record(owner: records.owner.name, key: key))
    }

    private func value(_ records: SharedRecords) -> [UInt8]? { records.value(of: key)?.value }

    // MARK: - What changes are worth

    @Test("A value is added, changed and removed, and each is reported once")
    func changes() throws {
        var records = records()
        #expect(try records.set(key, value: [1], at: now) == [SharedChange(key: key, kind: .added)])
        #expect(try records.set(key, value: [1], at: now) == [])
        #expect(
            try records.set(key, value: [2], at: now) == [SharedChange(key: key, kind: .changed)])
        #expect(
            try records.remove(key, at: now) == [SharedChange(key: key, kind: .removed)])
        #expect(try records.remove(key, at: now) == [])
        #expect(try own(records, key).version == 3)
    }

    @Test("Two values set apart are both kept, all see the same one, and the next change ends both")
    func siblings() throws {
        var (a, b) = (records("a"), records("b"))
        _ = try a.set(key, value: [1], at: now)
        _ = try b.set(key, value: [2], at: now)
        let (fromA, fromB) = (try own(a, key), try own(b, key))
        #expect(a.merge(fromB, at: now).verdict == .news)
        #expect(b.merge(fromA, at: now).verdict == .news)
        #expect(a.values(of: key) == b.values(of: key))
        #expect(a.values(of: key).map(\.value) == [[2], [1]])
        #expect(a.fingerprint == b.fingerprint)
        _ = try a.set(key, value: [3], at: now)
        #expect(
            b.merge(try own(a, key), at: now).changes == [SharedChange(key: key, kind: .changed)])
        #expect(b.values(of: key).map(\.value) == [[3]])
        #expect(a.fingerprint == b.fingerprint)
    }

    @Test("A value outlives a removal that did not know it")
    func addWins() throws {
        var (a, b) = (records("a"), records("b"))
        _ = try a.set(key, value: [1], at: now)
        _ = b.merge(try own(a, key), at: now)
        _ = try a.set(key, value: [2], at: now)
        _ = try b.remove(key, at: now)
        let (change, removal) = (try own(a, key), try own(b, key))
        #expect(a.merge(removal, at: now).changes == [])
        #expect(b.merge(change, at: now).changes == [SharedChange(key: key, kind: .added)])
        #expect(value(a) == [2])
        #expect(value(b) == [2])
        #expect(a.fingerprint == b.fingerprint)
    }

    @Test("Operations in any order, each twice, leave the same", arguments: 0..<64)
    func order(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var writers = ["a", "b", "c"].map { records($0) }
        var all: [Record] = []
        for number in 0..<12 {
            let index = Int.random(in: 0..<3, using: &random)
            if number % 4 == 3 {
                _ = try writers[index].remove(key, at: now)
            } else {
                _ = try writers[index].set(key, value: [UInt8(number)], at: now)
            }
            guard let record = writers[index].record(owner: writers[index].owner.name, key: key)
            else { continue }
            all.append(record)
            // The others hear of half of it at once.
            for other in writers.indices where Bool.random(using: &random) {
                _ = writers[other].merge(record, at: now)
            }
        }
        var views: Set<Set<[UInt8]>> = []
        for _ in 0..<4 {
            var reader = records("reader")
            for record in (all + all).shuffled(using: &random) { _ = reader.merge(record, at: now) }
            views.insert(Set(reader.values(of: key).map(\.value)))
        }
        #expect(views.count == 1)
    }

    @Test("A removal that comes before the value it removes keeps it out")
    func removalFirst() throws {
        var (a, b, reader) = (records("a"), records("b"), records("reader"))
        _ = try a.set(key, value: [1], at: now)
        _ = b.merge(try own(a, key), at: now)
        _ = try b.remove(key, at: now)
        #expect(reader.merge(try own(b, key), at: now).verdict == .news)
        let late = reader.merge(try own(a, key), at: now)
        #expect(late.verdict == .dead([.dead([try own(a, key).digestEntry])]))
        #expect(reader.keyCount == 0)
    }

    @Test("An early change that comes late is not shown to who got only the last", arguments: 0..<3)
    func skipped(late: Int) throws {
        var (a, b, reader) = (records("a"), records("b"), records("reader"))
        _ = try a.set(key, value: [1], at: now)
        var early = [try own(a, key)]
        _ = b.merge(early[0], at: now)
        for number in 2...3 {
            _ = try b.set(key, value: [UInt8(number)], at: now)
            early.append(try own(b, key))
        }
        _ = try b.remove(key, at: now)
        _ = reader.merge(try own(b, key), at: now)
        #expect(reader.merge(early[late], at: now).changes == [])
        // The same when the key is added again before anybody heard of its removal.
        _ = try b.set(key, value: [4], at: now)
        var other = records("other")
        _ = other.merge(try own(b, key), at: now)
        #expect(other.merge(early[late], at: now).changes == [])
        #expect(other.values(of: key).map(\.value) == [[4]])
    }

    // MARK: - Peers that are behind

    @Test("Who holds a removed value is told so; who holds a replaced one gets the new one first")
    func correction() throws {
        var (a, b, behind) = (records("a"), records("b"), records("behind"))
        _ = try a.set(key, value: [1], at: now)
        let old = try own(a, key)
        _ = b.merge(old, at: now)
        _ = behind.merge(old, at: now)
        _ = try b.set(key, value: [2], at: now)
        let new = try own(b, key)
        let answer = b.merge(old, at: now).verdict
        #expect(answer == .dead([.operation(new), .dead([old.digestEntry])]))
        #expect(behind.merge(new, at: now).changes == [SharedChange(key: key, kind: .changed)])
        #expect(behind.drop([old.digestEntry]) == [], "the new value has ended it already")
        _ = try b.remove(key, at: now)
        b.expire(at: now + .seconds(60))
        #expect(b.record(owner: name("b"), key: key) == nil, "nothing is kept of the removal")
        #expect(b.merge(new, at: now).verdict == .dead([.dead([new.digestEntry])]))
        #expect(behind.drop([new.digestEntry]) == [SharedChange(key: key, kind: .removed)])
        #expect(behind.merge(new, at: now).changes == [])
        #expect(behind.keyCount == 0)
    }

    @Test("Being told that something else is dead changes nothing")
    func dropOther() throws {
        var records = records()
        _ = try records.set(key, value: [1], at: now)
        let entry = try own(records, key).digestEntry
        let other = DigestVersion(generation: 1, counter: 9)
        #expect(records.drop([DigestEntry(id: entry.id, version: other)]) == [])
        #expect(records.drop([DigestEntry(id: 5, version: entry.version)]) == [])
        #expect(value(records) == [1])
    }

    @Test("A watermark is believed by who holds the same as live, and by nobody else")
    func watermarks() throws {
        var (a, same, other) = (records("a"), records("same"), records("other"))
        let second = RecordKey(kind: .backend, id: 8)
        _ = try a.set(key, value: [1], at: now)
        let removed = try own(a, key)
        _ = try a.remove(key, at: now)
        _ = try a.set(second, value: [2], at: now)
        _ = same.merge(try own(a, second), at: now)
        let items = a.digestEntries.flatMap { a.items(id: $0.id) }
        let marks = items.compactMap { item in
            if case .watermark(let watermark) = item { watermark } else { nil }
        }
        try #require(marks.count == 1)
        #expect(marks[0].seen == [1...3])
        #expect(same.merge(marks[0]) == true)
        #expect(same.fingerprint == a.fingerprint)
        #expect(other.merge(marks[0]) == false)
        #expect(same.merge(removed, at: now).verdict == .dead([.dead([removed.digestEntry])]))
        #expect(other.merge(removed, at: now).verdict == .news)
    }

    @Test("A generation used before goes on above what others know of it")
    func usedGeneration() throws {
        var (old, next, reader) = (records("a"), records("a"), records("reader"))
        for number in UInt64(0)..<5 {
            _ = try old.set(RecordKey(kind: .backend, id: number), value: [1], at: now)
            _ = reader.merge(try own(old, RecordKey(kind: .backend, id: number)), at: now)
        }
        for entry in reader.digestEntries {
            for item in reader.items(id: entry.id) {
                if case .watermark(let watermark) = item { next.merge(watermark) }
            }
        }
        _ = try next.set(key, value: [9], at: now)
        #expect(try own(next, key).version == 6)
        #expect(reader.merge(try own(next, key), at: now).verdict == .news)
    }

    // MARK: - Limits

    @Test("What is too much is an error and changes nothing")
    func limits() throws {
        var records = records {
            $0.valueLimit = 4
            $0.keyLimit = 2
        }
        #expect(throws: SharedError.tooLarge(bytes: 5, limit: 4)) {
            try records.set(key, value: [1, 2, 3, 4, 5], at: now)
        }
        #expect(throws: SharedError.reservedKind) {
            try records.set(RecordKey(kind: .document, id: 1), value: [], at: now)
        }
        for id in 1...2 {
            _ = try records.set(RecordKey(kind: .backend, id: UInt64(id)), value: [1], at: now)
        }
        let before = records.fingerprint
        #expect(throws: SharedError.tooMany(limit: 2)) {
            try records.set(key, value: [1], at: now)
        }
        #expect(records.fingerprint == before)
        _ = try records.set(RecordKey(kind: .backend, id: 2), value: [2], at: now)
        #expect(records.count == 2)
    }

    @Test("A node that is full refuses, and takes in again what it refused when there is room")
    func full() throws {
        var (a, small) = (records("a"), records("small") { $0.operationLimit = 2 })
        var sent: [Record] = []
        for id in 1...3 {
            let key = RecordKey(kind: .backend, id: UInt64(id))
            _ = try a.set(key, value: [1], at: now)
            sent.append(try own(a, key))
        }
        let verdicts = sent.map { small.merge($0, at: now).verdict }
        #expect(verdicts == [.news, .news, .refused(.full)])
        _ = try small.remove(RecordKey(kind: .backend, id: 1), at: now)
        #expect(small.merge(sent[2], at: now).verdict == .news)
        #expect(small.count == 2)
    }

    @Test("More values on a key than a record can list end all the same")
    func manySiblings() throws {
        var network = SharedNetwork(nodes: 14, seed: 3)
        for index in 0..<14 { network.sides[index] = index }
        for index in 0..<14 { try network.nodes[index].set(key, [UInt8(index)], at: network.now) }
        network.heal()
        try #require(network.settle() != nil)
        #expect(network.nodes[0].records.values(of: key).count == 14)
        try network.nodes[5].set(key, [99], at: network.now)
        try #require(network.settle() != nil)
        for node in network.nodes {
            #expect(node.records.values(of: key).map(\.value) == [[99]])
        }
        let record = try #require(network.nodes[5].records.record(owner: name("n5"), key: key))
        let covers = try SharedOperation.decode(try #require(record.payload)).covers
        #expect(covers.count == SharedConfiguration().coverLimit)
    }

    @Test(
        "Of the writer of too many lives the earliest are forgotten, and nodes agree on which",
        arguments: 0..<8)
    func manyLives(seed: UInt64) throws {
        var configuration = SharedConfiguration()
        configuration.lifeLimit = 8
        var network = SharedNetwork(nodes: 4, seed: seed, configuration: configuration)
        for round in 0..<24 {
            network.sides[0] = round % 8 < 4 ? 0 : 1
            for index in 0..<3 {
                let key = RecordKey(kind: .backend, id: UInt64(index))
                try network.nodes[index].set(key, [UInt8(round)], at: network.now)
            }
            for _ in 0..<10 { network.tick() }
            if round % 2 == 0 { network.restart(2) }
            if round % 5 == 0 { network.restart(1) }
        }
        network.heal()
        try #require(network.settle() != nil)
        for node in network.nodes {
            #expect(node.records.overhead.lives == 8)
            #expect(node.records.values(of: .backend).map(\.value) == [[23], [23], [23]])
        }
    }

    // MARK: - Sums

    @Test("Sums are those of what is listed, after any history", arguments: 0..<64)
    func sums(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var records = records {
            $0.operationLimit = 12
            $0.lifeLimit = 6
            $0.rangesPerLife = 3
            $0.removalLimit = 3
        }
        var now = now
        for _ in 0..<300 {
            now = now + .seconds(Int.random(in: 0...9, using: &random))
            let id = UInt64.random(in: 1...6, using: &random)
            let key = RecordKey(kind: .backend, id: id)
            switch Int.random(in: 0..<8, using: &random) {
            case 0: _ = try? records.set(key, value: [UInt8(id)], at: now)
            case 1: _ = try records.remove(key, at: now)
            case 2: records.expire(at: now)
            case 3: _ = records.drop(records.digestEntries.filter { $0.id % 5 == 0 })
            case 4:
                let life = Life(owner("abc", generation: id))
                let top = UInt64.random(in: 3...20, using: &random)
                records.merge(Watermark(life: life, seen: [1...2, 4...(top + 4)], live: 0))
            default:
                let writer = ["a", "b", "me"][Int.random(in: 0..<3, using: &random)]
                let generation = UInt64.random(in: 1...4, using: &random)
                let dots = (0..<Int.random(in: 0...3, using: &random)).map { _ in
                    Dot(
                        life: Life(owner("a", generation: generation)),
                        version: UInt64.random(in: 1...30, using: &random))
                }
                let operation = SharedOperation(
                    value: Bool.random(using: &random) ? [1, 2] : nil, covers: dots)
                let record = Record(
                    owner: owner(writer, generation: generation), key: key,
                    version: UInt64.random(in: 1...30, using: &random), recordClass: .shared,
                    payload: operation.encode(limit: 1_000))
                _ = records.merge(record, at: now)
            }
            let entries = records.digestEntries
            #expect(records.fingerprint == entries.reduce(0) { $0 &+ $1.fingerprint })
            #expect(Set(entries.map(\.id)).count == entries.count)
            for entry in entries {
                #expect(records.version(id: entry.id) == entry.version)
                #expect(!records.items(id: entry.id).isEmpty)
            }
            #expect(records.count <= 12)
            #expect(records.overhead.removals <= 3)
            #expect(records.overhead.lives <= 7)
        }
    }
}
