import Primitives
import Testing
import Wire

@testable import ConfigurationFile
@testable import ControlPlane

@Suite("Which backends a pool has")
struct BackendRosterTests {
    private func roster(
        _ configured: [Configuration.Backend] = [], sources: Int = 0
    ) -> BackendRoster {
        var roster = BackendRoster(pools: [Pools.pool("api", configured, sources: sources)])
        _ = roster.begin()
        return roster
    }

    private func numbers(_ backends: [ManagedBackend]) -> [Int] {
        backends.map { Int(truncatingIfNeeded: $0.key.address.ip.low & 0xFF_FFFF) }
    }

    @Test("At first there is what the configuration has, in its order, pool by pool")
    func configured() throws {
        var roster = BackendRoster(pools: [
            Pools.pool("api", [Pools.backend(3, weight: 7), Pools.backend(1)]),
            Pools.pool("web", [Pools.backend(3, maxConnections: 9, state: .drain)]),
        ])
        #expect(roster.all.isEmptySequence)
        let difference = roster.begin()
        #expect(
            difference.added.map(\.key) == [
                Pools.key(3), Pools.key(1), Pools.key(3, in: "web"),
            ])
        #expect(difference.changed.isEmpty && difference.removed.isEmpty)
        #expect(Array(roster.all) == difference.added)
        #expect(roster.backends(of: "web") == [difference.added[2]])
        #expect(roster.backends(of: "mail").isEmpty)
        #expect(roster.hasPool("web") && !roster.hasPool("mail"))
        let web = try #require(roster.backend(Pools.key(3, in: "web")))
        #expect(web.origin == .configured && web.state == .drain && web.maxConnections == 9)
        #expect(web.hash == web.key.hash)
        #expect(roster.backend(Pools.key(1, in: "web")) == nil)
    }

    @Test("Of several that know one address the first is believed: file, sources, registration")
    func precedence() throws {
        var roster = roster([Pools.backend(1, weight: 10)], sources: 2)
        var registered = Pools.registered(4)
        registered.weight = 40
        _ = roster.setTold(registered, of: Pools.key(4), at: .zero)
        _ = roster.setDiscovered(
            [1, 2, 3].map { Pools.backend($0, weight: 30) }, pool: "api", source: 1)
        _ = roster.setDiscovered(
            [1, 2].map { Pools.backend($0, weight: 20) }, pool: "api", source: 0)
        let expected: [(Int, ManagedBackend.Origin, Int)] = [
            (1, .configured, 10), (2, .discovered, 20), (3, .discovered, 30), (4, .registered, 40),
        ]
        for (number, origin, weight) in expected {
            let backend = try #require(roster.backend(Pools.key(number)))
            #expect(backend.origin == origin && backend.weight == weight, "\(number)")
        }
        #expect(numbers(roster.backends(of: "api")) == [1, 2, 3, 4])
        // The first source loses what it had; the second has that too.
        let difference = roster.setDiscovered([], pool: "api", source: 0)
        #expect(numbers(difference.changed) == [2] && difference.changed[0].weight == 30)
        #expect(difference.added.isEmpty && difference.removed.isEmpty)
        // A source that has a registered one too makes it discovered; it stays registered beneath.
        _ = roster.setDiscovered([Pools.backend(4)], pool: "api", source: 0)
        #expect(roster.backend(Pools.key(4))?.origin == .discovered)
        #expect(roster.backend(Pools.key(4))?.weight == 40, "what was told counts all the same")
        _ = roster.setDiscovered([], pool: "api", source: 0)
        #expect(roster.backend(Pools.key(4))?.origin == .registered)
    }

    @Test("Configured backends stay in their order, the others follow by address")
    func order() {
        var roster = roster([Pools.backend(9), Pools.backend(2)], sources: 1)
        _ = roster.setTold(Pools.registered(1), of: Pools.key(1), at: .zero)
        _ = roster.setDiscovered(
            [Pools.backend(8), Pools.backend(3)], pool: "api", source: 0)
        #expect(numbers(roster.backends(of: "api")) == [9, 2, 1, 3, 8])
    }

    @Test("What was told overrides each part of what the source says, and that alone")
    func overrides() throws {
        let changes: [(inout SharedBackend, inout ManagedBackend) -> Void] = [
            { ($0.weight, $1.weight) = (0, 0) },
            { ($0.isBackup, $1.isBackup) = (false, false) },
            { ($0.maxConnections, $1.maxConnections) = (7, 7) },
            { ($0.state, $1.state) = (.ready, .ready) },
            { ($0.state, $1.state) = (.maintenance, .maintenance) },
        ]
        let source = Pools.backend(
            1, weight: 5, isBackup: true, maxConnections: 3, state: .drain)
        for (index, change) in changes.enumerated() {
            var roster = roster([source])
            let before = try #require(roster.backend(Pools.key(1)))
            var (told, expected) = (Pools.told(1), before)
            change(&told, &expected)
            let difference = roster.setTold(told, of: Pools.key(1), at: .zero)
            #expect(difference == BackendRoster.Difference(changed: [expected]), "\(index)")
            #expect(roster.told(Pools.key(1)) == told)
            #expect(roster.everythingTold == [told])
            // The very same once more is no news, and nothing told leaves what the source says.
            #expect(roster.setTold(told, of: Pools.key(1), at: .zero).isEmpty)
            let undone = roster.setTold(nil, of: Pools.key(1), at: .zero)
            #expect(undone == BackendRoster.Difference(changed: [before]))
            #expect(roster.everythingTold.isEmpty)
        }
    }

    @Test("A change of a backend that no source has makes none, until one has it")
    func changeAlone() {
        var roster = roster(sources: 1)
        var told = Pools.told(1)
        told.state = .drain
        #expect(roster.setTold(told, of: Pools.key(1), at: .zero).isEmpty)
        let difference = roster.setDiscovered([Pools.backend(1)], pool: "api", source: 0)
        #expect(difference.added.map(\.state) == [.drain])
    }

    @Test("A removed backend stays away whatever sources say, and comes back when that is untold")
    func removal() {
        var roster = roster([Pools.backend(1), Pools.backend(2)], sources: 1)
        for number in 1...3 {
            var removed = Pools.told(number)
            removed.isRemoved = true
            let difference = roster.setTold(removed, of: Pools.key(number), at: .zero)
            #expect(numbers(difference.removed) == (number < 3 ? [number] : []))
            #expect(difference.added.isEmpty && difference.changed.isEmpty)
        }
        #expect(
            roster.setDiscovered([Pools.backend(2), Pools.backend(3)], pool: "api", source: 0)
                .isEmpty)
        #expect(roster.backends(of: "api").isEmpty)
        let back = roster.setTold(nil, of: Pools.key(2), at: .zero)
        #expect(numbers(back.added) == [2] && back.added[0].origin == .configured)
    }

    @Test("What was told for a time is void when that is over, unless it was told again")
    func expiry() {
        let start = Instant(nanoseconds: 5)
        var roster = roster([Pools.backend(2)])
        for (number, seconds) in [(1, 10), (2, 20), (3, nil)] as [(Int, Int?)] {
            var told = Pools.registered(number)
            told.weight = 9
            told.timeToLive = seconds
            _ = roster.setTold(told, of: Pools.key(number), at: start)
        }
        func expire(after seconds: Int, less nanoseconds: Int = 0) -> [Int] {
            let now = start + .seconds(seconds) - .nanoseconds(nanoseconds)
            let (difference, expired) = roster.expire(at: now)
            #expect(difference.added.isEmpty)
            #expect(difference.removed.count + difference.changed.count == expired.count)
            return expired.map { Int(truncatingIfNeeded: $0.address.ip.low & 0xFF_FFFF) }.sorted()
        }
        #expect(expire(after: 10, less: 1) == [])
        // The first is told again, a moment before its end.
        var again = Pools.registered(1)
        again.timeToLive = 10
        let change = roster.setTold(again, of: Pools.key(1), at: start + .seconds(9))
        #expect(change.changed.map(\.weight) == [1], "and its weight is no longer set")
        #expect(expire(after: 10) == [])
        #expect(expire(after: 19, less: 1) == [])
        #expect(expire(after: 19) == [1])
        #expect(roster.backend(Pools.key(1)) == nil)
        #expect(expire(after: 20) == [2])
        #expect(roster.backend(Pools.key(2))?.weight == 1, "the configured one goes on as it was")
        #expect(expire(after: 1_000_000) == [])
        #expect(numbers(roster.backends(of: "api")) == [2, 3])
    }

    @Test("A registration without a time to live after one with it lasts")
    func noLongerTimed() {
        var roster = roster()
        var told = Pools.registered(1)
        told.timeToLive = 1
        _ = roster.setTold(told, of: Pools.key(1), at: .zero)
        _ = roster.setTold(Pools.registered(1), of: Pools.key(1), at: .zero)
        let (difference, expired) = roster.expire(at: .zero + .seconds(100))
        #expect(difference.isEmpty && expired.isEmpty)
    }

    @Test("Backends beyond the limit are left out, and move up when others go")
    func limit() {
        let most = BackendRoster.poolBackendsMax
        var roster = roster((1..<most).map { Pools.backend($0) }, sources: 1)
        let found = roster.setDiscovered(
            (most..<most + 3).reversed().map { Pools.backend($0) }, pool: "api", source: 0)
        #expect(numbers(found.added) == [most])
        #expect(roster.backends(of: "api").count == most)
        var removed = Pools.told(5)
        removed.isRemoved = true
        let moved = roster.setTold(removed, of: Pools.key(5), at: .zero)
        #expect(numbers(moved.removed) == [5] && numbers(moved.added) == [most + 1])
    }

    @Test("Whatever is said of pools and sources that are not there has no effect")
    func unknown() {
        var roster = roster([Pools.backend(1)], sources: 1)
        let backends = [Pools.backend(2)]
        #expect(roster.setDiscovered(backends, pool: "web", source: 0).isEmpty)
        for source in [-1, 1] {
            #expect(roster.setDiscovered(backends, pool: "api", source: source).isEmpty)
        }
        let told = Pools.registered(1, in: "web")
        #expect(roster.setTold(told, of: Pools.key(1, in: "web"), at: .zero).isEmpty)
        #expect(roster.everythingTold.isEmpty && roster.told(Pools.key(1, in: "web")) == nil)
    }
}

extension Sequence {
    fileprivate var isEmptySequence: Bool { !contains { _ in true } }
}
