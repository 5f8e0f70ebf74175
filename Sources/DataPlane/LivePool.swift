import Balancing
import HTTP1
import Linux
import Primitives
import SharedState

/// A pool as the worker chooses from it. Its index stays the same while the worker runs.
struct LivePool: BitwiseCopyable {
    var algorithm: Table.Algorithm
    /// Time-outs, here and below, are in nanoseconds.
    var connectTimeout: Int64
    var serverTimeout: Int64
    /// Idle connections that are kept to each backend, and for how long.
    var idleConnections: Int
    var idleTimeout: Int64
    var slowStart: Int64

    /// The slots of the backends that take new traffic, each once.
    var candidates: UnsafeBufferPointer<UInt32>
    /// Positions of `candidates` by turns, each as often as its weight says.
    var turns: UnsafeBufferPointer<UInt32>
    /// Positions of `candidates` by hash.
    var hashTable: UnsafeBufferPointer<UInt32>
    var stickyEntries: UnsafeBufferPointer<Table.StickyEntry>
    /// Whether some backend has a most number of connections.
    var isLimited: Bool
    /// Whether a backend may get less than its share for a while: because it is full, or by slow
    /// start.
    var isChoosy: Bool

    var roundRobin: RoundRobin
    var random: ChoiceRandom
    var powerOfTwo: PowerOfTwo
    var leastConnections: LeastConnections
    var leastResponseTime: LeastResponseTime

    var hashKey: Table.HashKey
    var ipv6Prefix: Int
    var balanceFactor: Int
    /// The sum of the candidates' weights.
    var weights: UInt64
    /// What this worker has open in the pool.
    var open: UInt64 = 0
    /// Allocated here, because a table's memory goes with the table.
    private(set) var hashName: UnsafeBufferPointer<UInt8>
    private(set) var cookie: LiveCookie?

    /// Exchanges that wait for a backend to have room, first come first.
    var queue = WaitingLine()
    var queueSize: Int
    var queueTimeout: Int64

    init(_ pool: MappedTable.Pool, seed: UInt32) {
        let settings = pool.settings
        algorithm = settings.algorithm
        connectTimeout = settings.connectTimeout.nanoseconds
        serverTimeout = settings.serverTimeout.nanoseconds
        idleConnections = settings.idleConnections
        idleTimeout = settings.idleTimeout.nanoseconds
        slowStart = settings.slowStart.nanoseconds
        candidates = pool.candidates
        turns = pool.turns
        hashTable = pool.hashTable
        stickyEntries = pool.stickyEntries
        isLimited = settings.isLimited
        isChoosy = isLimited || settings.slowStart > .zero
        roundRobin = RoundRobin(start: seed)
        // Anew in every process: workers and nodes must not draw alike.
        random = ChoiceRandom(seed: .random(in: .min ... .max))
        powerOfTwo = PowerOfTwo(seed: .random(in: .min ... .max))
        leastConnections = LeastConnections(start: seed, seed: .random(in: .min ... .max))
        leastResponseTime = LeastResponseTime(seed: .random(in: .min ... .max))
        hashKey = settings.hashKey
        ipv6Prefix = settings.ipv6Prefix
        balanceFactor = settings.balanceFactor
        weights = settings.weights
        hashName = Self.copy(settings.hashName)
        cookie = settings.cookie.map(LiveCookie.init)
        queueSize = settings.queueSize
        queueTimeout = settings.queueTimeout.nanoseconds
    }

    /// Takes over a newer version of the pool; turns and queue go on.
    mutating func adopt(_ pool: MappedTable.Pool) {
        var next = LivePool(pool, seed: 0)
        next.roundRobin = roundRobin
        next.random = random
        next.powerOfTwo = powerOfTwo
        next.leastConnections = leastConnections
        next.leastResponseTime = leastResponseTime
        next.open = open
        next.queue = queue
        releaseNames()
        self = next
    }

    /// Leaves nothing to choose from.
    mutating func empty() {
        candidates = UnsafeBufferPointer(start: nil, count: 0)
        turns = candidates
        hashTable = candidates
        stickyEntries = UnsafeBufferPointer(start: nil, count: 0)
    }

    func releaseNames() {
        hashName.deallocate()
        cookie?.release()
    }

    fileprivate static func copy(_ bytes: [UInt8]) -> UnsafeBufferPointer<UInt8> {
        let copy = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: bytes.count)
        _ = copy.initialize(from: bytes)
        return UnsafeBufferPointer(copy)
    }
}

/// The cookie that ties a client to a backend, as the worker reads and writes it.
struct LiveCookie: BitwiseCopyable {
    let mode: Table.StickyCookie.Mode
    let name: UnsafeBufferPointer<UInt8>
    let attributes: UnsafeBufferPointer<UInt8>
    let isIndirect: Bool
    let forbidsCaching: Bool

    init(_ cookie: Table.StickyCookie) {
        mode = cookie.mode
        name = LivePool.copy(cookie.name)
        attributes = LivePool.copy(cookie.attributes)
        isIndirect = cookie.isIndirect
        forbidsCaching = cookie.forbidsCaching
    }

    func release() {
        name.deallocate()
        attributes.deallocate()
    }
}

/// The first and the last of the exchanges that wait, which are linked among themselves.
struct WaitingLine: BitwiseCopyable {
    var first = none
    var last = none
    var count = 0
}
