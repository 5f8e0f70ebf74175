import ConfigurationFile
import Health
import Primitives
import SharedState

/// Makes tables out of the configuration and what is known of the backends.
struct TableBuilder {
    private let shared: SharedPart
    private let poolIndices: [String: Int]

    init(_ shared: SharedPart) {
        self.shared = shared
        poolIndices = Dictionary(
            uniqueKeysWithValues: shared.pools.enumerated().map { ($1.name, $0) })
    }

    /// A backend that no slot is left for is left out, and told in `unplaced`.
    ///
    /// - Parameter takesTraffic: whether a backend may be chosen now.
    func table(
        number: UInt64, slots: inout SlotDirectory, unplaced: inout [BackendKey],
        takesTraffic: (BackendKey) -> Bool
    ) -> Table {
        var pools: [Table.Pool] = []
        for pool in shared.pools {
            var backends: [Table.Backend] = []
            for backend in pool.backends {
                let key = BackendKey(pool: pool.name, address: backend.address)
                guard let slot = slots.slot(for: key) else {
                    unplaced.append(key)
                    continue
                }
                backends.append(
                    Table.Backend(slot: slot, address: backend.address, isUp: takesTraffic(key)))
            }
            pools.append(
                Table.Pool(
                    name: pool.name,
                    algorithm: pool.balance == .roundRobin ? .roundRobin : .leastConnections,
                    connectTimeout: pool.timeouts.connect, serverTimeout: pool.timeouts.server,
                    idleConnections: pool.keepAlive.connections, idleTimeout: pool.keepAlive.idle,
                    backends: backends))
        }
        return Table(number: number, listeners: listeners(), pools: pools)
    }

    private func listeners() -> [Table.Listener] {
        shared.listeners.flatMap { listener in
            listener.bind.compactMap { address in
                // `check` has made sure that the pool exists.
                poolIndices[listener.pool].map { pool in
                    Table.Listener(
                        name: listener.name, address: address,
                        transport: listener.protocol == .http ? .http : .tcp, pool: pool,
                        clientTimeout: listener.timeouts.client,
                        requestHeaderTimeout: listener.timeouts.requestHeader,
                        idleTimeout: listener.timeouts.idle)
                }
            }
        }
    }
}
