package import Primitives

/// What workers route by: an immutable, numbered snapshot made by control.
///
/// Control works out here what is costly (who takes new traffic, in which turns, the hash tables),
/// so that a worker only looks things up; see `MappedTable`.
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
        /// As `tcp`, after the server name in the client's first message was read.
        case tlsPassthrough = 3
    }
}
