import Linux
import Primitives
import Testing

@testable import SharedState

@Suite("Tables and messages between processes")
struct TableTests {
    private func address(_ text: String) throws -> SocketAddress {
        try #require(SocketAddress(text))
    }

    private func sample() throws -> Table {
        Table(
            number: 7,
            listeners: [
                Table.Listener(
                    name: "web", address: try address("127.0.0.1:80"), transport: .http, pool: 1,
                    clientTimeout: .seconds(50), requestHeaderTimeout: .milliseconds(1500),
                    idleTimeout: .seconds(5))
            ],
            pools: [
                Table.Pool(
                    settings: Table.PoolSettings(
                        name: "empty", algorithm: .roundRobin, connectTimeout: .seconds(5),
                        serverTimeout: .seconds(50), idleConnections: 0,
                        idleTimeout: .seconds(60)),
                    backends: [], candidates: [], turns: []),
                try fullPool(),
            ])
    }

    /// A pool in which nothing has its default.
    private func fullPool() throws -> Table.Pool {
        var settings = Table.PoolSettings(
            name: "größer", algorithm: .consistentHash, connectTimeout: .seconds(1),
            serverTimeout: .seconds(2), idleConnections: 9, idleTimeout: .seconds(3))
        settings.slowStart = .seconds(4)
        settings.queueSize = 10
        settings.queueTimeout = .seconds(5)
        settings.isLimited = true
        settings.weights = 12
        settings.hashKey = .header
        settings.hashName = Array("x-user".utf8)
        settings.ipv6Prefix = 48
        settings.balanceFactor = 150
        settings.cookie = Table.StickyCookie(
            mode: .prefix, name: Array("SID".utf8), attributes: Array("; Path=/".utf8),
            isIndirect: true, forbidsCaching: false)
        let token = Table.StickyToken(high: 7, low: 3)
        return Table.Pool(
            settings: settings,
            backends: [
                Table.Backend(
                    slot: 3, address: try address("[2001:db8::1]:8080"),
                    standing: [.takesNew, .takesSticky], weight: 3, upSince: 12, token: token),
                Table.Backend(
                    slot: 16_383, address: try address("10.0.0.1:1"), standing: .isLimited),
            ],
            candidates: [3], turns: [0, 0, 0], hashTable: [0, 0, 0, 0, 0],
            stickyEntries: Table.StickyEntry.table([Table.StickyEntry(token: token, slot: 3)]))
    }

    private func mapped(_ table: Table) throws -> MappedTable {
        try MappedTable(file: try table.makeFile())
    }

    /// A sealed file of any bytes.
    private func mapped(_ bytes: [UInt8]) throws -> MappedTable {
        try MappedTable(file: try MemoryFile.sealed(name: "test", bytes: bytes))
    }

    @Test("A table survives the way through a sealed memory file")
    func roundTrip() throws {
        let table = try sample()
        let file = try table.makeFile()
        let (isSealed, read) = (MemoryFile.isSealed(file), try MappedTable(file: file))
        #expect(isSealed)
        #expect(read.number == table.number)
        #expect(read.listeners == table.listeners)
        try #require(read.pools.count == table.pools.count)
        for (pool, original) in zip(read.pools, table.pools) {
            #expect(pool.settings == original.settings)
            #expect(Array(pool.backends) == original.backends)
            #expect(Array(pool.candidates) == original.candidates)
            #expect(Array(pool.turns) == original.turns)
            #expect(Array(pool.hashTable) == original.hashTable)
            #expect(Array(pool.stickyEntries) == original.stickyEntries)
        }
    }

    @Test("A file that is not sealed, empty, cut short or longer is refused")
    func refused() throws {
        let bytes = try sample().encoded()
        for count in 0..<bytes.count {
            #expect(throws: TableFileError.self) { try mapped(Array(bytes.prefix(count))) }
        }
        #expect(throws: TableFileError.wrongFormat) { try mapped(bytes + [0]) }
        let open = try MemoryFile.create(name: "test", size: 100)
        #expect(throws: TableFileError.notSealed) { () throws in _ = try MappedTable(file: open) }
    }

    @Test("A table that names a missing pool, slot or position is refused")
    func invalid() throws {
        let changes: [(inout Table) -> Void] = [
            { $0.listeners[0].pool = 2 },
            { $0.pools[1].backends[0].slot = UInt32(NodeMemory.slotCapacity) },
            { $0.pools[1].candidates[0] = UInt32(NodeMemory.slotCapacity) },
            { $0.pools[1].turns[1] = 1 }, { $0.pools[1].turns = [] },
            { $0.pools[1].hashTable[4] = 1 },
            // No place is free, so a search would not end.
            { table in table.pools[1].stickyEntries.removeAll { $0.slot != 3 } },
        ]
        _ = try mapped(try sample())
        for change in changes {
            var table = try sample()
            change(&table)
            #expect(throws: TableFileError.self) { try mapped(table) }
        }
    }

    @Test("Every token finds its slot among many, and no other token finds one")
    func stickyEntries() {
        // All begin at the same few places, so that most stand elsewhere.
        let entries = (0..<1_000).map { index in
            Table.StickyEntry(
                token: Table.StickyToken(high: UInt64(index), low: UInt64(index % 3)),
                slot: UInt32(index))
        }
        Table.StickyEntry.table(entries).withUnsafeBufferPointer { places in
            for entry in entries { #expect(places.slot(of: entry.token) == entry.slot) }
            #expect(places.slot(of: Table.StickyToken(high: 1_000, low: 1)) == nil)
        }
        #expect(Table.StickyEntry.table([]).isEmpty)
    }

    @Test("Messages come out as they went in, and nonsense is none")
    func messages() throws {
        let all: [ProcessMessage] = [
            .start(index: 63), .listeners([try address("127.0.0.1:80"), try address("[::]:443")]),
            .listeners([]), .table, .ready, .drain(milliseconds: 5_000),
        ]
        for message in all { #expect(ProcessMessage(message.encoded()) == message) }
        for bytes: [UInt8] in [[], [0], [9], [1], [1, 2, 3], [2, 65]] {
            #expect(ProcessMessage(bytes) == nil)
        }
    }
}
