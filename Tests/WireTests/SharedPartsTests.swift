import Membership
import Primitives
import Replication
import Testing
import Wire

/// The parts that carry what shared records say besides records.
@Suite("Shared parts")
struct SharedPartsTests {
    private func life(_ random: inout SeededRandom) -> Life {
        let shift = UInt64.random(in: 0..<64, using: &random)
        return Life(writer: random.next(), generation: random.next() >> shift)
    }

    private func watermark(_ random: inout SeededRandom) -> Watermark {
        var seen: [ClosedRange<UInt64>] = []
        var next: UInt64 = 1
        for _ in 0..<Int.random(in: 1...Watermark.rangeLimit, using: &random) {
            let lower = next + random.next() >> UInt64.random(in: 10..<64, using: &random)
            let upper = lower + random.next() >> UInt64.random(in: 10..<64, using: &random)
            seen.append(lower...upper)
            next = upper + 2
        }
        return Watermark(life: life(&random), seen: seen, live: random.next())
    }

    private func roundTrip(_ part: Part) throws {
        var builder = DatagramBuilder()
        #expect(builder.append(part) == true)
        #expect(try Datagram.decode(builder.bytes.span) == [part])
    }

    @Test("What is written is read back, and fits a datagram", arguments: 0..<32)
    func roundTrips(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        for _ in 0..<50 {
            let watermark = watermark(&random)
            #expect(watermark.isWellFormed)
            try roundTrip(.watermark(watermark))
            let count = Int.random(in: 0...SharedItem.deadLimit, using: &random)
            let dead = (0..<count).map { _ in
                DigestEntry(
                    id: random.next(),
                    version: DigestVersion(generation: random.next(), counter: random.next()))
            }
            try roundTrip(.dead(dead))
        }
        let last = Record.versionMax
        try roundTrip(
            .watermark(Watermark(life: life(&random), seen: [1...last], live: 0)))
        try roundTrip(
            .watermark(Watermark(life: life(&random), seen: [1...1, last...last], live: 0)))
    }

    @Test("What one node says of a life at rest takes no more than forty bytes")
    func size() {
        let watermark = Watermark(
            life: Life(writer: .max, generation: 300), seen: [1...70_000], live: .max)
        var builder = DatagramBuilder()
        builder.append(.watermark(watermark))
        #expect(builder.bytes.count <= 40)
    }

    @Test("Ranges out of order, too many or too high are errors", arguments: 0..<8)
    func mutants(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var decoded = 0
        for _ in 0..<5_000 {
            var builder = DatagramBuilder()
            builder.append(.watermark(watermark(&random)))
            builder.append(
                .dead([DigestEntry(id: 1, version: DigestVersion(generation: 2, counter: 3))]))
            var bytes = builder.bytes
            let index = Int.random(in: bytes.indices, using: &random)
            bytes[index] = UInt8(truncatingIfNeeded: random.next())
            guard let parts = try? Datagram.decode(bytes.span) else { continue }
            decoded += 1
            for case .watermark(let watermark) in parts { #expect(watermark.isWellFormed) }
        }
        #expect(decoded > 1_000, "mutants that all fail early test little")
    }
}
