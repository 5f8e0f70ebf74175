import Foundation
import Testing

@Suite("The cost of a choice")
struct ChoiceCostTests {
    @Test("It does not grow with the pool, also for least connections")
    func loadsRead() {
        let few = ChoiceCost.all(backends: 3, rounds: 2_000) { 0 }
        let many = ChoiceCost.all(backends: 10_000, rounds: 2_000) { 0 }
        for (few, many) in zip(few, many) {
            switch few.algorithm {
            case "round robin", "random", "address hash":
                #expect(few.loadsRead == 0)
                #expect(many.loadsRead == 0)
            case "least connections":
                #expect(few.loadsRead == 3)
                #expect(many.loadsRead == 14)
            default:
                #expect(few.loadsRead > 0.9)
                #expect(many.loadsRead <= 1.2 * few.loadsRead, "\(many.algorithm)")
            }
        }
    }

    /// `SKEIN_BENCH=1 swift test -c release --filter ChoiceCostTests` prints nanoseconds.
    @Test(
        "Nanoseconds of a choice by pool size",
        .enabled(if: ProcessInfo.processInfo.environment["SKEIN_BENCH"] == "1"))
    func nanoseconds() {
        let clock = ContinuousClock()
        let start = clock.now
        func now() -> Int64 {
            let (seconds, attoseconds) = (clock.now - start).components
            return seconds * 1_000_000_000 + attoseconds / 1_000_000_000
        }
        for count in [3, 10, 100, 1_000, 10_000] {
            for cost in ChoiceCost.all(backends: count, rounds: 1_000_000, now: now) {
                print("choice \(cost.algorithm), \(count) backends: \(cost.nanoseconds) ns")
            }
        }
    }
}
