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
                    name: "empty", algorithm: .roundRobin, connectTimeout: .seconds(5),
                    serverTimeout: .seconds(50), idleConnections: 0, idleTimeout: .seconds(60),
                    backends: []),
                Table.Pool(
                    name: "größer", algorithm: .leastConnections, connectTimeout: .seconds(1),
                    serverTimeout: .seconds(2), idleConnections: 9, idleTimeout: .seconds(3),
                    backends: [
                        Table.Backend(
                            slot: 3, address: try address("[2001:db8::1]:8080"), isUp: true),
                        Table.Backend(
                            slot: 16_383, address: try address("10.0.0.1:1"), isUp: false),
                    ]),
            ])
    }

    @Test("A table survives the way through a sealed memory file")
    func roundTrip() throws {
        let table = try sample()
        let file = try table.makeFile()
        let (isSealed, read) = (MemoryFile.isSealed(file), try Table(file: file))
        #expect(isSealed)
        #expect(read == table)
    }

    @Test("A file that is not sealed, empty, cut short or longer is refused")
    func refused() throws {
        let bytes = try sample().encoded()
        for count in 0..<bytes.count {
            #expect(throws: TableFileError.self) { try Table(encoded: Array(bytes.prefix(count))) }
        }
        #expect(throws: TableFileError.wrongFormat) { try Table(encoded: bytes + [0]) }
        let open = try MemoryFile.create(name: "test", size: 100)
        #expect(throws: TableFileError.notSealed) { () throws in _ = try Table(file: open) }
    }

    @Test("A table that names a missing pool, or a slot out of range, is refused")
    func invalid() throws {
        var table = try sample()
        table.listeners[0].pool = 2
        #expect(throws: TableFileError.self) { try Table(encoded: table.encoded()) }
        table = try sample()
        table.pools[1].backends[0].slot = NodeMemory.slotCapacity
        #expect(throws: TableFileError.self) { try Table(encoded: table.encoded()) }
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
