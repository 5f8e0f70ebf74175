import ConfigurationFile
import Primitives
import Replication
import Wire

/// Which backends each pool has: pure.
///
/// The configuration comes first, then what was discovered, in the order of the sources, and of
/// several that know one address the first is believed. What the cluster was told over an admin
/// API comes on top: it adds, removes and changes.
struct BackendRoster {
    /// What became of a pool's backends.
    struct Difference: Equatable {
        var added: [ManagedBackend] = []
        var changed: [ManagedBackend] = []
        var removed: [ManagedBackend] = []

        var isEmpty: Bool { added.isEmpty && changed.isEmpty && removed.isEmpty }
    }

    private struct Told {
        let backend: SharedBackend
        /// When it is void, unless it is told again.
        let deadline: Instant?
    }

    private struct Pool {
        let configuration: Configuration.Pool
        /// By source; nil for one that has not answered yet.
        var discovered: [[Configuration.Backend]?]
        var told: [SocketAddress: Told] = [:]
        var backends: [ManagedBackend] = []
        /// Where in `backends` each address is.
        var positions: [SocketAddress: Int] = [:]
        /// The hashes of all that were ever seen here, which are costly to make.
        var hashes: [SocketAddress: UInt64] = [:]
    }

    /// The most backends of a pool; what sources bring beyond it is left out.
    static let poolBackendsMax = Configuration.Pool.backendsMax

    private var pools: [Pool]
    private let indices: [String: Int]
    private var toldKeys: [RecordKey: BackendKey] = [:]

    init(pools: [Configuration.Pool]) {
        self.pools = pools.map {
            Pool(
                configuration: $0,
                discovered: Array(repeating: nil, count: $0.discover.count))
        }
        indices = Dictionary(uniqueKeysWithValues: pools.enumerated().map { ($1.name, $0) })
    }

    // MARK: What there is

    /// The backends of a pool: the configured ones in their order, the others by address.
    func backends(of pool: String) -> [ManagedBackend] {
        indices[pool].map { pools[$0].backends } ?? []
    }

    var all: some Sequence<ManagedBackend> { pools.lazy.flatMap(\.backends) }

    func hasPool(_ name: String) -> Bool { indices[name] != nil }

    func backend(_ key: BackendKey) -> ManagedBackend? {
        guard let index = indices[key.pool] else { return nil }
        return pools[index].positions[key.address].map { pools[index].backends[$0] }
    }

    /// What the cluster was told of a backend.
    func told(_ key: BackendKey) -> SharedBackend? {
        indices[key.pool].flatMap { pools[$0].told[key.address]?.backend }
    }

    /// The backend of which the cluster was told something under that key.
    func told(under key: RecordKey) -> BackendKey? { toldKeys[key] }

    var everythingTold: [SharedBackend] { pools.flatMap { $0.told.values.map(\.backend) } }

    // MARK: What sources say

    /// The first look: what the configuration has.
    mutating func begin() -> Difference {
        var all = Difference()
        for index in pools.indices {
            let difference = rebuild(index)
            all.added += difference.added
        }
        return all
    }

    /// What a source of a pool found: all that it has now.
    mutating func setDiscovered(
        _ backends: [Configuration.Backend], pool: String, source: Int
    ) -> Difference {
        guard let index = indices[pool], pools[index].discovered.indices.contains(source) else {
            return Difference()
        }
        pools[index].discovered[source] = backends
        return rebuild(index)
    }

    /// What the cluster was told; nil for nothing any more.
    mutating func setTold(
        _ backend: SharedBackend?, of key: BackendKey, at now: Instant
    ) -> Difference {
        guard let index = indices[key.pool] else { return Difference() }
        let former = pools[index].told[key.address]?.backend
        pools[index].told[key.address] = backend.map { backend in
            Told(
                backend: backend,
                deadline: backend.timeToLive.map { now + .seconds($0) })
        }
        if let backend {
            toldKeys[backend.key] = key
            // Most that is told is that a registered backend is still there.
            if let former, former.isRenewal(of: backend) { return Difference() }
        } else if let former {
            toldKeys[former.key] = nil
        }
        return rebuild(index)
    }

    /// What was told with a time-to-live that is over; it is void now.
    mutating func expire(at now: Instant) -> (difference: Difference, expired: [SharedBackend]) {
        var all = Difference()
        var expired: [SharedBackend] = []
        for index in pools.indices {
            let over = pools[index].told.filter { $0.value.deadline.map { $0 <= now } ?? false }
            guard !over.isEmpty else { continue }
            for (address, told) in over {
                pools[index].told[address] = nil
                toldKeys[told.backend.key] = nil
                expired.append(told.backend)
            }
            let difference = rebuild(index)
            all.added += difference.added
            all.changed += difference.changed
            all.removed += difference.removed
        }
        return (all, expired)
    }

    // MARK: Merging

    private mutating func rebuild(_ index: Int) -> Difference {
        let before = pools[index].backends
        let after = merge(index)
        pools[index].backends = after
        pools[index].positions = Dictionary(
            uniqueKeysWithValues: after.enumerated().map { ($1.key.address, $0) })
        if pools[index].hashes.count > 2 * after.count + 1_024 {
            pools[index].hashes = Dictionary(
                uniqueKeysWithValues: after.map { ($0.key.address, $0.hash) })
        }
        let old = Dictionary(uniqueKeysWithValues: before.map { ($0.key, $0) })
        let new = Set(after.map(\.key))
        return Difference(
            added: after.filter { old[$0.key] == nil },
            changed: after.filter { backend in old[backend.key].map { $0 != backend } ?? false },
            removed: before.filter { !new.contains($0.key) })
    }

    private mutating func merge(_ index: Int) -> [ManagedBackend] {
        var merged: [ManagedBackend] = []
        var seen: Set<SocketAddress> = []
        for backend in pools[index].configuration.backends
        where seen.insert(backend.address).inserted {
            merged.append(managed(index, .configured, backend))
        }
        var others: [ManagedBackend] = []
        for backend in pools[index].discovered.compactMap(\.self).joined()
        where seen.insert(backend.address).inserted {
            others.append(managed(index, .discovered, backend))
        }
        for (address, told) in pools[index].told
        where told.backend.isRegistered && seen.insert(address).inserted {
            let backend = Configuration.Backend(address: address)
            others.append(managed(index, .registered, backend))
        }
        merged += others.sorted { $0.key.address < $1.key.address }
        merged = merged.compactMap { backend in
            guard let told = pools[index].told[backend.key.address]?.backend else {
                return backend
            }
            return told.isRemoved ? nil : backend.changed(by: told)
        }
        return Array(merged.prefix(Self.poolBackendsMax))
    }

    private mutating func managed(
        _ index: Int, _ origin: ManagedBackend.Origin, _ backend: Configuration.Backend
    ) -> ManagedBackend {
        let key = BackendKey(
            pool: pools[index].configuration.name, address: backend.address)
        let hash = pools[index].hashes[backend.address] ?? key.hash
        pools[index].hashes[backend.address] = hash
        return ManagedBackend(key, hash: hash, origin: origin, backend)
    }
}

extension ManagedBackend {
    fileprivate func changed(by told: SharedBackend) -> ManagedBackend {
        var changed = self
        if let weight = told.weight { changed.weight = weight }
        if let isBackup = told.isBackup { changed.isBackup = isBackup }
        if let maxConnections = told.maxConnections { changed.maxConnections = maxConnections }
        if let state = told.state { changed.state = Configuration.Backend.State(state) }
        return changed
    }
}

extension Configuration.Backend.State {
    init(_ state: SharedBackend.State) {
        self =
            switch state {
            case .ready: .ready
            case .drain: .drain
            case .maintenance: .maintenance
            }
    }
}

extension SharedBackend.State {
    init(_ state: Configuration.Backend.State) {
        self =
            switch state {
            case .ready: .ready
            case .drain: .drain
            case .maintenance: .maintenance
            }
    }
}
