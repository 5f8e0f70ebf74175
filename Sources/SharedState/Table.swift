package import Primitives

/// What workers route by: an immutable, numbered snapshot made by control.
package struct Table: Hashable, Sendable {
    /// Grows with each publication of one control process.
    package var number: UInt64
    package var listeners: [Listener]
    package var pools: [Pool]

    package init(number: UInt64, listeners: [Listener], pools: [Pool]) {
        self.number = number
        self.listeners = listeners
        self.pools = pools
    }

    /// One address that clients connect to.
    package struct Listener: Hashable, Sendable {
        package var name: String
        package var address: SocketAddress
        package var transport: Transport
        /// The index of the pool in `Table.pools`.
        package var pool: Int
        package var clientTimeout: Duration
        package var requestHeaderTimeout: Duration
        package var idleTimeout: Duration

        package init(
            name: String, address: SocketAddress, transport: Transport, pool: Int,
            clientTimeout: Duration, requestHeaderTimeout: Duration, idleTimeout: Duration
        ) {
            self.name = name
            self.address = address
            self.transport = transport
            self.pool = pool
            self.clientTimeout = clientTimeout
            self.requestHeaderTimeout = requestHeaderTimeout
            self.idleTimeout = idleTimeout
        }
    }

    /// How a listener understands what clients send.
    package enum Transport: UInt8, Sendable {
        case http = 1
        case tcp = 2
    }

    /// Backends that serve the same thing.
    package struct Pool: Hashable, Sendable {
        package var name: String
        package var algorithm: Algorithm
        package var connectTimeout: Duration
        package var serverTimeout: Duration
        /// Idle connections that each worker keeps open to one backend, and for how long.
        package var idleConnections: Int
        package var idleTimeout: Duration
        package var backends: [Backend]

        package init(
            name: String, algorithm: Algorithm, connectTimeout: Duration, serverTimeout: Duration,
            idleConnections: Int, idleTimeout: Duration, backends: [Backend]
        ) {
            self.name = name
            self.algorithm = algorithm
            self.connectTimeout = connectTimeout
            self.serverTimeout = serverTimeout
            self.idleConnections = idleConnections
            self.idleTimeout = idleTimeout
            self.backends = backends
        }
    }

    /// How a pool chooses among its backends.
    package enum Algorithm: UInt8, BitwiseCopyable, Sendable {
        case roundRobin = 1
        case leastConnections = 2
    }

    /// One server of a pool.
    package struct Backend: Hashable, Sendable {
        /// Where its counters are in `NodeMemory`; its identity while the node runs.
        package var slot: Int
        package var address: SocketAddress
        package var isUp: Bool

        package init(slot: Int, address: SocketAddress, isUp: Bool) {
            self.slot = slot
            self.address = address
            self.isUp = isUp
        }
    }
}
