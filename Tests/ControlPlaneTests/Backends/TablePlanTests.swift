import Health
import Primitives
import SharedState
import Testing
import Wire

@testable import ConfigurationFile
@testable import ControlPlane

/// What a builder keeps from one table to the next must not show.
@Suite("Tables for the workers: one after the other")
struct TablePlanTests {
    private static let numbers = 1..<10

    private func pools() -> [Configuration.Pool] {
        let cookie = Configuration.StickyCookie(
            name: "SID", mode: .insert, ttl: nil, path: "/", domain: nil, isHTTPOnly: true,
            secure: .auto, sameSite: .lax, isIndirect: true, isNotCached: true)
        return Configuration.Balance.Algorithm.allCases.map { algorithm in
            var pool = Pools.checked("\(algorithm.rawValue)")
            pool.balance = Configuration.Balance(algorithm: algorithm)
            pool.backends = [2, 5, 9].map { Pools.backend($0, weight: 2) }
            pool.discover = [.file(path: "/source")]
            pool.panicThreshold = 30
            if algorithm == .leastConnections { pool.sticky = .cookie(cookie) }
            return pool
        }
    }

    @Test("A table is the same as a builder makes that never made one", arguments: 0..<6)
    func sweep(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let pools = pools()
        let shared = SharedPart(listeners: [], pools: pools)
        let tokens = StickyTokens(secrets: [Array(repeating: 1, count: 32)])
        var maker = try TableBuilderTests.Maker(pools)
        var kept = maker.builder
        var plans: Set<[UInt32]> = []
        for number in 1...120 as ClosedRange<UInt64> {
            for pool in pools where Bool.random(using: &random) {
                for _ in 0..<Int.random(in: 1...3, using: &random) {
                    let gone = change(&maker, pool.name, at: .zero + .seconds(Int(number)), &random)
                    for key in gone { kept.forget(key) }
                }
            }
            maker.builder = kept
            let table = maker.table(number)
            kept = maker.builder
            maker.builder = TableBuilder(shared, tokens: tokens)
            #expect(table == maker.table(number))
            #expect(kept.panicking == maker.builder.panicking)
            plans.formUnion(table.pools.map(\.turns))
        }
        #expect(plans.count > 20, "they change")
    }

    /// Changes something of a pool; returns the backends that are gone.
    private func change(
        _ maker: inout TableBuilderTests.Maker, _ pool: String, at now: Instant,
        _ random: inout SeededRandom
    ) -> [BackendKey] {
        let number = Int.random(in: Self.numbers, using: &random)
        let key = Pools.key(number, in: pool)
        var difference = BackendRoster.Difference()
        switch Int.random(in: 0..<4, using: &random) {
        case 0:
            let count = Int.random(in: 0..<6, using: &random)
            let found = Self.numbers.shuffled(using: &random).prefix(count).map {
                Pools.backend($0, weight: Int.random(in: 0...4, using: &random))
            }
            difference = maker.roster.setDiscovered(found, pool: pool, source: 0)
        case 1:
            var told = Pools.told(number, in: pool)
            told.weight = Int.random(in: 0...4, using: &random)
            told.state = Bool.random(using: &random) ? .drain : nil
            told.isBackup = Int.random(in: 0..<3, using: &random) == 0
            told.isRemoved = Int.random(in: 0..<4, using: &random) == 0
            difference = maker.roster.setTold(told, of: key, at: now)
        default:
            maker.see(number, Bool.random(using: &random) ? .up : .down, in: pool)
        }
        for backend in difference.removed { maker.health.remove(backend.key) }
        for backend in difference.added {
            maker.health.add(backend.key, counters: .init(), at: now)
        }
        return difference.removed.map(\.key)
    }

    @Test("Of unequal weights turns are interleaved, or taken in blocks where that is wanted")
    func turns() throws {
        let expected: [(Configuration.Balance.Algorithm, [UInt32])] = [
            (.roundRobin, [0, 1, 0, 2, 0]), (.weightedBlocks, [0, 0, 0, 1, 2]),
        ]
        for (algorithm, turns) in expected {
            let backends = [3, 1, 1].enumerated().map { Pools.backend($0, weight: $1) }
            var maker = try TableBuilderTests.Maker([
                Pools.pool("api", backends, balance: algorithm)
            ])
            #expect(maker.table().pools[0].turns == turns)
        }
    }

    @Test("Only consistent hashing has a hash table, which keys keep to when a backend goes")
    func hashTable() throws {
        var pool = Pools.checked()
        pool.backends = (1...5).map { Pools.backend($0) }
        pool.balance = Configuration.Balance(algorithm: .consistentHash)
        var maker = try TableBuilderTests.Maker([pool])
        func owners() -> [UInt32] {
            let pool = maker.table().pools[0]
            return pool.hashTable.map { pool.candidates[Int($0)] }
        }
        let before = owners()
        #expect(before.count > 1_000)
        maker.see(3, .down)
        let after = owners()
        let gone = maker.table().pools[0].backends[2].slot
        #expect(after.count == before.count && !after.contains(gone))
        let moved = zip(before, after).count { $0 != gone && $0 != $1 }
        #expect(moved * 20 < before.count, "\(moved) of \(before.count)")
        maker.see(3, .up)
        #expect(owners() == before)
    }

    @Test("A pool that outgrows its hash table gets a larger one, though the same few serve")
    func growth() throws {
        var pool = Pools.pool("api", (1...3).map { Pools.backend($0) }, balance: .consistentHash)
        pool.discover = [.file(path: "/source")]
        var maker = try TableBuilderTests.Maker([pool])
        let small = maker.table().pools[0]
        let idle = (10..<4_000).map { Pools.backend($0, weight: 0) }
        _ = maker.roster.setDiscovered(idle, pool: "api", source: 0)
        let large = maker.table().pools[0]
        #expect(large.candidates == small.candidates)
        #expect(large.hashTable.count > small.hashTable.count)
        maker.builder = TableBuilder(
            SharedPart(listeners: [], pools: [pool]), tokens: StickyTokens(secrets: []))
        #expect(maker.table().pools[0] == large)
    }

    @Test("With a cookie each backend's tokens lead to its slot, of those that are down as well")
    func sticky() throws {
        let cookie = Configuration.StickyCookie(
            name: "SID", mode: .insert, ttl: .seconds(3_600), path: "/x", domain: "example.com",
            isHTTPOnly: true, secure: .always, sameSite: .strict, isIndirect: true,
            isNotCached: false)
        var pool = Pools.checked()
        pool.backends = (1...9).map { Pools.backend($0) }
        pool.sticky = .cookie(cookie)
        var maker = try TableBuilderTests.Maker([pool, Pools.pool("web", [Pools.backend(1)])])
        let secrets = [[UInt8](repeating: 1, count: 32), [UInt8](repeating: 2, count: 32)]
        var tokens = StickyTokens(secrets: secrets)
        maker.builder = TableBuilder(
            SharedPart(listeners: [], pools: maker.pools), tokens: StickyTokens(secrets: secrets))
        maker.see(4, .down)
        let table = maker.table()
        let made = table.pools[0]
        made.stickyEntries.withUnsafeBufferPointer { entries in
            for (number, backend) in zip(1...9, made.backends) {
                let both = tokens.tokens(of: Pools.key(number))
                #expect(both.count == 2 && backend.token == both[0])
                for token in both { #expect(entries.slot(of: token) == backend.slot) }
            }
            #expect(entries.slot(of: tokens.tokens(of: Pools.key(1, in: "web"))[0]) == nil)
        }
        #expect(table.pools[1].stickyEntries.isEmpty)
        let settings = try #require(made.settings.cookie)
        #expect(settings.mode == .insert && settings.name == Array("SID".utf8))
        #expect(settings.isIndirect && !settings.forbidsCaching)
        #expect(
            String(decoding: settings.attributes, as: UTF8.self)
                == "; Path=/x; Domain=example.com; Max-Age=3600; HttpOnly; Secure; SameSite=Strict")
    }

    @Test("A cookie says no more of itself than it is told to")
    func plainCookie() throws {
        let rows: [(Configuration.StickyCookie.Secure, String)] = [
            (.auto, "; Path=/; SameSite=Lax"), (.never, "; Path=/; SameSite=Lax"),
            (.always, "; Path=/; Secure; SameSite=Lax"),
        ]
        for (secure, expected) in rows {
            var pool = Pools.pool("api")
            pool.sticky = .cookie(
                Configuration.StickyCookie(
                    name: "s", mode: .prefix, ttl: nil, path: "/", domain: nil,
                    isHTTPOnly: false, secure: secure, sameSite: .lax, isIndirect: false,
                    isNotCached: true))
            var maker = try TableBuilderTests.Maker([pool])
            let cookie = try #require(maker.table().pools[0].settings.cookie)
            #expect(String(decoding: cookie.attributes, as: UTF8.self) == expected)
            #expect(cookie.mode == .prefix && !cookie.isIndirect && cookie.forbidsCaching)
        }
    }
}
