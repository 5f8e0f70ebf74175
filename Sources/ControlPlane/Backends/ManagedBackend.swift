import ConfigurationFile
import Primitives

/// A backend of a pool, the same on every node.
struct BackendKey: Hashable, Comparable, CustomStringConvertible {
    let pool: String
    let address: SocketAddress

    /// Names the backend where a text would be too long: in shared memory and in gauges.
    var hash: UInt64 {
        // 0 marks a free slot.
        max(1, StableHash(of: description).value)
    }

    var description: String { "\(pool)/\(address)" }

    static func < (left: BackendKey, right: BackendKey) -> Bool {
        (left.pool, left.address) < (right.pool, right.address)
    }
}

/// A backend as all sources together make it: configuration, discovery, and what the cluster was
/// told.
struct ManagedBackend: Hashable {
    /// Who says that it is there.
    enum Origin: String {
        case configured
        case discovered
        case registered
    }

    let key: BackendKey
    /// `key.hash`, which is costly to make.
    let hash: UInt64
    var origin: Origin
    var weight: Int
    var isBackup: Bool
    /// Of all nodes together; nil for any number.
    var maxConnections: Int?
    var state: Configuration.Backend.State

    init(_ key: BackendKey, hash: UInt64, origin: Origin, _ backend: Configuration.Backend) {
        self.key = key
        self.hash = hash
        self.origin = origin
        weight = backend.weight
        isBackup = backend.isBackup
        maxConnections = backend.maxConnections
        state = backend.state
    }
}
