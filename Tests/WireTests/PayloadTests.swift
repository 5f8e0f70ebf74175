import Primitives
import Replication
import Testing
import Wire

/// The payloads of records.
@Suite("Payloads")
struct PayloadTests {
    @Test("An observation comes back as it went", arguments: [0, 1, 2] as [UInt8])
    func observation(status: UInt8) throws {
        let observation = BackendObservation(
            backend: "api|[2001:db8::1]:8080", check: .max,
            status: try #require(BackendObservation.Status(rawValue: status)), reason: 65_535,
            text: "Zeitüberschreitung", lastedMilliseconds: 1 << 40)
        let bytes = try observation.encode()
        #expect(try BackendObservation.decode(bytes.span) == observation)
    }

    @Test("A text too long is an error, not cut")
    func tooLong() {
        let rows = [
            BackendObservation(
                backend: String(repeating: "b", count: 201), check: 1, status: .up),
            BackendObservation(
                backend: "b", check: 1, status: .up, text: String(repeating: "ü", count: 41)),
        ]
        for observation in rows {
            #expect(throws: WireError.invalid(.text)) { try observation.encode() }
        }
    }

    @Test("The longest observation fits a record")
    func longest() throws {
        let observation = BackendObservation(
            backend: String(repeating: "b", count: 200), check: .max, status: .down,
            reason: .max, text: String(repeating: "t", count: 80), lastedMilliseconds: .max)
        let bytes = try observation.encode()
        #expect(bytes.count <= ReplicationConfiguration().payloadLimit)
        #expect(try BackendObservation.decode(bytes.span) == observation)
    }

    @Test("Unknown fields behind an observation are skipped")
    func extensions() throws {
        let observation = BackendObservation(backend: "b", check: 1, status: .up)
        let bytes = try observation.encode() + [17, 2, 1, 1]
        #expect(try BackendObservation.decode(bytes.span) == observation)
    }

    @Test("Gauges are packed into as few payloads as fit", arguments: [0, 1, 43, 44, 500])
    func gauges(count: Int) throws {
        var random = SeededRandom(seed: UInt64(count))
        let gauges = (0..<count).map { _ in
            BackendGauge(
                backend: random.next(),
                openConnections: UInt32(truncatingIfNeeded: random.next()),
                requests: random.next())
        }
        let payloads = NodeGauges.encode(gauges, limit: 1_000)
        #expect(payloads.allSatisfy { $0.count <= 1_000 })
        #expect(payloads.count <= count / 42 + (count == 0 ? 0 : 1))
        let back = try payloads.flatMap { try NodeGauges.decode($0.span) }
        #expect(back == gauges.sorted { $0.backend < $1.backend })
    }

    @Test("A backend twice in one payload is refused")
    func twice() {
        let gauge = BackendGauge(backend: 1, openConnections: 1, requests: 1)
        let bytes = NodeGauges.encode([gauge, gauge], limit: 1_000)[0]
        #expect(throws: WireError.invalid(.gauges)) { try NodeGauges.decode(bytes.span) }
    }

    @Test("A key epoch record comes back as it went, and later fields are skipped")
    func keyEpoch() throws {
        var random = SeededRandom(seed: 9)
        for _ in 0..<100 {
            let record = Samples.keyEpochRecord(&random)
            #expect(try KeyEpochRecord.decode(record.encode().span) == record)
            #expect(try KeyEpochRecord.decode((record.encode() + [9, 1, 0]).span) == record)
        }
    }

    @Test(
        "A key epoch record that says what cannot be is refused",
        arguments: [
            ([], .truncated), ([0, 1, 0x61], .truncated),
            ([0, 0, 0], .invalid(.name)),
            // It seals with an epoch after the newest that it has.
            ([0, 1, 0x61, 1, 0, 0, 0, 0, 0, 0, 0, 1], .invalid(.keyEpoch)),
            // A number of more than 32 bits.
            ([0x80, 0x80, 0x80, 0x80, 0x10], .invalid(.keyEpoch)),
            ([1, 0, 0, 0, 0, 0, 0, 0], .truncated),
        ] as [([UInt8], WireError)])
    func badKeyEpoch(bytes: [UInt8], error: WireError) {
        #expect(throws: error) { try KeyEpochRecord.decode(bytes.span) }
    }
}
