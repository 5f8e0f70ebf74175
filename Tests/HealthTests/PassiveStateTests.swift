import Health
import Primitives
import Testing

/// A backend's counters and what one node makes of them, a sample a second.
private struct Bench {
    var counters = PassiveCounters(successes: 1_000, failures: 1_000, refused: 1_000)
    var state: PassiveState
    var now = Instant.zero
    var isAllowed = true

    init(_ change: (inout PassiveDefinition) -> Void = { _ in }) {
        var definition = PassiveDefinition()
        change(&definition)
        state = PassiveState(definition, counters: counters, at: .zero)
    }

    mutating func sample(
        good: UInt64 = 0, errors: UInt64 = 0, failed: UInt64 = 0, refused: UInt64 = 0,
        after pause: Duration = .seconds(1)
    ) -> PassiveState.Event? {
        now = now + pause
        counters.successes += good
        counters.serverErrors += errors
        counters.failures += failed + refused
        counters.refused += refused
        let isAllowed = isAllowed
        return state.sample(counters, at: now) { isAllowed }
    }

    /// Samples each second without traffic until the backend returns; how many seconds it took.
    mutating func secondsUntilReturn() -> Int? {
        for second in 1...1_000 where sample() == .returned { return second }
        return nil
    }
}

@Suite("Passive checks")
struct PassiveStateTests {
    @Test("What was before is not judged")
    func past() {
        var bench = Bench()
        let first = bench.sample()
        #expect(first == nil)
        let second = bench.sample(good: 1)
        #expect(second == nil)
    }

    @Test("Failures in a row eject at the threshold, over any number of samples")
    func inARow() {
        var bench = Bench()
        let four = bench.sample(failed: 4)
        #expect(four == nil)
        let quiet = bench.sample()
        #expect(quiet == nil)
        let five = bench.sample(failed: 1)
        #expect(five == .ejected(until: bench.now + .seconds(10), reason: .consecutiveFailures(5)))
        #expect(bench.state.ejection?.since == bench.now)
        let while1 = bench.sample(failed: 100)
        #expect(while1 == nil)
    }

    @Test("A success between them starts the count anew")
    func interrupted() {
        var bench = Bench()
        for _ in 0..<100 {
            let failing = bench.sample(failed: 4)
            #expect(failing == nil)
            let mixed = bench.sample(good: 1, failed: 50)
            #expect(mixed == nil)
        }
    }

    @Test("Statuses of 500 and above count if they are to")
    func serverErrors() {
        var bench = Bench()
        let ejected = bench.sample(errors: 5)
        #expect(
            ejected == .ejected(until: bench.now + .seconds(10), reason: .consecutiveFailures(5)))
        var lenient = Bench { $0.countsServerErrors = false }
        let stays = lenient.sample(errors: 500)
        #expect(stays == nil)
        // As a success it interrupts a run, too.
        _ = lenient.sample(failed: 4)
        _ = lenient.sample(errors: 1)
        let still = lenient.sample(failed: 4)
        #expect(still == nil)
    }

    @Test("A refused connection counts at once, if it is to")
    func refused() {
        var bench = Bench()
        let ejected = bench.sample(good: 50, refused: 1)
        #expect(ejected == .ejected(until: bench.now + .seconds(10), reason: .refused))
        var patient = Bench { $0.ejectsOnRefused = false }
        let stays = patient.sample(refused: 4)
        #expect(stays == nil)
        let fifth = patient.sample(refused: 1)
        #expect(
            fifth == .ejected(until: patient.now + .seconds(10), reason: .consecutiveFailures(5)))
    }

    @Test("The share of a window ejects, with enough requests in it")
    func share() {
        var bench = Bench { $0.errorShare = 0.5 }
        let few = bench.sample(good: 9, failed: 10)
        #expect(few == nil)
        let enough = bench.sample(good: 1)
        #expect(
            enough == .ejected(until: bench.now + .seconds(10), reason: .errorShare(percent: 50)))
    }

    @Test("Requests leave the window when they are older than it")
    func window() {
        var bench = Bench { $0.errorShare = 0.5 }
        _ = bench.sample(good: 10, failed: 9)
        // Eleven seconds later those are forgotten: 19 new ones are too few, 20 are enough.
        for _ in 0..<10 { _ = bench.sample() }
        let few = bench.sample(good: 5, failed: 14)
        #expect(few == nil)
        let enough = bench.sample(failed: 1)
        #expect(
            enough == .ejected(until: bench.now + .seconds(10), reason: .errorShare(percent: 75)))
    }

    @Test("With everything off, nothing ejects")
    func off() {
        var bench = Bench {
            $0.consecutiveFailures = nil
            $0.ejectsOnRefused = false
        }
        for _ in 0..<50 {
            let event = bench.sample(errors: 100, failed: 100, refused: 100)
            #expect(event == nil)
        }
    }

    @Test("It returns on time, and one failure on trial ejects it for longer each time")
    func growing() {
        var bench = Bench()
        var times: [Int] = []
        _ = bench.sample(failed: 5)
        for _ in 0..<40 {
            times.append(bench.secondsUntilReturn() ?? 0)
            #expect(bench.state.ejection == nil && bench.state.isOnTrial)
            let again = bench.sample(failed: 1)
            #expect(bench.state.ejection?.reason == .consecutiveFailures(1))
            #expect(again != nil)
        }
        #expect(times == (1...40).map { min($0 * 10, 300) })
    }

    @Test("A success ends the trial: from then on the threshold holds again")
    func trialEnds() {
        var bench = Bench()
        _ = bench.sample(failed: 5)
        #expect(bench.secondsUntilReturn() == 10)
        _ = bench.sample(good: 1)
        #expect(!bench.state.isOnTrial)
        let four = bench.sample(failed: 4)
        #expect(four == nil)
    }

    @Test("What it was ejected for is not counted again after its return")
    func cleanSlate() {
        var bench = Bench {
            $0.errorShare = 0.5
            $0.consecutiveFailures = nil
            $0.baseEjection = .seconds(2)
        }
        let ejected = bench.sample(good: 10, failed: 30)
        #expect(ejected != nil)
        #expect(bench.secondsUntilReturn() == 2)
        let good = bench.sample(good: 1)
        #expect(good == nil)
    }

    @Test("The length falls back by one for each base time in service")
    func fallingBack() {
        var bench = Bench()
        _ = bench.sample(failed: 5)
        for _ in 0..<4 {
            _ = bench.secondsUntilReturn()
            _ = bench.sample(failed: 1)
        }
        #expect(bench.state.ejections == 5)
        #expect(bench.secondsUntilReturn() == 50)
        for _ in 0..<29 { _ = bench.sample(good: 10) }
        #expect(bench.state.ejections == 3)
        _ = bench.sample(good: 10)
        #expect(bench.state.ejections == 2)
        for _ in 0..<1_000 { _ = bench.sample(good: 10) }
        #expect(bench.state.ejections == 0)
        _ = bench.sample(failed: 5)
        #expect(bench.secondsUntilReturn() == 10)
    }

    @Test("What may not be ejected is asked for again, until a success clears it")
    func capped() {
        var bench = Bench()
        bench.isAllowed = false
        let denied = bench.sample(failed: 5)
        #expect(denied == nil && bench.state.ejections == 0)
        bench.isAllowed = true
        let granted = bench.sample()
        #expect(granted != nil)
        var cleared = Bench()
        cleared.isAllowed = false
        _ = cleared.sample(refused: 5)
        _ = cleared.sample(good: 1)
        cleared.isAllowed = true
        let stays = cleared.sample()
        #expect(stays == nil)
    }

    @Test("Permission is asked for only when it is needed")
    func asking() {
        var bench = Bench()
        bench.counters.successes += 5
        var asked = 0
        for _ in 0..<5 {
            bench.counters.failures += 1
            bench.now = bench.now + .seconds(1)
            bench.counters.successes += 1
            _ = bench.state.sample(bench.counters, at: bench.now) {
                asked += 1
                return true
            }
        }
        #expect(asked == 0)
    }

    @Test("An active success ends an ejection for refusal, and no other")
    func activeSuccess() {
        var bench = Bench()
        _ = bench.sample(refused: 1)
        // A probe that ended no later than the refusal proves nothing.
        let early = bench.state.noteActiveSuccess(at: bench.now)
        #expect(early == nil)
        let returned = bench.state.noteActiveSuccess(at: bench.now + .seconds(1))
        #expect(returned == .returned && bench.state.isOnTrial)
        _ = bench.sample(failed: 1)
        let other = bench.state.noteActiveSuccess(at: bench.now + .seconds(1))
        #expect(other == nil && bench.state.ejection != nil)
    }

    @Test("Counters that shrink, or jump as far as they can, trap nowhere", arguments: 0..<32)
    func wild(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var bench = Bench {
            $0.errorShare = 0.3
            $0.baseEjection = .milliseconds(1)
        }
        for _ in 0..<300 {
            func any() -> UInt64 { random.next() >> UInt64.random(in: 0...63, using: &random) }
            bench.counters = PassiveCounters(
                successes: any(), serverErrors: any(), failures: any(), refused: any())
            let event = bench.sample(after: .milliseconds(Int.random(in: 0...5, using: &random)))
            switch event {
            case .ejected(let until, _): #expect(until > bench.now)
            case .returned: #expect(bench.state.ejection == nil)
            case nil: break
            }
        }
    }

    @Test("A node publishes its ejection, or else what its active check says")
    func combined() throws {
        var bench = Bench()
        _ = bench.sample(refused: 1)
        let ejection = try #require(bench.state.ejection)
        func observation(_ status: HealthStatus, _ reason: FailureReason?, at since: Instant)
            -> Observation
        {
            Observation(observer: "lb-1", status: status, reason: reason, since: since)
        }
        let up = observation(.up, nil, at: .zero)
        let passive = observation(.down, .refused, at: ejection.since)
        #expect(Observation.combined(active: up, passive: nil, by: "lb-1") == up)
        #expect(Observation.combined(active: nil, passive: nil, by: "lb-1") == nil)
        #expect(Observation.combined(active: up, passive: ejection, by: "lb-1") == passive)
        #expect(Observation.combined(active: nil, passive: ejection, by: "lb-1") == passive)
        let before = observation(.down, .timedOut, at: .zero)
        #expect(Observation.combined(active: before, passive: ejection, by: "lb-1") == before)
        let after = observation(.down, .timedOut, at: ejection.since + .seconds(1))
        #expect(Observation.combined(active: after, passive: ejection, by: "lb-1") == passive)
    }

    @Test("Every number of a definition makes another check")
    func identity() {
        let variants = [
            PassiveDefinition(), PassiveDefinition(consecutiveFailures: nil),
            PassiveDefinition(errorShare: 0.5), PassiveDefinition(minimumRequests: 21),
            PassiveDefinition(window: .seconds(9)), PassiveDefinition(baseEjection: .seconds(9)),
            PassiveDefinition(maxEjection: .seconds(9)), PassiveDefinition(maxEjectedShare: 9),
            PassiveDefinition(ejectsOnRefused: false),
            PassiveDefinition(countsServerErrors: false),
        ]
        #expect(Set(variants.map(\.id)).count == variants.count)
    }
}
