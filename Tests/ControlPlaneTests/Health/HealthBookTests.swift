import Health
import Primitives
import Testing

@testable import ConfigurationFile
@testable import ControlPlane

@Suite("What a node knows of its backends' health")
struct HealthBookTests {
    private let key = Pools.key(1)

    @Test("The first result decides, then the thresholds do")
    func thresholds() {
        var book = Book([Pools.checked()])
        book.add(key)
        #expect(book.verdict(key) == .unknown && book.health.takesTraffic(key))
        let first = book.run(for: .seconds(2)) { _ in .refused }
        #expect(first.map(\.change.to) == [.down])
        #expect(book.verdict(key) == .down && !book.health.takesTraffic(key))
        #expect(book.health.reasonText(of: key) == "connection refused")
        #expect(book.health.cameUp(key) == nil)
        #expect(book.run(for: .seconds(10)).isEmpty, "one success of two")
        #expect(book.run(for: .seconds(10)).map(\.change.to) == [.up])
        #expect(book.verdict(key) == .up && book.health.takesTraffic(key))
        #expect(book.health.cameUp(key) == book.now)
        #expect(book.run(for: .seconds(20)) { _ in .refused }.isEmpty, "two failures of three")
        #expect(book.run(for: .seconds(10)) { _ in .refused }.map(\.change.to) == [.down])
    }

    @Test("A verdict is told when it changes and not otherwise, and says who sees what")
    func verdictChanges() throws {
        var book = Book([Pools.checked()])
        book.add(key)
        book.run(for: .seconds(2))
        let up = Observation(observer: "b", status: .up, reason: nil, since: book.now)
        let down = Observation(observer: "c", status: .down, reason: .timedOut, since: book.now)
        let first = book.health.reconsider(key, others: [up, down], at: book.now)
        #expect(first?.status == .up)
        #expect(first?.seenUp.map(\.observer) == ["a", "b"])
        #expect(first?.seenDown.map(\.observer) == ["c"])
        #expect(book.health.reconsider(key, others: [up], at: book.now) == nil)
        #expect(book.health.verdict(on: key).seenDown.isEmpty, "kept all the same")
        // A tie leaves it as it was.
        #expect(book.health.reconsider(key, others: [down], at: book.now) == nil)
        let second = Observation(observer: "d", status: .down, reason: nil, since: book.now)
        let changed = book.health.reconsider(key, others: [down, second], at: book.now)
        #expect(changed?.status == .down && changed?.reason == .timedOut)
        #expect(book.health.reasonText(of: key) == "timed out after 5s")
    }

    @Test("When all observers vanish, what was known last stays")
    func nobodyLeft() throws {
        var book = Book([Pools.checked()])
        _ = book.health.setPresent(["b", "c", "d", "e", "f"], at: book.now)
        for number in 1...30 { book.add(Pools.key(number)) }
        let key = try #require((1...30).map { Pools.key($0) }.first { book.own($0) == nil })
        #expect(book.verdict(key, ["b": .down]) == .down)
        #expect(book.verdict(key) == .down)
        #expect(book.verdict(key, ["b": .up]) == .up)
        #expect(book.verdict(key) == .up)
    }

    @Test("Without checks nothing is observed, and every backend takes traffic")
    func unchecked() {
        var book = Book([Pools.pool("api")])
        book.add(key)
        #expect(book.health.nextDeadline == nil)
        #expect(book.own(key) == nil && book.health.checkID(of: key) == nil)
        #expect(book.health.rule(of: "api") == nil)
        #expect(book.verdict(key, ["b": .down, "c": .down]) == .unknown)
        #expect(book.health.takesTraffic(key))
        #expect(book.health.takesTraffic(Pools.key(2)), "nor is anything held against others")
    }

    @Test("Pools that check one address in one way share one probe, others have their own")
    func sharing() {
        var slow = Pools.checked("slow")
        slow.health?.check = CheckDefinition(
            probe: .tcp(Probe.TCPExchange()), timing: CheckTiming(interval: .seconds(20)))
        var book = Book([Pools.checked("api"), Pools.checked("web"), slow])
        let keys = ["api", "web", "slow"].map { Pools.key(1, in: $0) }
        for key in keys { book.add(key) }
        // One that is added twice is there once.
        book.add(keys[0])
        var probes = 0
        book.run(for: .seconds(2)) { _ in
            probes += 1
            return .refused
        }
        #expect(probes == 2)
        for key in keys { #expect(book.verdict(key) == .down) }
        #expect(book.health.checkID(of: keys[0]) == book.health.checkID(of: keys[1]))
        #expect(book.health.checkID(of: keys[0]) != book.health.checkID(of: keys[2]))
        book.health.remove(keys[0])
        #expect(book.health.backend(described: keys[0].description) == nil)
        #expect(book.health.backend(described: keys[1].description) == keys[1])
        #expect(book.own(keys[0]) == nil && book.own(keys[1]) == .down)
        book.run(for: .seconds(20))
        #expect(book.own(keys[1]) == .up, "the other pool goes on")
        for key in keys { book.health.remove(key) }
        #expect(book.health.nextDeadline == nil)
    }

    @Test("A result that comes when its backend is gone, or came back anew, harms nobody")
    func lateResult() throws {
        var book = Book([Pools.checked()])
        book.add(key)
        book.now = try #require(book.health.nextDeadline)
        let checks = book.health.startDue(at: book.now)
        let check = try #require(checks.first)
        book.health.remove(key)
        #expect(book.health.finish(check, .refused, isFrozen: false, at: book.now) == nil)
        #expect(book.health.finish(check, .refused, isFrozen: false, at: book.now) == nil)
        #expect(book.own(key) == nil)
        book.add(key)
        #expect(book.own(key) == .unknown)
        book.run(for: .seconds(2))
        #expect(book.own(key) == .up)
    }

    @Test("What is new in a pool that serves, and what comes up, takes its share slowly")
    func slowStart() {
        var book = Book([Pools.checked()])
        book.add(key)
        book.health.startSlowly(key, at: book.now)
        #expect(book.health.cameUp(key) == book.now)
        book.run(for: .seconds(2))
        #expect(book.verdict(key) == .up)
        #expect(book.health.cameUp(key) != book.now, "it was not down")
    }

    // MARK: Frozen verdicts

    @Test("A node that is cut off and sees most backends fail keeps its verdicts")
    func frozen() {
        var book = Book([Pools.checked()])
        let keys = (1...5).map { Pools.key($0) }
        for key in keys { book.add(key) }
        book.run(for: .seconds(11))
        #expect(keys.map { book.verdict($0) } == Array(repeating: .up, count: 5))
        book.isCutOff = true
        // Two of five fail: that is believed.
        let few = book.run(for: .seconds(31)) { address in
            [keys[0].address, keys[1].address].contains(address) ? .refused : .fine
        }
        #expect(few.count == 2)
        #expect(!book.health.isFrozen(isCutOff: true))
        // All others fail too: that is not.
        #expect(book.run(for: .seconds(60)) { _ in .refused }.isEmpty)
        #expect(book.health.isFrozen(isCutOff: true) && !book.health.isFrozen(isCutOff: false))
        #expect(keys.map { book.verdict($0) } == [.down, .down, .up, .up, .up])
        // Once another node answers again, what fails still is believed at the next result.
        book.isCutOff = false
        #expect(book.run(for: .seconds(11)) { _ in .refused }.count == 3)
    }

    @Test("What went down just before the node found itself cut off is taken back")
    func revoked() {
        var book = Book([Pools.checked("api"), Pools.checked("web")])
        let (early, late, web) = (Pools.key(1), Pools.key(2), Pools.key(2, in: "web"))
        book.add(early, late, web)
        book.run(for: .seconds(11))
        book.run(for: .seconds(31)) { $0 == early.address ? .refused : .fine }
        #expect(book.own(early) == .down)
        var before = book.now
        while book.own(late) == .up {
            before = book.now
            book.run(for: .seconds(1)) { _ in .refused }
        }
        book.now = before + .seconds(5)
        #expect(book.health.revoke(at: book.now) == [late, web])
        #expect(book.own(late) == .up && book.own(web) == .up && book.own(early) == .down)
        #expect(book.health.revoke(at: book.now).isEmpty, "once")
    }

    // MARK: Restarts of control

    @Test("What a former control process knew holds on, thresholds and all")
    func restart() {
        for (status, opposite) in [(HealthStatus.up, HealthStatus.down), (.down, .up)] {
            func answer(_ status: HealthStatus) -> ProbeResult { status == .up ? .fine : .refused }
            var former = Book([Pools.checked()])
            former.add(key)
            former.run(for: .seconds(2)) { _ in answer(status) }
            #expect(former.verdict(key) == status)
            let word = former.health.encoded(key)
            var book = Book([Pools.checked()], seed: 2)
            book.add(key)
            book.health.restore(key, from: word, at: book.now)
            #expect(book.health.verdict(on: key).status == status && book.own(key) == status)
            #expect(book.health.takesTraffic(key) == (status == .up))
            #expect(book.verdict(key) == status)
            #expect(book.health.encoded(key) == word)
            // One contrary result does not decide as the first one ever would.
            #expect(book.run(for: .seconds(2)) { _ in answer(opposite) }.isEmpty)
            let later = book.run(for: .seconds(21)) { _ in answer(opposite) }
            #expect(later.map(\.change.to) == [opposite])
        }
    }

    @Test("The verdict of the cluster and the node's own finding survive apart")
    func restartApart() {
        for verdict in HealthStatus.allCases {
            for own in HealthStatus.allCases {
                var former = Book([Pools.checked(verdict: .all)])
                former.add(key)
                if own != .unknown {
                    former.run(for: .seconds(2)) { _ in own == .up ? .fine : .refused }
                }
                let other = Observation(
                    observer: "b", status: verdict, reason: nil, since: former.now)
                _ = former.health.reconsider(key, others: [other], at: former.now)
                var book = Book([Pools.checked(verdict: .all)])
                book.add(key)
                book.health.restore(key, from: former.health.encoded(key), at: book.now)
                #expect(
                    book.health.verdict(on: key).status == former.health.verdict(on: key).status)
                #expect(book.own(key) == former.own(key), "\(verdict) \(own)")
            }
        }
    }

    @Test("A word of memory that nobody wrote, or that makes no sense, says nothing")
    func restartNonsense() {
        for word in [0, 3, 12, 15, 1 << 4, .max] as [UInt64] {
            var book = Book([Pools.checked()])
            book.add(key)
            book.health.restore(key, from: word, at: book.now)
            book.health.restore(Pools.key(7), from: 5, at: book.now)
            #expect(book.health.verdict(on: key) == .unknown && book.own(key) == .unknown)
            #expect(book.health.verdict(on: Pools.key(7)) == .unknown)
        }
    }
}
