package import Linux
internal import Primitives

/// A table as a worker has it: what is short is read, what is long stays in the mapped file and is
/// looked up there.
package final class MappedTable: @unchecked Sendable {
    /// A pool of the table; its arrays live as long as the table.
    package struct Pool {
        package let settings: Table.PoolSettings
        package let backends: UnsafeBufferPointer<Table.Backend>
        package let candidates: UnsafeBufferPointer<UInt32>
        package let turns: UnsafeBufferPointer<UInt32>
        package let hashTable: UnsafeBufferPointer<UInt32>
        package let stickyEntries: UnsafeBufferPointer<Table.StickyEntry>
    }

    package let number: UInt64
    package let listeners: [Table.Listener]
    package let pools: [Pool]
    private let mapping: Mapping

    /// Maps a table file. The file must be sealed, so it cannot change meanwhile.
    package init(file: borrowing Descriptor) throws(TableFileError) {
        guard MemoryFile.isSealed(file) else { throw .notSealed }
        do throws(SystemCallError) {
            let size = try MemoryFile.size(of: file)
            guard size > 0 else { throw SystemCallError("mmap", .invalidArgument) }
            mapping = try Mapping(file, size: size, readOnly: true)
        } catch {
            throw .system(error)
        }
        var reader = TableReader(UnsafeRawBufferPointer(mapping.bytes))
        guard try reader.readUInt32() == Table.magic else { throw .wrongFormat }
        number = try reader.readUInt64()
        var listeners: [Table.Listener] = []
        for _ in 0..<(try reader.readUInt32()) { listeners.append(try reader.readListener()) }
        var pools: [Pool] = []
        for _ in 0..<(try reader.readUInt32()) { pools.append(try reader.readPool()) }
        guard reader.isAtEnd else { throw .wrongFormat }
        guard listeners.allSatisfy({ pools.indices.contains($0.pool) }) else {
            throw .invalid("a listener names a pool that is not there")
        }
        self.listeners = listeners
        self.pools = pools
    }
}

/// Reads what `Table.makeFile` wrote, in place.
private struct TableReader {
    private let bytes: UnsafeRawBufferPointer
    private var offset = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    var isAtEnd: Bool { offset == bytes.count }

    private mutating func take(_ count: Int) throws(TableFileError) -> Int {
        guard count <= bytes.count - offset else { throw .truncated }
        defer { offset += count }
        return offset
    }

    private mutating func readInteger<Value: FixedWidthInteger & BitwiseCopyable>(
        _ type: Value.Type
    ) throws(TableFileError) -> Value {
        let start = try take(MemoryLayout<Value>.size)
        return Value(littleEndian: bytes.loadUnaligned(fromByteOffset: start, as: Value.self))
    }

    mutating func readUInt8() throws(TableFileError) -> UInt8 { try readInteger(UInt8.self) }
    mutating func readUInt32() throws(TableFileError) -> UInt32 { try readInteger(UInt32.self) }
    mutating func readUInt64() throws(TableFileError) -> UInt64 { try readInteger(UInt64.self) }
    private mutating func readCount() throws(TableFileError) -> Int { Int(try readUInt32()) }
    private mutating func readFlag() throws(TableFileError) -> Bool { try readUInt8() == 1 }

    private mutating func readDuration() throws(TableFileError) -> Duration {
        .nanoseconds(try readInteger(Int64.self))
    }

    private mutating func readText() throws(TableFileError) -> [UInt8] {
        let count = Int(try readInteger(UInt16.self))
        let start = try take(count)
        return Array(bytes[start..<start + count])
    }

    private mutating func readString() throws(TableFileError) -> String {
        String(decoding: try readText(), as: UTF8.self)
    }

    private mutating func readAddress() throws(TableFileError) -> SocketAddress {
        let family = try readUInt8()
        let high = try readUInt64()
        let low = try readUInt64()
        let port = try readInteger(UInt16.self)
        switch family {
        case 4:
            return SocketAddress(ip: IPAddress(ipv4: UInt32(truncatingIfNeeded: low)), port: port)
        case 6: return SocketAddress(ip: IPAddress(ipv6High: high, low: low), port: port)
        default: throw .invalid("address family \(family)")
        }
    }

    private mutating func readCase<Value: RawRepresentable<UInt8>>(
        _ type: Value.Type
    ) throws(TableFileError) -> Value {
        let code = try readUInt8()
        guard let value = Value(rawValue: code) else { throw .invalid("\(type) \(code)") }
        return value
    }

    private mutating func readArray<Element: BitwiseCopyable>(
        of type: Element.Type
    ) throws(TableFileError) -> UnsafeBufferPointer<Element> {
        let count = try readCount()
        _ = try take((8 - offset % 8) % 8)
        let start = try take(count * MemoryLayout<Element>.stride)
        guard count > 0, let base = bytes.baseAddress else {
            return UnsafeBufferPointer(start: nil, count: 0)
        }
        let first = (base + start).assumingMemoryBound(to: Element.self)
        return UnsafeBufferPointer(start: first, count: count)
    }

    mutating func readListener() throws(TableFileError) -> Table.Listener {
        Table.Listener(
            name: try readString(), address: try readAddress(),
            transport: try readCase(Table.Transport.self), pool: try readCount(),
            clientTimeout: try readDuration(), requestHeaderTimeout: try readDuration(),
            idleTimeout: try readDuration())
    }

    mutating func readPool() throws(TableFileError) -> MappedTable.Pool {
        let pool = MappedTable.Pool(
            settings: try readSettings(), backends: try readArray(of: Table.Backend.self),
            candidates: try readArray(of: UInt32.self), turns: try readArray(of: UInt32.self),
            hashTable: try readArray(of: UInt32.self),
            stickyEntries: try readArray(of: Table.StickyEntry.self))
        // A worker indexes by these without looking again.
        guard pool.backends.allSatisfy({ $0.slot < NodeMemory.slotCapacity }),
            isBelow(NodeMemory.slotCapacity, pool.candidates),
            isBelow(pool.candidates.count, pool.turns),
            isBelow(pool.candidates.count, pool.hashTable),
            pool.turns.isEmpty == pool.candidates.isEmpty
        else { throw .invalid("a slot or position of pool \(pool.settings.name)") }
        let places = pool.stickyEntries
        guard places.isEmpty || places.contains(where: { $0.slot == Table.StickyEntry.emptySlot }),
            places.count & max(places.count - 1, 0) == 0
        else { throw .invalid("the sticky entries of pool \(pool.settings.name)") }
        return pool
    }

    /// Whether all numbers are below the limit. Without an early end the compiler makes vectors of
    /// it, and nobody is served meanwhile.
    private func isBelow(_ limit: Int, _ numbers: UnsafeBufferPointer<UInt32>) -> Bool {
        var largest: UInt32 = 0
        for index in numbers.indices { largest = max(largest, numbers[index]) }
        return numbers.isEmpty || Int(largest) < limit
    }

    private mutating func readSettings() throws(TableFileError) -> Table.PoolSettings {
        var settings = Table.PoolSettings(
            name: try readString(), algorithm: try readCase(Table.Algorithm.self),
            connectTimeout: try readDuration(), serverTimeout: try readDuration(),
            idleConnections: try readCount(), idleTimeout: try readDuration())
        settings.slowStart = try readDuration()
        settings.queueSize = try readCount()
        settings.queueTimeout = try readDuration()
        settings.isLimited = try readFlag()
        settings.weights = try readUInt64()
        settings.hashKey = try readCase(Table.HashKey.self)
        settings.hashName = try readText()
        settings.ipv6Prefix = try readCount()
        settings.balanceFactor = try readCount()
        let code = try readUInt8()
        guard code != 0 else { return settings }
        guard let mode = Table.StickyCookie.Mode(rawValue: code) else {
            throw .invalid("cookie mode \(code)")
        }
        settings.cookie = Table.StickyCookie(
            mode: mode, name: try readText(), attributes: try readText(),
            isIndirect: try readFlag(), forbidsCaching: try readFlag())
        return settings
    }
}
