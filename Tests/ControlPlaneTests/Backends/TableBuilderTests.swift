import Health
import Primitives
import SharedState
import Testing

@testable import ConfigurationFile
@testable import ControlPlane

@Suite("Tables for the workers")
struct TableBuilderTests {
    /// Everything that a table is made of.
    struct Maker {
        var roster: BackendRoster
        var health: HealthBook
        var slots: SlotDirectory
        var builder: TableBuilder
        let pools: [Configuration.Pool]

        init(_ pools: [Configuration.Pool], listeners: [Configuration.Listener] = []) throws {
            self.pools = pools
            roster = BackendRoster(pools: pools)
            health = HealthBook(pools: pools, node: "a", seed: 1)
            let memory = try NodeMemory(file: try NodeMemory.createFile(workers: 1))
            slots = SlotDirectory(memory: memory)
            builder = TableBuilder(
                SharedPart(listeners: listeners, pools: pools),
                tokens: StickyTokens(secrets: [Array(repeating: 1, count: 32)]))
            for backend in roster.begin().added {
                health.add(backend.key, counters: .init(), at: .zero)
            }
        }

        mutating func table(_ number: UInt64 = 1) -> Table {
            var unplaced: [BackendKey] = []
            let table = builder.table(
                number: number, roster: roster, health: health, slots: &slots,
                unplaced: &unplaced)
            #expect(unplaced.isEmpty)
            return table
        }

        /// All nodes that look see the backend so.
        mutating func see(_ number: Int, _ status: HealthStatus, in pool: String = "api") {
            let other = Observation(
                observer: "b", status: status, reason: nil, since: .zero + .seconds(9))
            _ = health.reconsider(
                Pools.key(number, in: pool), others: [other], at: .zero + .seconds(9))
        }

        /// Which backends of the first pool take new traffic, by number.
        mutating func takers() -> [Int] {
            let pool = table().pools[0]
            let bySlot = Dictionary(
                uniqueKeysWithValues: pool.backends.map { ($0.slot, $0.address) })
            return pool.candidates.compactMap { slot in
                bySlot[slot].map { Int(truncatingIfNeeded: $0.ip.low & 0xFF_FFFF) }
            }
        }
    }

    private func checked(
        _ backends: [Configuration.Backend], panicThreshold: Int = 0
    ) -> Configuration.Pool {
        var pool = Pools.checked()
        pool.backends = backends
        pool.panicThreshold = panicThreshold
        return pool
    }

    @Test("Every backend is there at its slot, and who takes traffic is marked and chosen")
    func standing() throws {
        let backends = [
            Pools.backend(1, weight: 3), Pools.backend(2, state: .drain),
            Pools.backend(3, state: .maintenance), Pools.backend(4, weight: 0, maxConnections: 5),
            Pools.backend(5, isBackup: true), Pools.backend(6, maxConnections: 9),
            Pools.backend(7, weight: 256),
        ]
        var maker = try Maker([checked(backends)])
        maker.see(7, .down)
        let table = maker.table(42)
        #expect(table.number == 42 && table.pools.count == 1)
        let pool = table.pools[0]
        #expect(pool.backends.map(\.address) == (1...7).map { Pools.address($0) })
        for (backend, record) in zip(maker.roster.backends(of: "api"), pool.backends) {
            let slot = maker.slots.slot(for: backend)
            #expect(slot == Int(record.slot))
        }
        #expect(pool.backends.map(\.weight) == [3, 1, 1, 0, 1, 1, 256])
        let standings: [Table.Standing] = [
            [.takesNew, .takesSticky], .takesSticky, [], [.takesSticky, .isLimited], .takesSticky,
            [.takesNew, .takesSticky, .isLimited], [],
        ]
        #expect(pool.backends.map(\.standing) == standings)
        #expect(pool.candidates == [pool.backends[0].slot, pool.backends[5].slot])
        #expect(pool.turns.count == 4 && pool.turns.count { $0 == 0 } == 3)
        #expect(pool.settings.weights == 4 && pool.settings.isLimited)
        #expect(pool.hashTable.isEmpty && pool.stickyEntries.isEmpty)
        #expect(pool.backends.allSatisfy { $0.token == .none && $0.upSince == 0 })
        let mapped = try MappedTable(file: try table.makeFile())
        #expect(mapped.number == 42, "workers take it")
    }

    @Test("Backups serve while no primary is up, and only then")
    func backups() throws {
        var maker = try Maker([
            checked([
                Pools.backend(1), Pools.backend(2), Pools.backend(3, isBackup: true),
                Pools.backend(4, isBackup: true),
            ])
        ])
        #expect(maker.takers() == [1, 2], "nothing is known against them")
        maker.see(1, .down)
        #expect(maker.takers() == [2])
        maker.see(2, .down)
        #expect(maker.takers() == [3, 4], "all of them together")
        maker.see(3, .down)
        #expect(maker.takers() == [4])
        maker.see(4, .down)
        #expect(maker.takers() == [])
        maker.see(2, .up)
        #expect(maker.takers() == [2])
    }

    @Test("When too few are up health is ignored, for as long as that is so")
    func panic() throws {
        let backends = (1...4).map { Pools.backend($0) } + [Pools.backend(5, state: .drain)]
        var maker = try Maker([checked(backends, panicThreshold: 50)])
        for number in 1...2 { maker.see(number, .down) }
        #expect(maker.takers() == [3, 4] && maker.builder.panicking.isEmpty)
        maker.see(3, .down)
        #expect(maker.takers() == [1, 2, 3, 4] && maker.builder.panicking == ["api"])
        let pool = maker.table().pools[0]
        #expect(pool.backends[0].standing == .takesNew, "but nobody sticks to one that is down")
        maker.see(1, .up)
        #expect(maker.takers() == [1, 4] && maker.builder.panicking.isEmpty)
    }

    @Test("A backend that came up says since when, for slow start")
    func slowStart() throws {
        var pool = checked([Pools.backend(1), Pools.backend(2)])
        pool.slowStart = .seconds(30)
        var maker = try Maker([pool])
        maker.see(2, .down)
        maker.see(2, .up)
        let made = maker.table().pools[0]
        #expect(made.backends.map(\.upSince) == [0, 9_000_000_000])
        #expect(made.settings.slowStart == .seconds(30))
    }

    @Test("What the configuration says of a pool is what workers get")
    func settings() throws {
        func settings(_ change: (inout Configuration.Pool) -> Void) throws -> Table.PoolSettings {
            var pool = Pools.pool("api", [Pools.backend(1)])
            change(&pool)
            var maker = try Maker([pool])
            return maker.table().pools[0].settings
        }
        let algorithms: [(Configuration.Balance.Algorithm, Table.Algorithm)] = [
            (.roundRobin, .roundRobin), (.weightedBlocks, .roundRobin),
            (.leastConnections, .leastConnections), (.ipHash, .addressHash),
            (.consistentHash, .consistentHash), (.leastResponseTime, .leastResponseTime),
            (.random, .random), (.powerOfTwo, .powerOfTwo),
        ]
        #expect(algorithms.count == Configuration.Balance.Algorithm.allCases.count)
        for (algorithm, expected) in algorithms {
            #expect(try settings { $0.balance.algorithm = algorithm }.algorithm == expected)
        }
        let keys: [(Configuration.Balance.HashKey, Table.HashKey, String)] = [
            (.address, .address, ""), (.header("X-User"), .header, "x-user"),
            (.cookie("Sid"), .cookie, "Sid"), (.path, .path, ""), (.sni, .serverName, ""),
        ]
        for (key, expected, name) in keys {
            let made = try settings { $0.balance.hashOn = key }
            #expect(made.hashKey == expected && made.hashName == Array(name.utf8))
        }
        let made = try settings {
            $0.timeouts = .init(connect: .seconds(1), server: .seconds(2))
            $0.keepAlive = .init(connections: 3, idle: .seconds(4))
            $0.queue = .init(size: 5, timeout: .seconds(6))
            $0.balance.ipv6Prefix = 48
            $0.balance.balanceFactor = 150
        }
        #expect(made.connectTimeout == .seconds(1) && made.serverTimeout == .seconds(2))
        #expect(made.idleConnections == 3 && made.idleTimeout == .seconds(4))
        #expect(made.queueSize == 5 && made.queueTimeout == .seconds(6))
        #expect(made.ipv6Prefix == 48 && made.balanceFactor == 150)
        let plain = try settings { _ in }
        #expect(plain.balanceFactor == 0 && !plain.isLimited && plain.cookie == nil)
        let sticky = try settings {
            $0.sticky = .address
            $0.balance.hashOn = .path
        }
        #expect(sticky.algorithm == .consistentHash && sticky.hashKey == .address)
    }

    @Test("A listener has each of its addresses, and the place of its pool")
    func listeners() throws {
        let timeouts = Configuration.ListenerTimeouts(
            client: .seconds(1), requestHeader: .seconds(2), idle: .seconds(3))
        let rows: [(Configuration.ListenerProtocol, Table.Transport)] = [
            (.http, .http), (.tcp, .tcp), (.tlsPassthrough, .tlsPassthrough),
        ]
        let listeners = rows.enumerated().map { index, row in
            Configuration.Listener(
                name: "l\(index)", bind: [Pools.address(index), Pools.address(index + 10)],
                protocol: row.0, pool: index == 1 ? "web" : "api", timeouts: timeouts)
        }
        var maker = try Maker([Pools.pool("api"), Pools.pool("web")], listeners: listeners)
        let table = maker.table()
        #expect(table.pools.map(\.settings.name) == ["api", "web"])
        let expected = rows.enumerated().flatMap { index, row in
            [index, index + 10].map { number in
                Table.Listener(
                    name: "l\(index)", address: Pools.address(number), transport: row.1,
                    pool: index == 1 ? 1 : 0, clientTimeout: .seconds(1),
                    requestHeaderTimeout: .seconds(2), idleTimeout: .seconds(3))
            }
        }
        #expect(table.listeners == expected)
    }

    @Test("A backend that no slot is left for is left out, and that is said")
    func unplaced() throws {
        let pool = Pools.pool("api", [Pools.backend(1), Pools.backend(2)])
        var maker = try Maker([pool])
        let memory = try NodeMemory(file: try NodeMemory.createFile(workers: 1))
        for slot in 0..<NodeMemory.slotCapacity - 1 {
            memory.slotOwner(slot).value = UInt64(slot) + 1
        }
        maker.slots = SlotDirectory(memory: memory)
        var unplaced: [BackendKey] = []
        let table = maker.builder.table(
            number: 1, roster: maker.roster, health: maker.health, slots: &maker.slots,
            unplaced: &unplaced)
        #expect(unplaced == [Pools.key(2)])
        #expect(table.pools[0].backends.map(\.address) == [Pools.address(1)])
        #expect(table.pools[0].candidates == [UInt32(NodeMemory.slotCapacity - 1)])
    }
}
