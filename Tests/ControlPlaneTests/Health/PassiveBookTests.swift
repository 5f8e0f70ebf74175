import Health
import Primitives
import Testing

@testable import ConfigurationFile
@testable import ControlPlane

@Suite("Backends judged by their requests")
struct PassiveBookTests {
    private let key = Pools.key(1)

    private func pool(_ name: String = "api", checked: Bool = false) -> Configuration.Pool {
        var pool = checked ? Pools.checked(name) : Pools.pool(name)
        pool.passive = PassiveDefinition(consecutiveFailures: 3, baseEjection: .seconds(10))
        return pool
    }

    /// The backends of a pool, as the roster would have them.
    private func backends(_ count: Int, in pool: String = "api") -> [ManagedBackend] {
        (1...count).map { number in
            let key = Pools.key(number, in: pool)
            return ManagedBackend(
                key, hash: key.hash, origin: .configured, Pools.backend(number))
        }
    }

    private func sample(
        _ book: inout Book, _ key: BackendKey, successes: UInt64 = 0, failures: UInt64 = 0,
        refused: UInt64 = 0, of count: Int = 4, isFrozen: Bool = false
    ) -> HealthBook.PassiveNews {
        var outage = book.health.outage(of: backends(count))
        return book.health.sample(
            key,
            PassiveCounters(successes: successes, failures: failures, refused: refused),
            outage: &outage, isFrozen: isFrozen, at: book.now)
    }

    @Test("A backend that fails is ejected at once, whatever others see, and comes back on trial")
    func ejection() throws {
        var book = Book([pool()])
        for number in 1...4 { book.add(Pools.key(number)) }
        #expect(book.health.hasPassiveChecks && book.health.rule(of: "api") == .majority)
        #expect(sample(&book, key, failures: 2).event == nil)
        #expect(!sample(&book, key, failures: 2).isObservationNew)
        let news = sample(&book, key, failures: 3)
        let until = book.now + .seconds(10)
        #expect(news.event == .ejected(until: until, reason: .consecutiveFailures(3)))
        #expect(news.isObservationNew && book.own(key) == .down)
        #expect(book.verdict(key, ["b": .up, "c": .up]) == .up, "two of three")
        #expect(!book.health.takesTraffic(key), "but not here")
        #expect(book.health.ejection(of: key)?.until == until)
        book.now = until - .nanoseconds(1)
        #expect(sample(&book, key, failures: 3).event == nil)
        book.now = until
        let back = sample(&book, key, failures: 3)
        #expect(back.event == .returned && back.isObservationNew)
        #expect(book.health.takesTraffic(key))
        // One failure on trial is enough, and the ejection lasts longer.
        #expect(
            sample(&book, key, failures: 4).event
                == .ejected(until: until + .seconds(20), reason: .consecutiveFailures(1)))
    }

    @Test("Where nothing else checks, a finding holds only as long as somebody has it")
    func comesBack() {
        var book = Book([pool()])
        for number in 1...4 { book.add(Pools.key(number)) }
        _ = sample(&book, key, failures: 3)
        #expect(book.verdict(key) == .down, "all that anybody says")
        #expect(book.verdict(key, ["b": .down]) == .down)
        book.now = book.now + .seconds(10)
        _ = sample(&book, key, failures: 3)
        #expect(book.own(key) == nil)
        #expect(book.verdict(key, ["b": .down]) == .down, "another node has it out still")
        let before = book.now
        #expect(book.verdict(key) == .unknown && book.health.takesTraffic(key))
        #expect(book.health.cameUp(key) == before, "it gets its share slowly")
    }

    @Test("With active checks a verdict that passive ones made stays until a check decides")
    func withActive() {
        var book = Book([pool(checked: true)])
        for number in 1...4 { book.add(Pools.key(number)) }
        book.run(for: .seconds(2))
        #expect(book.verdict(key) == .up)
        _ = sample(&book, key, failures: 3)
        #expect(book.own(key) == .down && book.verdict(key) == .down)
        #expect(book.health.noteActiveSuccess(key, at: book.now) == nil, "not for such a reason")
        book.now = book.now + .seconds(10)
        _ = sample(&book, key, failures: 3)
        #expect(book.own(key) == .up && book.verdict(key) == .up)
    }

    @Test("A backend that refused is back as soon as a check of it succeeds")
    func refused() {
        var book = Book([pool(checked: true)])
        for number in 1...4 { book.add(Pools.key(number)) }
        book.run(for: .seconds(2))
        let event = sample(&book, key, failures: 1, refused: 1).event
        #expect(event == .ejected(until: book.now + .seconds(10), reason: .refused))
        book.now = book.now + .seconds(1)
        #expect(book.health.noteActiveSuccess(key, at: book.now) == .returned)
        #expect(book.health.takesTraffic(key))
        #expect(book.health.noteActiveSuccess(Pools.key(9), at: book.now) == nil)
    }

    @Test("That requests succeed speaks for a backend that nothing else checks, from then on")
    func serves() {
        var book = Book([pool(), pool("web", checked: true)])
        let web = Pools.key(1, in: "web")
        book.add(key, web)
        #expect(book.own(key) == nil)
        let start = book.now
        let first = sample(&book, key, successes: 1)
        #expect(first.isObservationNew && first.event == nil)
        book.now = book.now + .seconds(5)
        #expect(!sample(&book, key, successes: 2).isObservationNew)
        #expect(book.own(key) == .up && book.health.ownObservation(of: key)?.since == start)
        // With active checks it is their matter.
        #expect(!sample(&book, web, successes: 1).isObservationNew)
        #expect(book.own(web) == .unknown)
    }

    @Test("No more of a pool is ejected than may be, over all nodes, and never the last")
    func cap() {
        var book = Book([pool()])
        for number in 1...4 { book.add(Pools.key(number)) }
        func eject(_ number: Int) -> Bool {
            sample(&book, Pools.key(number), failures: 3).event != nil
        }
        // Another node has one out: half of four are two.
        let other = Observation(
            observer: "b", status: .down, reason: .errorShare(percent: 60), since: book.now)
        _ = book.health.reconsider(Pools.key(4), others: [other], at: book.now)
        #expect(eject(1))
        #expect(!eject(2))
        #expect(eject(4), "the one that is out anyway costs nothing more")
        _ = book.health.reconsider(Pools.key(4), others: [], at: book.now)
        #expect(!eject(2), "and this node has it out now")
        // What the cap put off comes when there is room.
        book.now = book.now + .seconds(10)
        #expect(sample(&book, Pools.key(1), failures: 3).event == .returned)
        #expect(eject(2))
    }

    @Test("What one round of looking ejects counts in the same round")
    func capOfOneRound() {
        var book = Book([pool()])
        for number in 1...4 { book.add(Pools.key(number)) }
        var outage = book.health.outage(of: backends(4))
        let ejected = (1...4).filter { number in
            book.health.sample(
                Pools.key(number), PassiveCounters(failures: 3), outage: &outage, isFrozen: false,
                at: book.now
            ).event != nil
        }
        #expect(ejected == [1, 2])
    }

    @Test("Backends that are down by their checks do not count as ejected, but as missing")
    func capAndDown() {
        for (down, mayEject) in [(2, true), (3, false)] {
            var book = Book([pool(checked: true)])
            for number in 1...4 { book.add(Pools.key(number)) }
            let gone = (0..<down).map { Pools.key(4 - $0).address }
            book.run(for: .seconds(2)) { gone.contains($0) ? .refused : .fine }
            for number in 1...4 { _ = book.verdict(Pools.key(number)) }
            #expect((sample(&book, key, failures: 3).event != nil) == mayEject, "\(down) down")
        }
    }

    @Test("While what this node finds out counts for nothing, nothing is ejected")
    func frozen() {
        var book = Book([pool()])
        for number in 1...4 { book.add(Pools.key(number)) }
        #expect(sample(&book, key, failures: 9, isFrozen: true).event == nil)
        #expect(sample(&book, key, failures: 9).event != nil, "but put off")
    }

    @Test("Only what comes after a backend was added is judged; one without passive checks is not")
    func start() {
        var book = Book([pool(), Pools.checked("web")])
        book.health.add(key, counters: PassiveCounters(failures: 100), at: book.now)
        #expect(sample(&book, key, failures: 102).event == nil)
        #expect(sample(&book, key, failures: 103).event != nil)
        let web = Pools.key(1, in: "web")
        book.add(web)
        let news = sample(&book, web, failures: 100, refused: 100)
        #expect(news.event == nil && !news.isObservationNew)
        #expect(book.health.ejection(of: web) == nil)
        let unknown = sample(&book, Pools.key(77), failures: 100)
        #expect(unknown.event == nil && !unknown.isObservationNew)
        #expect(!Book([Pools.checked("web")]).health.hasPassiveChecks)
    }
}
