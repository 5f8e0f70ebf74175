import Balancing
import Primitives
import Testing

@Suite("Slow start")
struct SlowStartTests {
    @Test(
        "The factor grows linearly from a tenth",
        arguments: [
            (0, 0.1), (50, 0.1), (100, 0.1), (200, 0.2), (500, 0.5), (999, 0.999), (1_000, 1),
            (5_000, 1), (-20, 0.1),
        ] as [(Int64, Double)])
    func factor(elapsed: Int64, expected: Double) {
        let since = Instant(nanoseconds: 7_000)
        let now = Instant(nanoseconds: 7_000 + elapsed)
        #expect(SlowStart.factor(since: since, now: now, window: 1_000) == expected)
        #expect(SlowStart.factor(since: since, now: now, window: 0) == (elapsed < 0 ? 0.1 : 1))
    }

    @Test(
        "A weight has units small enough for the factor, and is never rounded away",
        arguments: [
            (3, 1, 768), (3, 0.5, 384), (1, 0.1, 25), (1, 0, 1), (0, 1, 0), (65_535, 1, 16_776_960),
        ]
            as [(UInt16, Double, UInt32)])
    func weight(weight: UInt16, factor: Double, expected: UInt32) {
        #expect(SlowStart.weight(weight, factor: factor) == expected)
    }

    /// How often each of the backends is chosen from the sequence in turn.
    private func hits(_ chances: [Double], seed: UInt64, draws: Int = 20_000) -> [Int] {
        var random = ChoiceRandom(seed: seed)
        var turn = RoundRobin()
        var hits = [Int](repeating: 0, count: chances.count)
        for _ in 0..<draws {
            guard let first = turn.next(of: chances.count) else { break }
            let place = Acceptance.place(first, of: chances.count, random: &random) { chances[$0] }
            if let place { hits[place] += 1 }
        }
        return hits
    }

    @Test("One that starts slowly gets its part, and what it refuses spreads over all others")
    func share() {
        let hits = hits([1, 0.2, 1, 1, 1, 1, 1, 1, 1, 1], seed: 5)
        let rest = 20_000.0 / 9.2
        #expect(abs(Double(hits[1]) - 0.2 * rest) < 60)
        for index in [0, 2, 3, 9] { #expect(abs(Double(hits[index]) - rest) < 150) }
    }

    @Test("When all start slowly all take their turns")
    func all() {
        let hits = hits([0.1, 0.1, 0.1, 0.1], seed: 6)
        #expect(hits.reduce(0, +) == 20_000)
        #expect(ChiSquare(hits, shares: [1, 1, 1, 1]).isPlausible)
    }

    @Test("When all refuse, the one with the best chance is taken")
    func best() {
        let hits = hits([1e-9, 2e-9, 1e-9], seed: 4, draws: 1_000)
        #expect(hits[1] > 980)
        #expect(hits.reduce(0, +) == 1_000)
    }

    @Test("When all others start slowly the one that does not is spared what is too much")
    func mostlySlow() {
        let hits = hits([1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1], seed: 7)
        let part = Double(hits[0]) / 20_000
        #expect(abs(part - 1 / 1.9) < 0.04)
    }

    @Test("Those that take nothing are found out, however many there are")
    func full() {
        var chances = [Double](repeating: 0, count: 40)
        chances[33] = 1
        let found = hits(chances, seed: 8, draws: 500)
        #expect(found[33] == 500)
        #expect(hits([0, 0, 0], seed: 9, draws: 50) == [0, 0, 0])
    }

    @Test("With everybody accepting the turn is kept")
    func unchanged() {
        #expect(hits([1, 1, 1], seed: 1, draws: 6) == [2, 2, 2])
    }
}
