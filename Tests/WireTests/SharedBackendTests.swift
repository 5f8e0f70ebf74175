import Primitives
import Replication
import Testing
import Wire

@Suite("What the cluster is told of a backend, as bytes")
struct SharedBackendTests {
    private func backend(pool: String = "api") throws -> SharedBackend {
        SharedBackend(pool: pool, address: try #require(SocketAddress("192.0.2.1:80")))
    }

    private func read(_ bytes: [UInt8]) throws(WireError) -> SharedBackend {
        try SharedBackend.decode(bytes.span)
    }

    /// A backend of which everything is said.
    private func full() throws -> SharedBackend {
        var backend = try backend()
        backend.isRegistered = true
        backend.isRemoved = true
        backend.state = .maintenance
        backend.weight = 256
        backend.isBackup = true
        backend.maxConnections = 1_000_000
        backend.timeToLive = 86_400
        backend.renewal = .max
        return backend
    }

    @Test("What is written is read back", arguments: 0..<20)
    func roundTrip(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        for _ in 0..<200 {
            let backend = Samples.sharedBackend(&random)
            #expect(try read(backend.encode()) == backend)
        }
    }

    @Test("Each part that is said, or is not, comes through alone")
    func parts() throws {
        let changes: [(inout SharedBackend) -> Void] = [
            { _ in }, { $0.isRegistered = true }, { $0.isRemoved = true }, { $0.weight = 0 },
            { $0.weight = 256 }, { $0.isBackup = false }, { $0.isBackup = true },
            { $0.state = .ready }, { $0.state = .drain }, { $0.state = .maintenance },
            { $0.maxConnections = 1_000_000 }, { $0.timeToLive = 86_400 }, { $0.renewal = 1 },
        ]
        var written: Set<[UInt8]> = []
        for change in changes {
            var backend = try backend()
            change(&backend)
            let bytes = try backend.encode()
            #expect(try read(bytes) == backend)
            written.insert(bytes)
        }
        #expect(written.count == changes.count)
    }

    @Test("Fields of a later release are passed over, wherever they stand")
    func laterFields() throws {
        let backend = try full()
        let bytes = try backend.encode()
        let start = try self.backend().encode().count
        var ends: Set<Int> = [start]
        for place in start..<bytes.count where ends.contains(place) {
            ends.insert(place + 2 + Int(bytes[place + 1]))
            for later: [UInt8] in [[7, 0], [200, 3, 0xFF, 0xFF, 0xFF], [255, 1, 0x80]] {
                let mixed = bytes[..<place] + later + bytes[place...]
                #expect(try read(Array(mixed)) == backend, "at \(place)")
            }
        }
        #expect(ends.contains(bytes.count) && ends.count == 7, "seen all six fields")
        // Nor do bits of a later release among the flags do harm, or bytes behind a known number.
        var flagged = bytes
        flagged[start - 1] |= 0xFC
        #expect(try read(flagged) == backend)
        let longer = try self.backend().encode() + [2, 3, 9, 0xFF, 0xFF]
        #expect(try read(longer).weight == 9)
    }

    @Test("Cut short at any byte it is an error, or says less by whole fields")
    func truncation() throws {
        let bytes = try full().encode()
        let start = try backend().encode().count
        var ends = [start]
        while let end = ends.last, end < bytes.count {
            ends.append(end + 2 + Int(bytes[end + 1]))
        }
        for length in 0..<bytes.count {
            let cut = Array(bytes.prefix(length))
            if ends.contains(length) {
                let backend = try read(cut)
                #expect(try backend.encode() == cut)
            } else {
                #expect(throws: WireError.truncated, "\(length)") {
                    try read(cut)
                }
            }
        }
    }

    @Test("Values beyond their limits are errors")
    func limits() throws {
        let start = try backend().encode()
        func digits(_ number: UInt64) -> [UInt8] {
            number < 0x80 ? [UInt8(number)] : [UInt8(number & 0x7F) | 0x80] + digits(number >> 7)
        }
        func field(_ type: UInt8, _ number: UInt64) -> [UInt8] {
            start + [type, UInt8(digits(number).count)] + digits(number)
        }
        let rows: [(type: UInt8, good: [UInt64], bad: [UInt64], error: WireError.Field)] = [
            (1, [1, 3], [0, 4, 255, 256, .max], .status),
            (2, [0, 256], [257, 1 << 32, .max], .gauges),
            (3, [0, 1], [2, .max], .status),
            (4, [1, 1_000_000], [1_000_001, 1 << 32, .max], .gauges),
            (5, [1, 86_400], [86_401, .max], .status),
        ]
        for row in rows {
            for number in row.good {
                #expect(throws: Never.self, "\(row.type): \(number)") {
                    try read(field(row.type, number))
                }
            }
            for number in row.bad {
                #expect(throws: WireError.invalid(row.error), "\(row.type): \(number)") {
                    try read(field(row.type, number))
                }
            }
            #expect(throws: WireError.truncated, "\(row.type) without a number") {
                try read(start + [row.type, 0])
            }
        }
    }

    @Test("A pool's name may take 128 bytes and no more, and its address has a port")
    func nameAndAddress() throws {
        let longest = try backend(pool: String(repeating: "ä", count: 64))
        #expect(try read(longest.encode()) == longest)
        #expect(throws: WireError.invalid(.text)) {
            try backend(pool: String(repeating: "ä", count: 64) + "x").encode()
        }
        let bytes = try longest.encode()
        #expect(throws: WireError.invalid(.text), "too long as bytes") {
            try read([129, 1, 0x78] + bytes.dropFirst(2))
        }
        #expect(throws: WireError.invalid(.text), "no UTF-8") {
            try read([1, 0xC3] + bytes.dropFirst(130))
        }
        var portless = try backend().encode()
        portless.replaceSubrange(portless.count - 3..<portless.count - 1, with: [0, 0])
        #expect(throws: WireError.invalid(.address)) { try read(portless) }
    }

    @Test("Each pool and address has a key of its own, the same for whatever is said of it")
    func keys() throws {
        var keys: Set<RecordKey> = []
        for pool in ["api", "web"] {
            for text in ["192.0.2.1:80", "192.0.2.1:81", "[2001:db8::1]:80"] {
                let address = try #require(SocketAddress(text))
                var backend = SharedBackend(pool: pool, address: address)
                keys.insert(backend.key)
                backend.weight = 3
                #expect(backend.key == SharedBackend.key(pool: pool, address: address))
                #expect(backend.key.kind == .backend)
            }
        }
        #expect(keys.count == 6)
    }
}
