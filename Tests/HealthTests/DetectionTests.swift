import Health
import Primitives
import Testing

/// Schedule, states and verdicts together: how soon a cluster knows.
@Suite("Detection")
struct DetectionTests {
    private static let definition = CheckDefinition(
        probe: .tcp(Probe.TCPExchange()),
        timing: CheckTiming(interval: .milliseconds(500), timeout: .milliseconds(400)))

    private struct Observer {
        var schedule: CheckSchedule
        var state: CheckState
    }

    private static let backend = CheckKey(
        address: SocketAddress(ip: .loopbackIPv4, port: 80), check: definition.id)

    /// Three nodes probe one backend until it stops at `stop`; the time from there until every
    /// node's verdict is down. What one node observes, the others see `gossip` later.
    private static func detection(
        seed: UInt64, stop: Instant, failure: FailureReason, gossip: Duration
    ) -> Duration {
        var observers = (0..<3).map { index in
            Observer(
                schedule: CheckSchedule(seed: seed &* 3 &+ UInt64(index)),
                state: CheckState(definition, at: .zero))
        }
        for index in observers.indices {
            observers[index].schedule.add(backend, timing: definition.timing, at: .zero)
        }
        var downs = [Instant?](repeating: nil, count: 3)
        for index in observers.indices {
            while downs[index] == nil, let due = observers[index].schedule.nextDeadline {
                guard !observers[index].schedule.startDue(at: due).isEmpty else { break }
                let isUp = due < stop
                let isSlow = !isUp && failure == .timedOut
                let end = due + (isSlow ? definition.timing.timeout : .milliseconds(1))
                _ = observers[index].state.record(
                    isUp ? .success(latency: .milliseconds(1)) : .failure(failure), at: end)
                _ = observers[index].schedule.finish(
                    backend, at: end, isChanging: observers[index].state.isChanging)
                if observers[index].state.status == .down { downs[index] = end }
            }
        }
        return (0..<3).map { reader in
            // The verdict turns when two of three observations have arrived.
            let arrivals = downs.indices.map { index in
                (downs[index] ?? .zero) + (index == reader ? .zero : gossip)
            }.sorted()
            return verdictTurns(at: arrivals) - stop
        }.max() ?? .zero
    }

    private static func verdictTurns(at arrivals: [Instant]) -> Instant {
        var verdict = Verdict.unknown
        for now in arrivals {
            let seen = arrivals.enumerated().map { index, arrival in
                Observation(
                    observer: "lb-\(index)", status: arrival <= now ? .down : .up,
                    reason: nil, since: arrival)
            }
            verdict = Verdict.merge(
                rule: .majority, own: seen[0], others: Array(seen.dropFirst()), previous: verdict)
            if verdict.status == .down { return now }
        }
        return Instant(nanoseconds: .max)
    }

    @Test(
        "Probing each 500 ms, three nodes know of a backend that stops within 3 s",
        arguments: UInt64(0)..<64)
    func withinThreeSeconds(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let stop = Instant(
            nanoseconds: Int64.random(in: 3_000_000_000...5_000_000_000, using: &random))
        let refused = Self.detection(
            seed: seed, stop: stop, failure: .refused, gossip: .milliseconds(500))
        #expect(refused > .milliseconds(500) && refused <= .milliseconds(2_001))
        let hanging = Self.detection(
            seed: seed, stop: stop, failure: .timedOut, gossip: .milliseconds(500))
        #expect(hanging > .milliseconds(900) && hanging <= .milliseconds(2_400))
    }
}
