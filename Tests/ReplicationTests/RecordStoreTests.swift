import Membership
import Primitives
import Replication
import Testing

/// Records of several owners in one store.
@Suite("Record store")
struct RecordStoreTests {
    private let now = Instant(nanoseconds: 10_000_000_000)

    private func store(
        _ adjust: (inout ReplicationConfiguration) -> Void = { _ in }
    ) -> RecordStore {
        var configuration = ReplicationConfiguration()
        adjust(&configuration)
        return RecordStore(configuration: configuration, owner: owner("me"))
    }

    // MARK: - Own records

    @Test("Each change of an own record is a new version, removals too")
    func versions() throws {
        var store = store()
        try store.set(key(1), .reliable, payload: [1], at: now)
        try store.set(key(2), .reliable, payload: [2], at: now)
        try store.set(key(1), .reliable, payload: [3], at: now)
        #expect(store.record(owner: name("me"), key: key(1))?.record.version == 3)
        #expect(store.remove(key(2), at: now) == true)
        #expect(store.remove(key(2), at: now) == false)
        let removed = store.record(owner: name("me"), key: key(2))?.record
        #expect(removed?.version == 4)
        #expect(removed?.payload == nil)
        #expect(store.records(of: name("me")).map(\.record.payload) == [[3]])
    }

    @Test("A record too big, or one too many, is an error and changes nothing")
    func limits() throws {
        var store = store {
            $0.payloadLimit = 4
            $0.recordsPerOwner = 2
        }
        #expect(throws: RecordError.tooLarge(bytes: 5, limit: 4)) {
            try store.set(key(1), .reliable, payload: [1, 2, 3, 4, 5], at: now)
        }
        try store.set(key(1), .reliable, payload: [1], at: now)
        try store.set(key(2), .reliable, payload: [1], at: now)
        #expect(throws: RecordError.tooMany(limit: 2)) {
            try store.set(key(3), .reliable, payload: [1], at: now)
        }
        try store.set(key(2), .reliable, payload: [2], at: now)
        #expect(store.count == 2)
    }

    // MARK: - Records of others

    @Test(
        "The higher version holds, once",
        arguments: [
            (1, 2, "news"), (2, 2, "known"), (3, 2, "outdated"), (0, 2, "news"),
        ])
    func merges(known: UInt64, comes: UInt64, result: String) {
        var store = store()
        _ = store.update(owner: owner("b"), isLive: true, at: now)
        if known > 0 { _ = store.merge(record("b", 1, version: known), age: .zero, at: now) }
        let merge = store.merge(record("b", 1, version: comes), age: .zero, at: now)
        switch merge {
        case .news: #expect(result == "news")
        case .known: #expect(result == "known")
        case .outdated: #expect(result == "outdated")
        case .overruled, .strange, .refused: Issue.record("\(merge)")
        }
        #expect(store.record(owner: name("b"), key: key(1))?.record.version == max(known, comes))
    }

    @Test("Only the present, live life of an owner is believed")
    func strange() {
        var store = store()
        #expect(store.merge(record("b", 1, version: 1), age: .zero, at: now) == .strange)
        _ = store.update(owner: owner("b", generation: 2), isLive: true, at: now)
        #expect(store.merge(record("b", 1, version: 9), age: .zero, at: now) == .strange)
        let next = record("b", 1, version: 1, generation: 3)
        #expect(store.merge(next, age: .zero, at: now) == .strange)
        _ = store.update(owner: owner("b", generation: 2), isLive: false, at: now)
        let present = record("b", 1, version: 1, generation: 2)
        #expect(store.merge(present, age: .zero, at: now) == .strange)
        #expect(store.count == 0)
    }

    @Test("The age travels with a record")
    func age() {
        var store = store()
        _ = store.update(owner: owner("b"), isLive: true, at: now)
        _ = store.merge(record("b", 1, version: 1), age: .seconds(7), at: now)
        let stored = store.record(owner: name("b"), key: key(1))
        #expect(stored?.age(at: now + .seconds(3)) == .seconds(10))
    }

    @Test("Of our own life we are the only writer: what others have of it is overruled")
    func overrule() throws {
        var store = store()
        try store.set(key(1), .reliable, payload: [1], at: now)
        // A removal that we forgot: the other still has the record.
        let forgotten = record("me", 2, version: 30)
        #expect(store.merge(forgotten, age: .zero, at: now) == .overruled)
        let removal = store.record(owner: name("me"), key: key(2))?.record
        #expect(removal?.payload == nil)
        #expect(try #require(removal).version > 30)
        let wrong = record("me", 1, version: 40)
        #expect(store.merge(wrong, age: .zero, at: now) == .overruled)
        let own = store.record(owner: name("me"), key: key(1))?.record
        #expect(own?.payload == [1])
        #expect(try #require(own).version > 40)
        // Of a former life nothing is believed.
        let former = record("me", 3, version: 1, generation: 0)
        #expect(store.merge(former, age: .zero, at: now) == .strange)
    }

    // MARK: - Owners

    @Test("When its owner dies a gauge goes at once, an observation stays as last known")
    func ownerDies() {
        var store = store()
        fill(&store)
        let changes = store.update(owner: owner("b"), isLive: false, at: now)
        #expect(changes == [change(1, .staled), change(2, .removed)])
        #expect(store.record(owner: name("b"), key: key(1))?.isStale == true)
        #expect(store.record(owner: name("b"), key: key(2)) == nil)
        #expect(store.update(owner: owner("b"), isLive: false, at: now).isEmpty)
        let back = store.update(owner: owner("b"), isLive: true, at: now)
        #expect(back == [change(1, .revived)])
    }

    @Test("A new life makes the records of the former one stale until it overwrites them")
    func newLife() {
        var store = store()
        fill(&store)
        let next = owner("b", generation: 2)
        let changes = store.update(owner: next, isLive: true, at: now)
        #expect(changes == [change(1, .staled), change(2, .removed)])
        let record = record("b", 1, version: 1, generation: 2)
        #expect(store.merge(record, age: .zero, at: now) == .news(change(1, .set)))
        #expect(store.record(owner: name("b"), key: key(1))?.isStale == false)
    }

    @Test("The last known value is kept for a time")
    func staleRetention() {
        var store = store { $0.staleRetention = .seconds(60) }
        fill(&store)
        _ = store.update(owner: owner("b"), isLive: false, at: now)
        #expect(store.nextExpiry == now + .seconds(60))
        #expect(store.expire(at: now + .seconds(59)).isEmpty)
        #expect(store.expire(at: now + .seconds(60)) == [change(1, .removed)])
        #expect(store.count == 0)
        #expect(store.nextExpiry == Instant(nanoseconds: .max))
    }

    @Test("A removal is kept for a time, and its record does not come back meanwhile")
    func removalRetention() {
        var store = store { $0.removalRetention = .seconds(60) }
        fill(&store)
        let removal = Record(
            owner: owner("b"), key: key(1), version: 5, recordClass: .reliable, payload: nil)
        #expect(store.merge(removal, age: .zero, at: now) == .news(change(1, .removed)))
        #expect(store.merge(record("b", 1, version: 4), age: .zero, at: now) == .outdated)
        #expect(store.expire(at: now + .seconds(60)).isEmpty, "it was reported before")
        #expect(store.record(owner: name("b"), key: key(1)) == nil)
    }

    @Test("Of a member that left nothing stays")
    func dropped() {
        var store = store()
        fill(&store)
        #expect(store.drop(owner: name("b")) == [change(1, .removed), change(2, .removed)])
        #expect(store.count == 0)
        #expect(store.fingerprint(of: .reliable) == 0)
        #expect(store.drop(owner: name("me")).isEmpty, "we do not forget ourselves")
    }

    // MARK: - Sums

    @Test("Sums and counts are those of what is listed, after any history", arguments: 0..<32)
    func sums(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var store = store {
            $0.recordsPerOwner = 8
            $0.staleRetention = .seconds(5)
            $0.removalRetention = .seconds(5)
        }
        var now = now
        for _ in 0..<200 {
            now = now + .milliseconds(Int.random(in: 0...900, using: &random))
            let number = UInt64.random(in: 1...10, using: &random)
            let text = ["a", "b", "c"][Int.random(in: 0..<3, using: &random)]
            let generation = UInt64.random(in: 1...2, using: &random)
            switch Int.random(in: 0..<6, using: &random) {
            case 0: try? store.set(key(number), recordClass(number), payload: [1], at: now)
            case 1: store.remove(key(number), at: now)
            case 2:
                let identity = owner(text, generation: generation)
                _ = store.update(owner: identity, isLive: Bool.random(using: &random), at: now)
            case 3: _ = store.expire(at: now)
            case 4: _ = store.drop(owner: name(text))
            default:
                let version = UInt64.random(in: 1...5, using: &random)
                let record = Record(
                    owner: owner(text, generation: generation), key: key(number),
                    version: version, recordClass: recordClass(number),
                    payload: version == 3 ? nil : [UInt8(version)])
                _ = store.merge(record, age: .zero, at: now)
            }
            for recordClass in RecordClass.allCases {
                let sum = store.digestEntries(of: recordClass).reduce(0) { $0 &+ $1.fingerprint }
                #expect(store.fingerprint(of: recordClass) == sum)
            }
        }
    }

    // MARK: - Words

    private func fill(_ store: inout RecordStore) {
        _ = store.update(owner: owner("b"), isLive: true, at: now)
        _ = store.merge(record("b", 1, version: 1), age: .zero, at: now)
        let gauge = Record(
            owner: owner("b"), key: key(2), version: 2, recordClass: .latestOnly, payload: [9])
        _ = store.merge(gauge, age: .zero, at: now)
    }

    private func recordClass(_ number: UInt64) -> RecordClass {
        number % 2 == 0 ? .latestOnly : .reliable
    }

    private func change(_ number: UInt64, _ kind: RecordChange.Kind) -> RecordChange {
        RecordChange(owner: name("b"), key: key(number), kind: kind)
    }
}

func name(_ text: String) -> NodeName {
    guard let name = NodeName(text) else { preconditionFailure("\(text) is no name") }
    return name
}

func owner(_ text: String, generation: UInt64 = 1) -> Identity {
    Identity(
        name: name(text), boot: BootID(high: StableHash(of: text).value, low: generation),
        generation: generation)
}

func key(_ number: UInt64) -> RecordKey { RecordKey(kind: .observation, id: number) }

func record(
    _ text: String, _ number: UInt64, version: UInt64, generation: UInt64 = 1
) -> Record {
    Record(
        owner: owner(text, generation: generation), key: key(number), version: version,
        recordClass: .reliable, payload: [UInt8(truncatingIfNeeded: version)])
}
