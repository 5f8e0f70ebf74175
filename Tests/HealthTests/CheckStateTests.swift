import Primitives
import Testing

@testable import Health

@Suite("Rise and fall")
struct CheckStateTests {
    private static func definition(healthy: Int, unhealthy: Int) -> CheckDefinition {
        CheckDefinition(
            probe: .tcp(Probe.TCPExchange()),
            timing: CheckTiming(healthyThreshold: healthy, unhealthyThreshold: unhealthy))
    }

    /// The status after each result: `?` unknown, `+` up, `-` down.
    private static func trace(_ results: String, healthy: Int, unhealthy: Int) -> String {
        var state = CheckState(definition(healthy: healthy, unhealthy: unhealthy), at: .zero)
        var trace = ""
        for (index, result) in results.enumerated() {
            let now = Instant(nanoseconds: Int64(index + 1))
            _ = state.record(
                result == "s" ? .success(latency: .milliseconds(1)) : .failure(.refused), at: now)
            trace += state.status == .up ? "+" : state.status == .down ? "-" : "?"
        }
        return trace
    }

    @Test(
        "Results (s, f) move the status (+, -) exactly at the thresholds",
        arguments: [
            // The first result decides, either way.
            ("s", 2, 3, "+"), ("f", 2, 3, "-"),
            // Down again only after three in a row, up only after two.
            ("sfff", 2, 3, "+++-"), ("sffsff", 2, 3, "++++++"), ("sffsfff", 2, 3, "++++++-"),
            ("fss", 2, 3, "--+"), ("fsfs", 2, 3, "----"), ("fsfss", 2, 3, "----+"),
            // A first success counts towards nothing else, a first failure likewise.
            ("sff", 2, 2, "++-"), ("fs", 1, 1, "-+"), ("sf", 1, 1, "+-"),
            // The count starts anew at each transition.
            ("sfffss", 2, 3, "+++--+"), ("fssfff", 2, 3, "--+++-"),
        ])
    func thresholds(results: String, healthy: Int, unhealthy: Int, expected: String) {
        #expect(Self.trace(results, healthy: healthy, unhealthy: unhealthy) == expected)
    }

    @Test("A change tells what it was, what it is, why, and since when")
    func changes() {
        var state = CheckState(Self.definition(healthy: 1, unhealthy: 2), at: .zero)
        let times = (1...5).map { Instant(nanoseconds: $0) }
        let up = state.record(.success(latency: .milliseconds(3)), at: times[0])
        #expect(up == CheckState.Change(from: .unknown, to: .up, reason: nil))
        #expect(state.latency == .milliseconds(3))
        let failing = state.record(.failure(.timedOut), at: times[1])
        #expect(failing == nil)
        #expect(state.reason == .timedOut)
        let down = state.record(.failure(.status(503)), at: times[2])
        #expect(down == CheckState.Change(from: .up, to: .down, reason: .status(503)))
        #expect(state.since == times[2])
        let stillDown = state.record(.failure(.refused), at: times[3])
        #expect(stillDown == CheckState.Change(from: .down, to: .down, reason: .refused))
        let sameReason = state.record(.failure(.refused), at: times[3])
        #expect(sameReason == nil)
        #expect(
            state.observation(by: "lb-1")
                == Observation(
                    observer: "lb-1", status: .down, reason: .refused, since: times[2]))
        let again = state.record(.success(latency: .zero), at: times[4])
        #expect(again == CheckState.Change(from: .down, to: .up, reason: nil))
        #expect(state.reason == nil)
    }

    @Test("A success wipes the reason only once the backend is up")
    func reasonOutlivesTheFirstSuccess() {
        var state = CheckState(Self.definition(healthy: 2, unhealthy: 1), at: .zero)
        _ = state.record(.failure(.refused), at: .zero)
        _ = state.record(.success(latency: .zero), at: .zero)
        #expect(state.status == .down)
        #expect(state.reason == .refused)
    }

    @Test("It agrees with a check of the whole history", arguments: UInt64(0)..<64)
    func sweep(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let healthy = Int.random(in: 1...4, using: &random)
        let unhealthy = Int.random(in: 1...4, using: &random)
        var state = CheckState(Self.definition(healthy: healthy, unhealthy: unhealthy), at: .zero)
        var history: [Bool] = []
        var expected = HealthStatus.unknown
        for step in 1...300 {
            let isSuccess = Bool.random(using: &random)
            history.append(isSuccess)
            let needed = isSuccess ? healthy : unhealthy
            let isRun =
                history.count >= needed && history.suffix(needed).allSatisfy { $0 == isSuccess }
            let before = expected
            if isRun || expected == .unknown { expected = isSuccess ? .up : .down }
            let change = state.record(
                isSuccess ? .success(latency: .zero) : .failure(.reset),
                at: Instant(nanoseconds: Int64(step)))
            #expect(state.status == expected)
            #expect((change != nil) == (before != expected))
            #expect(state.successes <= healthy && state.failures <= unhealthy)
        }
    }
}
