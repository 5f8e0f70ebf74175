import Membership
import Primitives
import Replication
import Testing

/// The payload of a shared record, which any peer may have written.
@Suite("Shared operation")
struct SharedOperationTests {
    private func dot(_ random: inout SeededRandom) -> Dot {
        let shift = UInt64.random(in: 0..<60, using: &random)
        return Dot(
            life: Life(writer: random.next(), generation: random.next() >> shift),
            version: max(1, (random.next() >> 4) >> shift))
    }

    private func operation(_ random: inout SeededRandom) -> SharedOperation {
        let length = Int.random(in: 0...300, using: &random)
        let value = (0..<length).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        return SharedOperation(
            value: Int.random(in: 0..<4, using: &random) == 0 ? nil : value,
            covers: (0..<Int.random(in: 0...8, using: &random)).map { _ in dot(&random) })
    }

    @Test("What is written is read back", arguments: 0..<32)
    func roundTrip(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        for _ in 0..<50 {
            let operation = operation(&random)
            let payload = operation.encode(limit: 1_000)
            #expect(try SharedOperation.decode(payload) == operation)
        }
    }

    @Test("A payload is no longer than its limit; what does not fit is left out at the end")
    func limit() throws {
        var random = SeededRandom(seed: 3)
        let value = [UInt8](repeating: 7, count: 800)
        let covers = (0..<64).map { _ in dot(&random) }
        let payload = SharedOperation(value: value, covers: covers).encode(limit: 1_000)
        #expect(payload.count <= 1_000)
        let back = try SharedOperation.decode(payload)
        #expect(back.value == value)
        #expect(back.covers.count >= 7)
        #expect(back.covers == Array(covers.prefix(back.covers.count)))
    }

    @Test("What a later release appends is skipped here and kept for others")
    func extensions() throws {
        var later = SharedOperation(value: [1], covers: []).encode(limit: 1_000)
        later += [200, 3, 9, 9, 9]
        #expect(try SharedOperation.decode(later).value == [1])
        #expect(throws: PayloadError.truncated) { try SharedOperation.decode(later + [201, 5, 1]) }
        let record = Record(
            owner: owner("b"), key: RecordKey(kind: .backend, id: 1), version: 1,
            recordClass: .shared, payload: later)
        var records = SharedRecords(configuration: SharedConfiguration(), owner: owner("me"))
        #expect(records.merge(record, at: .zero).verdict == .news)
        #expect(records.record(owner: name("b"), key: record.key)?.payload == later)
    }

    @Test(
        "What is wrong is an error",
        arguments: [
            ([], .truncated), ([0x80], .truncated), ([2, 1], .truncated), ([3, 1], .truncated),
            ([0, 0, 5], .truncated), ([0, 1], .truncated), ([0, 65], .malformedNumber),
            ([0x80, 0], .malformedNumber), ([200, 1], .malformedNumber),
            ([0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0], .invalid),
        ] as [([UInt8], PayloadError)])
    func malformed(payload: [UInt8], error: PayloadError) {
        #expect(throws: error) { try SharedOperation.decode(payload) }
    }

    @Test("Nothing that peers send makes a node trap or grow", arguments: 0..<16)
    func hostile(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var configuration = SharedConfiguration()
        configuration.operationLimit = 50
        configuration.lifeLimit = 20
        configuration.rangesPerLife = 10
        configuration.removalLimit = 10
        var records = SharedRecords(configuration: configuration, owner: owner("me"))
        let extremes: [UInt64] = [0, 1, 2, 3, Record.versionMax - 1, Record.versionMax, .max]
        func pick(_ random: inout SeededRandom) -> UInt64 {
            extremes.randomElement(using: &random) ?? 0
        }
        for _ in 0..<1_000 {
            var payload = operation(&random).encode(limit: 1_000)
            if Bool.random(using: &random), !payload.isEmpty {
                let index = Int.random(in: payload.indices, using: &random)
                payload[index] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            }
            let writer = ["me", "a", "b", "c"][Int.random(in: 0..<4, using: &random)]
            let identity = Identity(
                name: name(writer), boot: BootID(high: 0, low: 0), generation: pick(&random))
            let record = Record(
                owner: identity,
                key: RecordKey(
                    kind: RecordKind(rawValue: UInt8(truncatingIfNeeded: random.next())),
                    id: pick(&random)),
                version: pick(&random), recordClass: .shared, payload: payload)
            _ = records.merge(record, at: .zero)
            let bounds = [pick(&random), pick(&random), pick(&random), pick(&random)].sorted()
            records.merge(
                Watermark(
                    life: Life(identity), seen: [bounds[0]...bounds[1], bounds[2]...bounds[3]],
                    live: Bool.random(using: &random) ? 0 : random.next()))
            _ = records.drop([
                DigestEntry(
                    id: record.digestEntry.id,
                    version: DigestVersion(generation: pick(&random), counter: pick(&random)))
            ])
            _ = try? records.set(
                RecordKey(kind: .backend, id: pick(&random)), value: [1], at: .zero)
            #expect(records.count <= 50)
            #expect(records.overhead.removals <= 10)
            #expect(records.overhead.lives <= 21)
        }
        let sum = records.digestEntries.reduce(0) { $0 &+ $1.fingerprint }
        #expect(records.fingerprint == sum)
    }
}
