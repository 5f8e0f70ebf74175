import EventLoop
import Primitives
import Testing

@Suite("Timer wheel")
struct TimerWheelTests {
    /// Everything that fires up to `now`, in the order in which it fires.
    private func fire(_ wheel: inout TimerWheel, at now: Instant) -> [UInt32] {
        withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 64) { buffer in
            var all: [UInt32] = []
            while true {
                let count = wheel.advance(to: now, fired: buffer)
                all += buffer[..<count]
                if count < buffer.count { return all }
            }
        }
    }

    /// Outside the macro, which cannot take the wheel along.
    private func expect(
        _ expected: [UInt32], from fired: [UInt32],
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(fired == expected, sourceLocation: sourceLocation)
    }

    @Test("A timer fires once, not before its deadline and at most a tick late")
    func firesOnce() {
        var wheel = TimerWheel(capacity: 4, now: .zero)
        wheel.set(1, to: .zero + .milliseconds(95))
        expect([], from: fire(&wheel, at: .zero + .milliseconds(94)))
        expect([1], from: fire(&wheel, at: .zero + .milliseconds(105)))
        expect([], from: fire(&wheel, at: .zero + .seconds(60)))
    }

    @Test("A deadline moves later and earlier, and can be cancelled")
    func moves() {
        var wheel = TimerWheel(capacity: 4, now: .zero)
        wheel.set(0, to: .zero + .milliseconds(50))
        wheel.set(0, to: .zero + .milliseconds(500))
        wheel.set(1, to: .zero + .seconds(30))
        wheel.set(1, to: .zero + .milliseconds(100))
        wheel.set(2, to: .zero + .milliseconds(100))
        wheel.cancel(2)
        expect([1], from: fire(&wheel, at: .zero + .milliseconds(120)))
        expect([], from: fire(&wheel, at: .zero + .milliseconds(490)))
        expect([0], from: fire(&wheel, at: .zero + .milliseconds(520)))
    }

    @Test("A deadline beyond the wheel's round, and a jump of the clock, are met")
    func longDeadlines() {
        var wheel = TimerWheel(capacity: 4, now: .zero)
        wheel.set(0, to: .zero + .seconds(50))
        for second in 1..<50 { expect([], from: fire(&wheel, at: .zero + .seconds(second))) }
        expect([0], from: fire(&wheel, at: .zero + .milliseconds(50_020)))
        wheel.set(3, to: .zero + .seconds(60))
        expect([3], from: fire(&wheel, at: .zero + .seconds(86_400)))
    }

    @Test("The loop sleeps until the next deadline, or as long as it likes")
    func sleepLimit() {
        var wheel = TimerWheel(capacity: 4, now: .zero)
        let idle = wheel.sleepLimit(now: .zero, longest: .seconds(1))
        #expect(idle == .seconds(1))
        wheel.set(0, to: .zero + .milliseconds(200))
        let limit = wheel.sleepLimit(now: .zero, longest: .seconds(1))
        #expect((Duration.milliseconds(200) ... .milliseconds(220)).contains(limit))
    }

    @Test(
        "Random settings fire exactly as a plain list of deadlines does", arguments: UInt64(0)..<64)
    func matchesModel(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var now = Instant.zero
        var wheel = TimerWheel(capacity: 32, now: now)
        var model: [UInt32: Instant] = [:]
        for _ in 0..<400 {
            let timer = UInt32.random(in: 0..<32, using: &random)
            switch Int.random(in: 0..<4, using: &random) {
            case 0:
                wheel.cancel(timer)
                model[timer] = nil
            case 1, 2:
                let deadline = now + .milliseconds(Int.random(in: 0..<15_000, using: &random))
                wheel.set(timer, to: deadline)
                model[timer] = deadline
            default:
                now = now + .milliseconds(Int.random(in: 0..<3_000, using: &random))
                for fired in fire(&wheel, at: now) {
                    let deadline = model.removeValue(forKey: fired)
                    #expect(deadline.map { $0 <= now } == true)
                }
                let overdue = model.filter { $0.value <= now - TimerWheel.tick }
                #expect(overdue.isEmpty)
            }
        }
    }
}
