package import Linux
internal import Primitives

/// Why a table file cannot be used. Its maker is another process of this node, so this is a bug or
/// a version mismatch, never a stranger's doing.
package enum TableFileError: Error, Hashable {
    case notSealed
    case wrongFormat
    case truncated
    case invalid(String)
    case system(SystemCallError)
}

extension Table {
    private static let magic: UInt32 = 0x5442_4C31

    /// Writes the table to a new sealed memory file, ready to be handed to workers.
    package func makeFile() throws(SystemCallError) -> Descriptor {
        try MemoryFile.sealed(name: "skein-table", bytes: encoded())
    }

    /// Reads a table from a memory file. The file must be sealed, so it cannot change meanwhile.
    package init(file: borrowing Descriptor) throws(TableFileError) {
        guard MemoryFile.isSealed(file) else { throw .notSealed }
        let bytes: [UInt8]
        do throws(SystemCallError) {
            let size = try MemoryFile.size(of: file)
            bytes = size == 0 ? [] : try Mapping(file, size: size, readOnly: true).copy()
        } catch {
            throw .system(error)
        }
        try self.init(encoded: bytes)
    }

    func encoded() -> [UInt8] {
        var writer = TableWriter()
        writer.write(Self.magic)
        writer.write(number)
        writer.write(UInt32(listeners.count))
        for listener in listeners {
            writer.write(listener.name)
            writer.write(listener.address)
            writer.write(listener.transport.rawValue)
            writer.write(UInt32(listener.pool))
            writer.write(listener.clientTimeout)
            writer.write(listener.requestHeaderTimeout)
            writer.write(listener.idleTimeout)
        }
        writer.write(UInt32(pools.count))
        for pool in pools {
            writer.write(pool.name)
            writer.write(pool.algorithm.rawValue)
            writer.write(pool.connectTimeout)
            writer.write(pool.serverTimeout)
            writer.write(UInt32(pool.idleConnections))
            writer.write(pool.idleTimeout)
            writer.write(UInt32(pool.backends.count))
            for backend in pool.backends {
                writer.write(UInt32(backend.slot))
                writer.write(backend.address)
                writer.write(UInt8(backend.isUp ? 1 : 0))
            }
        }
        return writer.bytes
    }

    init(encoded: [UInt8]) throws(TableFileError) {
        var reader = TableReader(encoded)
        guard try reader.readUInt32() == Self.magic else { throw .wrongFormat }
        number = try reader.readUInt64()
        listeners = []
        for _ in 0..<(try reader.readUInt32()) {
            listeners.append(try Self.readListener(&reader))
        }
        pools = []
        for _ in 0..<(try reader.readUInt32()) {
            pools.append(try Self.readPool(&reader))
        }
        guard reader.isAtEnd else { throw .wrongFormat }
        guard listeners.allSatisfy({ pools.indices.contains($0.pool) }) else {
            throw .invalid("a listener names a pool that is not there")
        }
    }

    private static func readListener(
        _ reader: inout TableReader
    ) throws(TableFileError) -> Listener {
        let name = try reader.readString()
        let address = try reader.readAddress()
        guard let transport = Transport(rawValue: try reader.readUInt8()) else {
            throw .invalid("transport of listener \(name)")
        }
        return Listener(
            name: name, address: address, transport: transport,
            pool: Int(try reader.readUInt32()), clientTimeout: try reader.readDuration(),
            requestHeaderTimeout: try reader.readDuration(),
            idleTimeout: try reader.readDuration())
    }

    private static func readPool(_ reader: inout TableReader) throws(TableFileError) -> Pool {
        let name = try reader.readString()
        guard let algorithm = Algorithm(rawValue: try reader.readUInt8()) else {
            throw .invalid("algorithm of pool \(name)")
        }
        var pool = Pool(
            name: name, algorithm: algorithm, connectTimeout: try reader.readDuration(),
            serverTimeout: try reader.readDuration(),
            idleConnections: Int(try reader.readUInt32()),
            idleTimeout: try reader.readDuration(), backends: [])
        for _ in 0..<(try reader.readUInt32()) {
            let slot = Int(try reader.readUInt32())
            guard slot < NodeMemory.slotCapacity else { throw .invalid("slot \(slot)") }
            pool.backends.append(
                Backend(
                    slot: slot, address: try reader.readAddress(),
                    isUp: try reader.readUInt8() == 1))
        }
        return pool
    }
}

/// Little-endian fields, one after the other.
private struct TableWriter {
    var bytes: [UInt8] = []

    mutating func write(_ value: some FixedWidthInteger) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }

    mutating func write(_ duration: Duration) {
        write(duration.nanoseconds)
    }

    mutating func write(_ text: String) {
        let utf8 = text.utf8.prefix(Int(UInt16.max))
        write(UInt16(utf8.count))
        bytes.append(contentsOf: utf8)
    }

    mutating func write(_ address: SocketAddress) {
        write(UInt8(address.ip.isIPv4 ? 4 : 6))
        write(address.ip.high)
        write(address.ip.low)
        write(address.port)
    }
}

private struct TableReader {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) { rest = bytes[...] }

    var isAtEnd: Bool { rest.isEmpty }

    private mutating func readInteger<Value: FixedWidthInteger>(
        _ type: Value.Type
    ) throws(TableFileError) -> Value {
        let size = MemoryLayout<Value>.size
        guard rest.count >= size else { throw .truncated }
        var value: Value = 0
        for byte in rest.prefix(size).reversed() {
            value = value << 8 | Value(truncatingIfNeeded: byte)
        }
        rest.removeFirst(size)
        return value
    }

    mutating func readUInt8() throws(TableFileError) -> UInt8 {
        guard let byte = rest.popFirst() else { throw .truncated }
        return byte
    }

    mutating func readUInt32() throws(TableFileError) -> UInt32 { try readInteger(UInt32.self) }
    mutating func readUInt64() throws(TableFileError) -> UInt64 { try readInteger(UInt64.self) }

    mutating func readDuration() throws(TableFileError) -> Duration {
        .nanoseconds(try readInteger(Int64.self))
    }

    mutating func readString() throws(TableFileError) -> String {
        let count = Int(try readInteger(UInt16.self))
        guard rest.count >= count else { throw .truncated }
        defer { rest.removeFirst(count) }
        return String(decoding: rest.prefix(count), as: UTF8.self)
    }

    mutating func readAddress() throws(TableFileError) -> SocketAddress {
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
}
