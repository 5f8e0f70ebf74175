package import Primitives
package import Replication

/// What the cluster was told about one backend of a pool over an admin API: that it is there, or
/// what to change of what the configuration says. The value of a shared record.
package struct SharedBackend: Hashable, Sendable {
    /// What people want of a backend, whatever its health.
    package enum State: UInt8, Hashable, Sendable {
        case ready = 1
        case drain = 2
        case maintenance = 3
    }

    /// The longest `pool`, in bytes.
    package static let poolLengthMax = 128
    package static let weightMax: UInt64 = 256
    package static let maxConnectionsMax: UInt64 = 1_000_000
    /// The longest time-to-live, in seconds: a day.
    package static let timeToLiveMax: UInt64 = 86_400

    package var pool: String
    package var address: SocketAddress
    /// Whether the backend is to be there although no other source has it.
    package var isRegistered = false
    /// Whether the backend is to be gone although another source has it.
    package var isRemoved = false
    package var state: State?
    package var weight: Int?
    package var isBackup: Bool?
    package var maxConnections: Int?
    /// In seconds: without being told again within it, all that is said here is void. Nil for ever.
    package var timeToLive: Int?
    /// Grows each time that the same is told again, so that the time-to-live begins anew.
    package var renewal: UInt64 = 0

    package init(pool: String, address: SocketAddress) {
        self.pool = pool
        self.address = address
    }

    /// The key under which the cluster keeps what it was told of that backend.
    package static func key(pool: String, address: SocketAddress) -> RecordKey {
        RecordKey(kind: .backend, id: StableHash(of: "\(pool)/\(address)").value)
    }

    package var key: RecordKey { Self.key(pool: pool, address: address) }

    /// Whether the other says nothing new, but that it is said again.
    package func isRenewal(of other: SharedBackend) -> Bool {
        var same = self
        (same.renewal, same.timeToLive) = (other.renewal, other.timeToLive)
        return same == other
    }

    private enum Field: UInt8 {
        case state = 1
        case weight = 2
        case backup = 3
        case maxConnections = 4
        case timeToLive = 5
        case renewal = 6
    }

    /// The value. Fails when the pool's name is too long.
    package func encode() throws(WireError) -> [UInt8] {
        guard pool.utf8.count <= Self.poolLengthMax else { throw .invalid(.text) }
        var writer = WireWriter()
        writer.writeText(pool)
        writer.write(address)
        writer.write((isRegistered ? 1 : 0) | (isRemoved ? 2 : 0))
        func write(_ field: Field, _ value: Int?) {
            guard let value else { return }
            writer.writeField(field.rawValue) { $0.writeNumber(UInt64(max(value, 0))) }
        }
        write(.state, state.map { Int($0.rawValue) })
        write(.weight, weight)
        write(.backup, isBackup.map { $0 ? 1 : 0 })
        write(.maxConnections, maxConnections)
        write(.timeToLive, timeToLive)
        if renewal > 0 { writer.writeField(Field.renewal.rawValue) { $0.writeNumber(renewal) } }
        return writer.bytes
    }

    /// Reads a value; fields of later releases are passed over.
    package static func decode(_ bytes: Span<UInt8>) throws(WireError) -> SharedBackend {
        var reader = WireReader(end: bytes.count)
        let pool = try reader.readText(bytes, longest: poolLengthMax, .text)
        var backend = SharedBackend(pool: pool, address: try reader.readAddress(bytes))
        let flags = try reader.readByte(bytes)
        backend.isRegistered = flags & 1 != 0
        backend.isRemoved = flags & 2 != 0
        while !reader.isAtEnd {
            var (type, body) = try reader.readField(bytes)
            switch Field(rawValue: type) {
            case .state:
                let code = try body.readNumber(bytes, most: UInt64(UInt8.max), .status)
                guard let state = State(rawValue: UInt8(code)) else { throw .invalid(.status) }
                backend.state = state
            case .weight:
                backend.weight = Int(try body.readNumber(bytes, most: weightMax, .gauges))
            case .backup:
                backend.isBackup = try body.readNumber(bytes, most: 1, .status) == 1
            case .maxConnections:
                backend.maxConnections = Int(
                    try body.readNumber(bytes, most: maxConnectionsMax, .gauges))
            case .timeToLive:
                backend.timeToLive = Int(
                    try body.readNumber(bytes, most: timeToLiveMax, .status))
            case .renewal: backend.renewal = try body.readNumber(bytes)
            case nil: break
            }
        }
        return backend
    }
}
