import Primitives
import Testing

@testable import Health

private func key(_ number: Int) -> CheckKey {
    CheckKey(
        address: SocketAddress(ip: IPAddress(ipv4: 0x0A00_0000 + UInt32(number)), port: 80),
        check: CheckID(rawValue: 1))
}

private func at(milliseconds: Int) -> Instant {
    Instant(nanoseconds: Int64(milliseconds) * 1_000_000)
}

private func every(_ interval: Duration) -> CheckTiming {
    CheckTiming(interval: interval)
}

/// Runs a schedule in virtual time, jumping from deadline to deadline. Each probe takes what
/// `duration` says; every start is noted.
private struct Driver {
    var schedule: CheckSchedule
    var now = Instant.zero
    var starts: [CheckKey: [Instant]] = [:]
    var underWay: [CheckKey: Instant] = [:]
    var underWayMost = 0

    mutating func run(until end: Instant, duration: (CheckKey) -> Duration) {
        while true {
            let finishing = underWay.values.min()
            guard let next = [schedule.nextDeadline, finishing].compactMap(\.self).min(),
                next <= end
            else { return }
            now = max(now, next)
            for key in underWay.keys.sorted() where underWay[key] ?? .zero <= now {
                underWay[key] = nil
                _ = schedule.finish(key, at: now, isChanging: false)
            }
            for key in schedule.startDue(at: now) {
                #expect(underWay[key] == nil, "two probes of one check at once")
                starts[key, default: []].append(now)
                underWay[key] = now + duration(key)
            }
            underWayMost = max(underWayMost, underWay.count)
        }
    }
}

@Suite("Check schedule")
struct CheckScheduleTests {
    @Test("First probes are spread over the first two seconds, later ones over the interval")
    func spread() {
        var driver = Driver(schedule: CheckSchedule(seed: 1))
        for number in 0..<3_000 {
            driver.schedule.add(key(number), timing: every(.seconds(30)), at: .zero)
        }
        driver.run(until: at(milliseconds: 90_000)) { _ in .milliseconds(1) }
        let firsts = driver.starts.values.compactMap(\.first)
        #expect(firsts.count == 3_000)
        #expect(firsts.allSatisfy { $0 <= Instant.zero + CheckSchedule.firstProbeWindow })
        func perSecond(_ starts: [Instant], from: Int, to: Int) -> [Int] {
            var counts = [Int](repeating: 0, count: to - from)
            for start in starts {
                let second = Int(start.nanoseconds / 1_000_000_000)
                if (from..<to).contains(second) { counts[second - from] += 1 }
            }
            return counts
        }
        #expect(perSecond(firsts, from: 0, to: 2).allSatisfy { (1_300...1_700).contains($0) })
        let all = driver.starts.values.flatMap { $0 }
        // A hundred a second on average, so 60 to 140 is four standard deviations.
        #expect(perSecond(all, from: 46, to: 90).allSatisfy { (60...140).contains($0) })
    }

    @Test("A short interval is not stretched to the first window")
    func shortInterval() {
        var driver = Driver(schedule: CheckSchedule(seed: 2))
        for number in 0..<50 {
            driver.schedule.add(key(number), timing: every(.milliseconds(500)), at: .zero)
        }
        driver.run(until: at(milliseconds: 500)) { _ in .zero }
        #expect(driver.starts.count == 50)
    }

    @Test("Checks are even, never starve and never overlap themselves", arguments: UInt64(0)..<32)
    func steady(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var driver = Driver(schedule: CheckSchedule(seed: seed))
        let intervals = (0..<20).map { _ in Int.random(in: 100...2_000, using: &random) }
        let durations = intervals.map { Int.random(in: 0...($0 * 2), using: &random) }
        for (number, interval) in intervals.enumerated() {
            driver.schedule.add(key(number), timing: every(.milliseconds(interval)), at: .zero)
        }
        driver.run(until: at(milliseconds: 15_000)) { key in
            .milliseconds(durations[Int(key.address.ip.low & 0xFF)])
        }
        for (number, interval) in intervals.enumerated() {
            let starts = driver.starts[key(number)] ?? []
            let gaps = zip(starts, starts.dropFirst()).map { ($1 - $0).nanoseconds / 1_000_000 }
            // A probe that outlasts its interval skips the points it missed.
            let periods = max(1, (durations[number] + interval - 1) / interval)
            #expect(gaps.dropFirst().allSatisfy { $0 == Int64(periods * interval) })
            #expect((gaps.first ?? 0) >= Int64(interval / 2))
            #expect(starts.count >= 15_000 / (periods * interval) - 2)
        }
    }

    @Test("After a pause a bounded number starts, the longest overdue first, and all get a turn")
    func burst() {
        var driver = Driver(schedule: CheckSchedule(seed: 3, inFlightMax: 10))
        for number in 0..<500 {
            driver.schedule.add(key(number), timing: every(.seconds(5)), at: .zero)
        }
        driver.now = at(milliseconds: 60_000)
        driver.run(until: at(milliseconds: 70_000)) { _ in .milliseconds(50) }
        #expect(driver.underWayMost == 10)
        #expect(driver.starts.count == 500)
        // Ten at a time, 50 ms each: 2.5 s for all, before anybody has a second turn.
        let seconds = driver.starts.values.filter { $0.count > 1 }.compactMap { $0[1] }
        #expect(driver.starts.values.allSatisfy { $0[0] <= at(milliseconds: 62_500) })
        #expect(seconds.allSatisfy { $0 > at(milliseconds: 62_500) })
    }

    @Test("With all probes under way, only a finished one makes room")
    func full() {
        var schedule = CheckSchedule(seed: 4, inFlightMax: 1)
        schedule.add(key(1), timing: every(.seconds(1)), at: .zero)
        schedule.add(key(2), timing: every(.seconds(1)), at: .zero)
        let later = at(milliseconds: 10_000)
        let first = schedule.startDue(at: later)
        #expect(first.count == 1)
        #expect(schedule.nextDeadline == nil)
        let whileFull = schedule.startDue(at: later)
        #expect(whileFull == [])
        let isWanted = schedule.finish(first[0], at: later, isChanging: false)
        #expect(isWanted)
        let afterwards = schedule.startDue(at: later)
        #expect(afterwards.count == 1)
    }

    @Test("A deadline is the earliest of what is due, and nothing starts before it")
    func deadline() throws {
        var schedule = CheckSchedule(seed: 5)
        #expect(schedule.nextDeadline == nil)
        for number in 0..<20 { schedule.add(key(number), timing: every(.seconds(9)), at: .zero) }
        let deadline = try #require(schedule.nextDeadline)
        let early = schedule.startDue(at: deadline - .nanoseconds(1))
        #expect(early == [])
        let onTime = schedule.startDue(at: deadline)
        #expect(onTime.count == 1)
        let next = try #require(schedule.nextDeadline)
        #expect(next > deadline)
    }

    @Test("A removed check starts no more, and its late result is refused")
    func remove() {
        var schedule = CheckSchedule(seed: 6)
        schedule.add(key(1), timing: every(.seconds(1)), at: .zero)
        schedule.add(key(2), timing: every(.seconds(1)), at: .zero)
        schedule.remove(key(1))
        schedule.remove(key(3))
        let later = at(milliseconds: 1_000)
        let started = schedule.startDue(at: later)
        #expect(started == [key(2)])
        schedule.remove(key(2))
        schedule.remove(key(2))
        let isWanted = schedule.finish(key(2), at: later, isChanging: false)
        #expect(!isWanted)
        let isWantedAgain = schedule.finish(key(2), at: later, isChanging: false)
        #expect(!isWantedAgain)
        #expect(schedule.nextDeadline == nil)
        let afterwards = schedule.startDue(at: at(milliseconds: 9_000))
        #expect(afterwards == [])
    }

    @Test("A check that comes back while its old probe is under way waits for it")
    func comesBack() {
        var schedule = CheckSchedule(seed: 7)
        schedule.add(key(1), timing: every(.seconds(1)), at: .zero)
        let before = schedule.startDue(at: at(milliseconds: 1_000))
        #expect(before == [key(1)])
        schedule.remove(key(1))
        schedule.add(key(1), timing: every(.seconds(1)), at: at(milliseconds: 1_100))
        let meanwhile = schedule.startDue(at: at(milliseconds: 5_000))
        #expect(meanwhile == [])
        let isWanted = schedule.finish(key(1), at: at(milliseconds: 5_000), isChanging: false)
        #expect(isWanted)
        let after = schedule.startDue(at: at(milliseconds: 6_000))
        #expect(after == [key(1)])
    }

    @Test("Adding a check twice changes nothing, and finishing one that waits neither")
    func idempotent() {
        var schedule = CheckSchedule(seed: 8)
        schedule.add(key(1), timing: every(.seconds(10)), at: .zero)
        let deadline = schedule.nextDeadline
        schedule.add(key(1), timing: every(.seconds(10)), at: at(milliseconds: 1))
        let isWanted = schedule.finish(key(1), at: at(milliseconds: 1), isChanging: false)
        #expect(!isWanted)
        #expect(schedule.nextDeadline == deadline)
    }

    @Test("Random additions and removals lose no check", arguments: UInt64(0)..<32)
    func churn(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var driver = Driver(schedule: CheckSchedule(seed: seed, inFlightMax: 8))
        var wanted: Set<CheckKey> = []
        for step in 1...400 {
            let key = key(Int.random(in: 0..<30, using: &random))
            if Bool.random(using: &random) {
                driver.schedule.add(key, timing: every(.milliseconds(200)), at: driver.now)
                wanted.insert(key)
            } else {
                driver.schedule.remove(key)
                wanted.remove(key)
            }
            driver.schedule.checkInvariants()
            driver.run(until: at(milliseconds: step * 10)) { _ in .milliseconds(15) }
        }
        driver.starts = [:]
        driver.run(until: driver.now + .seconds(2)) { _ in .milliseconds(15) }
        #expect(Set(driver.starts.keys) == wanted)
        #expect(driver.starts.values.allSatisfy { (8...11).contains($0.count) })
    }

    @Test("What removed checks leave behind is cleared away")
    func noLeftovers() {
        var schedule = CheckSchedule(seed: 11)
        schedule.add(key(0), timing: every(.milliseconds(1)), at: .zero)
        for number in 1...2_000 {
            schedule.add(key(number), timing: every(.seconds(9)), at: .zero)
            schedule.remove(key(number))
            schedule.checkInvariants()
        }
    }

    @Test("The same seed makes the same schedule, another seed another")
    func replay() {
        func starts(seed: UInt64) -> [CheckKey: [Instant]] {
            var driver = Driver(schedule: CheckSchedule(seed: seed))
            for number in 0..<20 {
                driver.schedule.add(key(number), timing: every(.seconds(3)), at: .zero)
            }
            driver.run(until: at(milliseconds: 20_000)) { _ in .milliseconds(10) }
            return driver.starts
        }
        #expect(starts(seed: 9) == starts(seed: 9))
        #expect(starts(seed: 9) != starts(seed: 10))
    }
}
