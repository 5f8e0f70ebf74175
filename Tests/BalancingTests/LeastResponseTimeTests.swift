import Balancing
import Primitives
import Testing

@Suite("Least response time")
struct LeastResponseTimeTests {
    private static let millisecond: Int64 = 1_000_000

    private func at(_ seconds: Double) -> Instant {
        Instant(nanoseconds: Int64(seconds * 1e9))
    }

    @Test("A peak counts at once, a fast answer by the time that has passed")
    func peaks() {
        var time = PeakEWMA()
        #expect(time.estimate(now: at(0)) == 0)
        time.record(10 * Self.millisecond, now: at(1))
        #expect(time.estimate(now: at(1)) == 10e6)
        time.record(100 * Self.millisecond, now: at(1.001))
        #expect(time.estimate(now: at(1.001)) == 100e6)
        // Ten seconds, the decay, keep 1/e of the old average.
        time.record(10 * Self.millisecond, now: at(11.001))
        let kept = 0.36787944
        #expect(abs(time.estimate(now: at(11.001)) - (100e6 * kept + 10e6 * (1 - kept))) < 10)
        // Without answers it fades, so that the backend is tried again.
        #expect(abs(time.estimate(now: at(21.001)) / time.estimate(now: at(11.001)) - kept) < 1e-6)
    }

    @Test("Many fast answers in a short time do not hide a peak, in a long time they do")
    func recovery() {
        var time = PeakEWMA()
        time.record(500 * Self.millisecond, now: at(0))
        for step in 1...1_000 { time.record(5 * Self.millisecond, now: at(Double(step) / 1_000)) }
        #expect(time.estimate(now: at(1)) > 400e6)
        for step in 1_000...60_000 {
            time.record(5 * Self.millisecond, now: at(Double(step) / 1_000))
        }
        #expect(time.estimate(now: at(60)) < 8e6)
    }

    @Test(
        "The decay is the exponential function",
        arguments: [
            (0.0, 1.0), (0.1, 0.904837418), (0.5, 0.60653066), (0.7, 0.496585304),
            (1, 0.367879441), (5, 0.006737947), (50, 1.9287498e-22), (1e4, 0),
        ])
    func decay(decays: Double, expected: Double) {
        let value = PeakEWMA.remaining(of: Int64(decays * Double(PeakEWMA.decay)))
        #expect(abs(value - expected) <= expected * 1e-6)
    }

    @Test("Extreme times neither trap nor turn the estimate into nonsense")
    func extremes() {
        var time = PeakEWMA()
        time.record(.max, now: Instant(nanoseconds: .max))
        time.record(-5, now: Instant(nanoseconds: .min + 1))
        time.record(7, now: Instant(nanoseconds: .max))
        #expect(time.estimate(now: Instant(nanoseconds: .max)).isFinite)
        #expect(PeakEWMA.remaining(of: .min) == 1)
        #expect(PeakEWMA.remaining(of: .max) == 0)
    }

    @Test("Cost: time, requests in flight, weight; a backend without an answer is tried once")
    func cost() {
        var time = PeakEWMA()
        let now = at(1)
        #expect(time.cost(now: now, load: BackendLoad(connections: 0)) == 0)
        #expect(time.cost(now: now, load: BackendLoad(connections: 1)) >= PeakEWMA.penalty)
        time.record(20 * Self.millisecond, now: now)
        #expect(time.cost(now: now, load: BackendLoad(connections: 0)) == 20e6)
        #expect(time.cost(now: now, load: BackendLoad(connections: 3, weight: 2)) == 40e6)
        #expect(time.cost(now: now, load: BackendLoad(connections: 0, weight: 0)) == .infinity)
    }

    @Test("Traffic goes where answers come soon, and leaves a backend that gets slow")
    func simulation() throws {
        // Four backends that take 5, 5, 5 and 50 ms; after a while the second takes 200 ms.
        var times = [PeakEWMA](repeating: PeakEWMA(), count: 4)
        var open = [UInt64](repeating: 0, count: 4)
        var choice = LeastResponseTime(seed: 3)
        let places: [UInt32] = [0, 1, 2, 3]
        var finishing: [Int: [(backend: Int, duration: Int64)]] = [:]
        var hits = [Int](repeating: 0, count: 4)
        for millisecond in 0..<20_000 {
            let now = Instant(nanoseconds: Int64(millisecond) * Self.millisecond)
            for done in finishing.removeValue(forKey: millisecond) ?? [] {
                open[done.backend] -= 1
                times[done.backend].record(done.duration, now: now)
            }
            let best = choice.next(in: places.span) {
                times[$0].cost(now: now, load: BackendLoad(connections: open[$0]))
            }
            let chosen = try #require(best)
            open[chosen] += 1
            if millisecond == 10_000 {
                let slow = Double(hits[3]) / Double(hits.reduce(0, +))
                #expect(slow < 0.1)
                hits = [0, 0, 0, 0]
            }
            hits[chosen] += 1
            let duration = [5, millisecond < 10_000 ? 5 : 200, 5, 50][chosen]
            finishing[millisecond + duration, default: []].append(
                (chosen, Int64(duration) * Self.millisecond))
        }
        #expect(hits[1] < 800)
        #expect(hits[0] > 3_000)
        #expect(hits[2] > 3_000)
    }

    @Test("When none takes traffic there is no choice")
    func none() {
        var choice = LeastResponseTime(seed: 1)
        let places: [UInt32] = [0, 1]
        let nobody = choice.next(in: places.span) { _ in .infinity }
        #expect(nobody == nil)
        let other = choice.next(in: places.span) { $0 == 0 ? .infinity : 1e15 }
        #expect(other == 1)
    }
}
