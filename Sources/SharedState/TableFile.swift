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
    static let magic: UInt32 = 0x5442_4C32

    /// Writes the table to a new sealed memory file, ready to be handed to workers.
    package func makeFile() throws(SystemCallError) -> Descriptor {
        try MemoryFile.sealed(name: "skein-table", bytes: encoded())
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
            writer.write(pool.settings)
            writer.write(array: pool.backends)
            writer.write(array: pool.candidates)
            writer.write(array: pool.turns)
            writer.write(array: pool.hashTable)
            writer.write(array: pool.stickyEntries)
        }
        return writer.bytes
    }
}

/// Little-endian fields, one after the other, and aligned arrays of plain values between them.
private struct TableWriter {
    var bytes: [UInt8] = []

    mutating func write(_ value: some FixedWidthInteger) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }

    mutating func write(_ duration: Duration) {
        write(duration.nanoseconds)
    }

    mutating func write(_ text: String) {
        write(Array(text.utf8))
    }

    mutating func write(_ text: [UInt8]) {
        let text = text.prefix(Int(UInt16.max))
        write(UInt16(text.count))
        bytes.append(contentsOf: text)
    }

    mutating func write(_ address: SocketAddress) {
        write(UInt8(address.ip.isIPv4 ? 4 : 6))
        write(address.ip.high)
        write(address.ip.low)
        write(address.port)
    }

    mutating func write(_ settings: Table.PoolSettings) {
        write(settings.name)
        write(settings.algorithm.rawValue)
        write(settings.connectTimeout)
        write(settings.serverTimeout)
        write(UInt32(settings.idleConnections))
        write(settings.idleTimeout)
        write(settings.slowStart)
        write(UInt32(settings.queueSize))
        write(settings.queueTimeout)
        write(UInt8(settings.isLimited ? 1 : 0))
        write(settings.weights)
        write(settings.hashKey.rawValue)
        write(settings.hashName)
        write(UInt32(settings.ipv6Prefix))
        write(UInt32(settings.balanceFactor))
        guard let cookie = settings.cookie else {
            write(UInt8(0))
            return
        }
        write(cookie.mode.rawValue)
        write(cookie.name)
        write(cookie.attributes)
        write(UInt8(cookie.isIndirect ? 1 : 0))
        write(UInt8(cookie.forbidsCaching ? 1 : 0))
    }

    /// The values as they lie in memory: reader and writer are one program.
    mutating func write<Element: BitwiseCopyable>(array: [Element]) {
        write(UInt32(array.count))
        while bytes.count % 8 != 0 { bytes.append(0) }
        array.withUnsafeBytes { bytes.append(contentsOf: $0) }
    }
}
