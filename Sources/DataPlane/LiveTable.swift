import Balancing
import Linux
import Primitives
import SharedState

/// A backend as the worker connects to it, found by its slot in the node memory.
struct LiveBackend: BitwiseCopyable {
    /// As the table has it; without any standing before a table had it, and after.
    var record = Table.Backend(
        slot: 0, address: SocketAddress(ip: .anyIPv4, port: 0), standing: [])
    var address = SocketAddressStorage(SocketAddress(ip: .anyIPv4, port: 0))
    /// The number of the table that had it last; 0 before any had it.
    var tableNumber: UInt64 = 0
    /// The pool that it belongs to.
    var pool: UInt32 = 0
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
    let backends: UnsafeMutablePointer<LiveBackend>
    private(set) var poolCount = 0

    /// The most pools of all tables that one worker sees.
    static let poolsMax = 4096

    /// - Parameter seed: the worker's index, so that the workers' rotations differ.
    init(seed: UInt32) {
        self.seed = seed
        pools = .allocate(capacity: Self.poolsMax)
        backends = .allocate(capacity: NodeMemory.slotCapacity)
        backends.initialize(repeating: LiveBackend(), count: NodeMemory.slotCapacity)
    }

    deinit {
        for index in 0..<poolCount { pools[index].releaseNames() }
        pools.deallocate()
        backends.deallocate()
    }

    subscript(slot: UInt32) -> UnsafeMutablePointer<LiveBackend> { backends + Int(slot) }

    /// Takes over a table and returns the slots whose idle connections must be closed, because the
    /// backend is down, gone, or at another address.
    mutating func replace(with table: MappedTable) -> [UInt32] {
        number = table.number
        var stale: [UInt32] = []
        poolSlots = []
        for pool in table.pools {
            let index = adopt(pool)
            poolSlots.append(index)
            for position in pool.backends.indices {
                update(pool.backends[position], of: index, &stale)
            }
        }
        forgetAbsent(&stale)
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

    /// Uses those no longer that the last table had and the new one has not.
    private func forgetAbsent(_ stale: inout [UInt32]) {
        guard let mapped else { return }
        for pool in mapped.pools {
            for position in pool.backends.indices {
                let slot = pool.backends[position].slot
                guard self[slot].pointee.tableNumber != number,
                    self[slot].pointee.record.standing.isUsable
                else { continue }
                self[slot].pointee.record.standing = []
                stale.append(slot)
            }
        }
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

    /// Takes over what the table says of a backend, most often nothing new; notes its slot when
    /// idle connections to it must not be kept.
    private func update(_ record: Table.Backend, of pool: UInt32, _ stale: inout [UInt32]) {
        let place = self[record.slot]
        let isKnown = place.pointee.tableNumber != 0
        place.pointee.tableNumber = number
        place.pointee.pool = pool
        guard !isKnown || place.pointee.record != record else { return }
        let isSame = isKnown && place.pointee.record.address == record.address
        let wasUsable = place.pointee.record.standing.isUsable
        place.pointee.record = record
        if !isSame {
            place.pointee.address = SocketAddressStorage(record.address)
            place.pointee.responseTime = PeakEWMA()
        }
        if isKnown, !isSame || wasUsable && !record.standing.isUsable { stale.append(record.slot) }
    }
}
