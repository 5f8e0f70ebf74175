internal import Primitives

extension Table {
    /// Backends that serve the same thing, and how one of them is chosen.
    package struct Pool: Hashable, Sendable {
        package var settings: PoolSettings
        /// All backends, also those that get nothing now.
        package var backends: [Backend]
        /// The slots of the backends that take new traffic, each once.
        package var candidates: [UInt32]
        /// Positions of `candidates` in the order of turns, each as often as its weight says.
        package var turns: [UInt32]
        /// Positions of `candidates` by the hash of a key: a Maglev table. Empty for other
        /// algorithms.
        package var hashTable: [UInt32]
        /// Who sticks to whom: an open-addressing table, its size a power of two; see
        /// `StickyEntry`. Empty without sticky cookies.
        package var stickyEntries: [StickyEntry]

        package init(
            settings: PoolSettings, backends: [Backend], candidates: [UInt32],
            turns: [UInt32], hashTable: [UInt32] = [], stickyEntries: [StickyEntry] = []
        ) {
            self.settings = settings
            self.backends = backends
            self.candidates = candidates
            self.turns = turns
            self.hashTable = hashTable
            self.stickyEntries = stickyEntries
        }
    }

    /// What holds for all backends of a pool.
    package struct PoolSettings: Hashable, Sendable {
        package var name: String
        package var algorithm: Algorithm
        package var connectTimeout: Duration
        package var serverTimeout: Duration
        /// Idle connections that each worker keeps open to one backend, and for how long.
        package var idleConnections: Int
        package var idleTimeout: Duration
        /// How long a backend that came up gets less than its share; zero for not at all.
        package var slowStart: Duration = .zero
        /// How many requests or connections may wait in one worker while every backend has its
        /// most connections, and for how long.
        package var queueSize = 0
        package var queueTimeout: Duration = .zero
        /// Whether some backend has a most number of connections.
        package var isLimited = false
        /// The sum of the candidates' weights.
        package var weights: UInt64 = 0
        package var hashKey = HashKey.address
        /// The header or cookie whose value is hashed; a header's in lower case.
        package var hashName: [UInt8] = []
        /// How many leading bits of an IPv6 address are hashed.
        package var ipv6Prefix = 64
        /// The most load of a backend in per cent of the mean, above which hashing goes on to the
        /// next; 0 for no bound.
        package var balanceFactor = 0
        /// Nil without sticky cookies.
        package var cookie: StickyCookie?

        package init(
            name: String, algorithm: Algorithm, connectTimeout: Duration, serverTimeout: Duration,
            idleConnections: Int, idleTimeout: Duration
        ) {
            self.name = name
            self.algorithm = algorithm
            self.connectTimeout = connectTimeout
            self.serverTimeout = serverTimeout
            self.idleConnections = idleConnections
            self.idleTimeout = idleTimeout
        }
    }

    /// How a pool chooses among its backends. With and without weights is the same algorithm.
    package enum Algorithm: UInt8, BitwiseCopyable, Sendable {
        case roundRobin = 1
        case leastConnections = 2
        case addressHash = 3
        case consistentHash = 4
        case leastResponseTime = 5
        case random = 6
        case powerOfTwo = 7
    }

    /// What is hashed to choose a backend.
    package enum HashKey: UInt8, BitwiseCopyable, Sendable {
        case address = 1
        case header = 2
        case cookie = 3
        case path = 4
        case serverName = 5
    }

    /// The cookie that ties a client to a backend.
    package struct StickyCookie: Hashable, Sendable {
        package enum Mode: UInt8, BitwiseCopyable, Sendable {
            /// A cookie of the balancer's own.
            case insert = 1
            /// The application's cookie gets the token in front of its value.
            case prefix = 2
        }

        package var mode: Mode
        package var name: [UInt8]
        /// What follows the value in `Set-Cookie`, beginning with `;`, or empty.
        package var attributes: [UInt8]
        /// Whether backends do not get to see the cookie.
        package var isIndirect: Bool
        /// Whether answers that set the cookie are kept out of shared caches.
        package var forbidsCaching: Bool

        package init(
            mode: Mode, name: [UInt8], attributes: [UInt8], isIndirect: Bool, forbidsCaching: Bool
        ) {
            self.mode = mode
            self.name = name
            self.attributes = attributes
            self.isIndirect = isIndirect
            self.forbidsCaching = forbidsCaching
        }
    }
}
