import Balancing
import Linux
import Primitives
import SharedState

/// A backend as the worker connects to it, found by its slot in the node memory.
struct LiveBackend: BitwiseCopyable {
    /// As the table has it.
    var record: Table.Backend
    var address: SocketAddressStorage
    /// The number of the table that had it last.
    var tableNumber: UInt64
    var idleConnections: Int
    /// In nanoseconds, as is `slowStart`.
    var idleTimeout: Int64
    var slowStart: Int64
    /// Idle connections, the one used last in front.
    var firstIdle = none
    var idleCount = 0
    /// How fast it answered this worker.
    var responseTime = PeakEWMA()
}

/// The newest table in the form that the worker looks things up in.
///
/// A new table is taken over between two events: exchanges that have begun keep their backend,
/// whose slot no other backend gets while connections to it are open. What is kept here for each
/// backend of a large pool is done in well under a millisecond, because nobody is served meanwhile.
struct LiveTable: ~Copyable {
    private(set) var number: UInt64 = 0
    private(set) var listeners: [SocketAddress: Table.Listener] = [:]
    private var poolIndices: [String: UInt32] = [:]
    private var poolSlots: [UInt32] = []
    /// Holds the memory that the pools point into.
    private var mapped: MappedTable?
    private let seed: UInt32
    let pools: UnsafeMutablePointer<LivePool>
    let backends: UnsafeMutablePointer<LiveBackend?>
    private(set) var poolCount = 0

    /// The most pools of all tables that one worker sees.
    static let poolsMax = 4096

    /// - Parameter seed: the worker's index, so that the workers' rotations differ.
    init(seed: UInt32) {
        self.seed = seed
        pools = .allocate(capacity: Self.poolsMax)
        backends = .allocate(capacity: NodeMemory.slotCapacity)
        backends.initialize(repeating: nil, count: NodeMemory.slotCapacity)
    }

    deinit {
        for index in 0..<poolCount { pools[index].releaseNames() }
        pools.deallocate()
        backends.deallocate()
    }

    /// Takes over a table and returns the slots whose idle connections must be closed, because the
    /// backend is down, gone, or at another address.
    mutating func replace(with table: MappedTable) -> [UInt32] {
        number = table.number
        var stale: [UInt32] = []
        poolSlots = []
        for pool in table.pools {
            poolSlots.append(adopt(pool))
            for backend in pool.backends where !update(backend, pool.settings) {
                stale.append(backend.slot)
            }
        }
        for slot in 0..<NodeMemory.slotCapacity {
            guard let backend = backends[slot], backend.tableNumber != number,
                backend.record.standing.isUsable
            else { continue }
            backends[slot]?.record.standing = []
            stale.append(UInt32(slot))
        }
        let known = Set(table.pools.map(\.settings.name))
        for (name, index) in poolIndices where !known.contains(name) {
            // Clients of a listener that had this pool are told that no backend is up.
            pools[Int(index)].empty()
        }
        listeners = Dictionary(
            table.listeners.map { ($0.address, $0) }, uniquingKeysWith: { first, _ in first })
        mapped = table
        return stale
    }

    /// The worker's index of a pool of the present table.
    func poolIndex(_ tableIndex: Int) -> UInt32 { poolSlots[tableIndex] }

    private mutating func adopt(_ pool: MappedTable.Pool) -> UInt32 {
        if let index = poolIndices[pool.settings.name] {
            pools[Int(index)].adopt(pool)
            return index
        }
        precondition(poolCount < Self.poolsMax, "more than \(Self.poolsMax) pools")
        let index = poolCount
        pools.advanced(by: index).initialize(to: LivePool(pool, seed: seed))
        poolIndices[pool.settings.name] = UInt32(index)
        poolCount += 1
        return UInt32(index)
    }

    /// Whether idle connections to the slot's backend may be kept.
    private func update(_ record: Table.Backend, _ pool: Table.PoolSettings) -> Bool {
        let place = backends + Int(record.slot)
        guard let known = place.pointee, known.record.address == record.address else {
            let wasKnown = place.pointee != nil
            let idle = place.pointee.map { ($0.firstIdle, $0.idleCount) }
            place.pointee = LiveBackend(
                record: record, address: SocketAddressStorage(record.address),
                tableNumber: number, idleConnections: pool.idleConnections,
                idleTimeout: pool.idleTimeout.nanoseconds, slowStart: pool.slowStart.nanoseconds)
            if let (first, count) = idle {
                place.pointee?.firstIdle = first
                place.pointee?.idleCount = count
            }
            return !wasKnown
        }
        let wasUsable = known.record.standing.isUsable
        place.pointee?.record = record
        place.pointee?.tableNumber = number
        place.pointee?.idleConnections = pool.idleConnections
        place.pointee?.idleTimeout = pool.idleTimeout.nanoseconds
        place.pointee?.slowStart = pool.slowStart.nanoseconds
        return !wasUsable || record.standing.isUsable
    }
}
