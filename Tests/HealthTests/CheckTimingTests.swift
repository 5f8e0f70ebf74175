import Health
import Primitives
import Testing

/// When the probes of a check start, seen from outside.
@Suite("Timing of a check")
struct CheckTimingTests {
    private static let key = CheckKey(
        address: SocketAddress(ip: .loopbackIPv4, port: 80), check: CheckID(rawValue: 1))

    /// The starts until `end`; `isChanging` is asked after each, with its number.
    private static func starts(
        _ timing: CheckTiming, seed: UInt64, until end: Duration,
        isChanging: (Int) -> Bool = { _ in false }
    ) -> [Instant] {
        var schedule = CheckSchedule(seed: seed)
        schedule.add(key, timing: timing, at: .zero)
        var starts: [Instant] = []
        while let due = schedule.nextDeadline, due <= .zero + end {
            guard schedule.startDue(at: due) == [key] else { break }
            starts.append(due)
            let isOwed = schedule.finish(
                key, at: due + .milliseconds(1), isChanging: isChanging(starts.count))
            #expect(isOwed)
        }
        return starts
    }

    private static func gaps(_ starts: [Instant]) -> [Duration] {
        zip(starts, starts.dropFirst()).map { $1 - $0 }
    }

    @Test("The first probe waits for the initial delay", arguments: UInt64(0)..<16)
    func initialDelay(seed: UInt64) throws {
        let starts = Self.starts(
            CheckTiming(interval: .seconds(10), initialDelay: .seconds(60)), seed: seed,
            until: .seconds(200))
        let first = try #require(starts.first)
        #expect(first >= .zero + .seconds(60))
        #expect(first <= .zero + .seconds(60) + CheckSchedule.firstProbeWindow)
        #expect(Self.gaps(starts).dropFirst().allSatisfy { $0 == .seconds(10) })
    }

    @Test("While a state changes the fast interval holds, and then the old rhythm again")
    func fastInterval() {
        let timing = CheckTiming(interval: .seconds(30), fastInterval: .seconds(2))
        let starts = Self.starts(timing, seed: 3, until: .seconds(400)) { (5...7).contains($0) }
        let gaps = Self.gaps(starts)
        // After the fifth, sixth and seventh.
        #expect(gaps[4...6].allSatisfy { $0 == .seconds(2) })
        #expect(gaps[1...3].allSatisfy { $0 == .seconds(30) })
        #expect(gaps[8...].allSatisfy { $0 == .seconds(30) })
        let phase = starts[4].nanoseconds % 30_000_000_000
        #expect(starts.dropFirst(8).allSatisfy { $0.nanoseconds % 30_000_000_000 == phase })
        // The way back: half an interval at least, one and a half at most.
        #expect(gaps[7] >= .seconds(15) && gaps[7] < .seconds(45))
    }

    @Test("A fast probe never comes later than the ordinary one", arguments: UInt64(0)..<16)
    func fastIsNeverSlow(seed: UInt64) throws {
        let timing = CheckTiming(interval: .seconds(2), fastInterval: .seconds(9))
        #expect(timing.fastInterval == .seconds(2))
        func gaps(isChanging: Bool) -> [Duration] {
            Self.gaps(
                Self.starts(timing, seed: seed, until: .seconds(100)) { _ in isChanging })
        }
        // The first probe is not in the rhythm; the second comes up to half an interval before or
        // after it would be.
        let ordinary = try #require(gaps(isChanging: false).first)
        #expect(gaps(isChanging: true).first == min(ordinary, .seconds(2)))
        #expect(gaps(isChanging: true).dropFirst().allSatisfy { $0 == .seconds(2) })
    }

    @Test(
        "Jitter makes probes late, by another time each, and never shifts the rhythm",
        arguments: UInt64(0)..<16)
    func jitter(seed: UInt64) throws {
        let timing = CheckTiming(interval: .seconds(10), jitter: .seconds(4))
        let starts = Self.starts(timing, seed: seed, until: .seconds(3_000)).dropFirst()
        #expect((297...300).contains(starts.count))
        let second: Int64 = 1_000_000_000
        // The rhythm is that of a schedule without jitter from the same seed.
        let even = Self.starts(CheckTiming(interval: .seconds(10)), seed: seed, until: .seconds(50))
        let turn = try #require(even.last).nanoseconds % (10 * second)
        let late = starts.map {
            (($0.nanoseconds - turn) % (10 * second) + 10 * second) % (10 * second)
        }
        #expect(late.allSatisfy { $0 <= 4 * second })
        #expect((late.min() ?? 0) < second / 2 && (late.max() ?? 0) > 3 * second + second / 2)
        #expect(Set(late).count > 290)
    }

    @Test("Jitter as long as the interval leaves out no turn")
    func wholeJitter() {
        let timing = CheckTiming(interval: .seconds(10), jitter: .seconds(100))
        #expect(timing.jitter == .seconds(10))
        let starts = Self.starts(timing, seed: 5, until: .seconds(10_000))
        #expect((997...1_002).contains(starts.count))
    }

    @Test("A state is changing before its first result and while a result contradicts it")
    func isChanging() {
        var state = CheckState(
            CheckDefinition(probe: .tcp(Probe.TCPExchange())), at: .zero)
        #expect(state.isChanging)
        func changing(after results: String) -> [Bool] {
            results.map { result in
                _ = state.record(
                    result == "s" ? .success(latency: .zero) : .failure(.refused), at: .zero)
                return state.isChanging
            }
        }
        // Up at once; one and two failures of three; a success; down; up with the second success.
        #expect(
            changing(after: "sffsfffss") == [
                false, true, true, false, true, true, false, true, false,
            ])
    }
}
