import Primitives
import Testing

@Suite("Instants")
struct InstantTests {
    @Test("Arithmetic goes through durations and saturates at the ends of the clock")
    func arithmetic() {
        let start = Instant(nanoseconds: 1_000)
        #expect(start + .microseconds(2) == Instant(nanoseconds: 3_000))
        #expect(start - .nanoseconds(1) == Instant(nanoseconds: 999))
        #expect((start + .seconds(3)) - start == .seconds(3))
        #expect(start + .seconds(Int64.max) == Instant(nanoseconds: .max))
        #expect(Duration.milliseconds(1500).inSeconds == 1.5)
    }

    @Test("A seeded generator repeats itself, and another seed differs")
    func seeded() {
        var first = SeededRandom(seed: 7)
        var second = SeededRandom(seed: 7)
        var other = SeededRandom(seed: 8)
        let numbers = (0..<8).map { _ in first.next() }
        #expect(numbers == (0..<8).map { _ in second.next() })
        #expect(numbers != (0..<8).map { _ in other.next() })
        #expect((0..<1_000).allSatisfy { _ in (0..<1).contains(first.unitInterval()) })
    }
}
