import Balancing
import Linux
import Primitives
import SharedState

/// A pool as the worker chooses from it. Its index stays the same while the worker runs.
struct LivePool: BitwiseCopyable {
    var algorithm: Table.Algorithm
    var roundRobin: RoundRobin
    var leastConnections: LeastConnections
    /// Time-outs, here and below, are in nanoseconds.
    var connectTimeout: Int64
    var serverTimeout: Int64
    /// The slots of the backends that take traffic.
    var eligible: UnsafeMutableBufferPointer<UInt32>
}

/// A backend as the worker connects to it, found by its slot in the node memory.
struct LiveBackend: BitwiseCopyable {
    var address: SocketAddressStorage
    var isUp: Bool
    var idleConnections: Int
    var idleTimeout: Int64
    /// Idle connections, the one used last in front.
    var firstIdle = none
    var idleCount = 0
}

/// The newest table in the form that the worker looks things up in.
///
/// A new table is taken over between two events: exchanges that have begun keep their backend,
/// whose slot no other backend gets while connections to it are open.
struct LiveTable: ~Copyable {
    private(set) var number: UInt64 = 0
    private(set) var listeners: [SocketAddress: Table.Listener] = [:]
    private var poolIndices: [String: UInt32] = [:]
    private var poolSlots: [UInt32] = []
    private let seed: UInt32
    let pools: UnsafeMutablePointer<LivePool>
    let backends: UnsafeMutablePointer<LiveBackend?>
    private var poolCount = 0

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
        for index in 0..<poolCount { pools[index].eligible.deallocate() }
        pools.deallocate()
        backends.deallocate()
    }

    /// Takes over a table and returns the slots whose idle connections must be closed, because the
    /// backend is down, gone, or at another address.
    mutating func replace(with table: Table) -> [UInt32] {
        number = table.number
        var stale: [UInt32] = []
        var present: Set<UInt32> = []
        poolSlots = []
        for pool in table.pools {
            poolSlots.append(adopt(pool))
            for backend in pool.backends {
                let slot = UInt32(backend.slot)
                present.insert(slot)
                if !update(slot, backend, pool) { stale.append(slot) }
            }
        }
        for slot in 0..<UInt32(NodeMemory.slotCapacity)
        where backends[Int(slot)]?.isUp == true && !present.contains(slot) {
            backends[Int(slot)]?.isUp = false
            stale.append(slot)
        }
        let known = Set(table.pools.map(\.name))
        for (name, index) in poolIndices where !known.contains(name) {
            // Clients of a listener that had this pool are told that no backend is up.
            pools[Int(index)].eligible = UnsafeMutableBufferPointer(
                rebasing: pools[Int(index)].eligible[..<0])
        }
        listeners = Dictionary(
            table.listeners.map { ($0.address, $0) }, uniquingKeysWith: { first, _ in first })
        return stale
    }

    /// The worker's index of a pool of the present table.
    func poolIndex(_ tableIndex: Int) -> UInt32 { poolSlots[tableIndex] }

    private mutating func adopt(_ pool: Table.Pool) -> UInt32 {
        let up = pool.backends.filter(\.isUp)
        let eligible = UnsafeMutableBufferPointer<UInt32>.allocate(capacity: max(up.count, 1))
        _ = eligible.initialize(from: up.map { UInt32($0.slot) })
        let usable = UnsafeMutableBufferPointer(rebasing: eligible[..<up.count])
        if let index = poolIndices[pool.name] {
            pools[Int(index)].eligible.deallocate()
            pools[Int(index)].eligible = usable
            pools[Int(index)].algorithm = pool.algorithm
            pools[Int(index)].connectTimeout = pool.connectTimeout.nanoseconds
            pools[Int(index)].serverTimeout = pool.serverTimeout.nanoseconds
            return index
        }
        precondition(poolCount < Self.poolsMax, "more than \(Self.poolsMax) pools")
        let index = poolCount
        pools[index] = LivePool(
            algorithm: pool.algorithm, roundRobin: RoundRobin(start: seed),
            leastConnections: LeastConnections(start: seed),
            connectTimeout: pool.connectTimeout.nanoseconds,
            serverTimeout: pool.serverTimeout.nanoseconds, eligible: usable)
        poolIndices[pool.name] = UInt32(index)
        poolCount += 1
        return UInt32(index)
    }

    /// Whether idle connections to the slot's backend may be kept.
    private func update(_ slot: UInt32, _ backend: Table.Backend, _ pool: Table.Pool) -> Bool {
        let address = SocketAddressStorage(backend.address)
        guard let known = backends[Int(slot)] else {
            backends[Int(slot)] = LiveBackend(
                address: address, isUp: backend.isUp, idleConnections: pool.idleConnections,
                idleTimeout: pool.idleTimeout.nanoseconds)
            return true
        }
        let isSame = known.address.address == backend.address
        backends[Int(slot)]?.address = address
        backends[Int(slot)]?.isUp = backend.isUp
        backends[Int(slot)]?.idleConnections = pool.idleConnections
        backends[Int(slot)]?.idleTimeout = pool.idleTimeout.nanoseconds
        return isSame && backend.isUp
    }
}
