import Balancing
import ConfigurationFile
import Foundation
import Primitives
import SharedState

/// Makes tables out of the configuration and what is known of the backends.
struct TableBuilder {
    /// What is costly to make, and what it was made of.
    private struct Plan {
        let names: [UInt64]
        let weights: [UInt16]
        let tableSize: Int
        let turns: [UInt32]
        let hashTable: [UInt32]
    }

    private let shared: SharedPart
    private let poolIndices: [String: Int]
    private var tokens: StickyTokens
    private var plans: [String: Plan] = [:]
    /// The pools in which health is ignored, because too few backends are up.
    private(set) var panicking: Set<String> = []

    init(_ shared: SharedPart, tokens: StickyTokens) {
        self.shared = shared
        self.tokens = tokens
        poolIndices = Dictionary(
            uniqueKeysWithValues: shared.pools.enumerated().map { ($1.name, $0) })
    }

    /// A backend that no slot is left for is left out, and told in `unplaced`.
    mutating func table(
        number: UInt64, roster: BackendRoster, health: HealthBook, slots: inout SlotDirectory,
        unplaced: inout [BackendKey]
    ) -> Table {
        panicking = []
        let pools = shared.pools.map { pool in
            var placed: [(backend: ManagedBackend, slot: Int)] = []
            for backend in roster.backends(of: pool.name) {
                if let slot = slots.slot(for: backend) {
                    placed.append((backend, slot))
                } else {
                    unplaced.append(backend.key)
                }
            }
            return table(of: pool, placed, health)
        }
        return Table(number: number, listeners: listeners(), pools: pools)
    }

    mutating func forget(_ key: BackendKey) { tokens.forget(key) }

    private mutating func table(
        of pool: Configuration.Pool, _ backends: [(backend: ManagedBackend, slot: Int)],
        _ health: HealthBook
    ) -> Table.Pool {
        let isUp = backends.map { health.takesTraffic($0.backend.key) }
        let decision = Eligibility.decide(
            zip(backends, isUp).map { entry, isUp in
                Eligibility.Backend(
                    isUp: isUp,
                    administrativeState: Eligibility.AdministrativeState(entry.backend.state),
                    isBackup: entry.backend.isBackup, weight: UInt16(entry.backend.weight))
            },
            panicThreshold: pool.panicThreshold)
        if decision.isPanicking { panicking.insert(pool.name) }
        let chosen = decision.positions.map { backends[Int($0)] }
        var settings = settings(of: pool)
        settings.isLimited = backends.contains { $0.backend.maxConnections != nil }
        settings.weights = chosen.reduce(0) { $0 + UInt64($1.backend.weight) }
        let plan = plan(pool, settings.algorithm, chosen.map(\.backend), of: backends.count)
        let takesNew = Set(decision.positions)
        var records: [Table.Backend] = []
        var entries: [Table.StickyEntry] = []
        for (index, (backend, slot)) in backends.enumerated() {
            var standing: Table.Standing = []
            if takesNew.contains(UInt32(index)) { standing.insert(.takesNew) }
            if isUp[index], backend.state != .maintenance { standing.insert(.takesSticky) }
            if backend.maxConnections != nil { standing.insert(.isLimited) }
            var record = Table.Backend(
                slot: slot, address: backend.key.address, standing: standing,
                weight: UInt16(backend.weight),
                upSince: health.cameUp(backend.key)?.nanoseconds ?? 0)
            if settings.cookie != nil {
                let tokens = tokens.tokens(of: backend.key)
                record.token = tokens[0]
                entries += tokens.map { Table.StickyEntry(token: $0, slot: UInt32(slot)) }
            }
            records.append(record)
        }
        return Table.Pool(
            settings: settings, backends: records, candidates: chosen.map { UInt32($0.slot) },
            turns: plan.turns, hashTable: plan.hashTable,
            stickyEntries: Table.StickyEntry.table(entries))
    }

    /// Turns and hash table, which change only with who takes traffic.
    private mutating func plan(
        _ pool: Configuration.Pool, _ algorithm: Table.Algorithm, _ backends: [ManagedBackend],
        of count: Int
    ) -> Plan {
        let names = backends.map(\.hash)
        let weights = backends.map { UInt16($0.weight) }
        let size = algorithm == .consistentHash ? MaglevTable.size(for: count) : 0
        if let known = plans[pool.name], known.names == names, known.weights == weights,
            known.tableSize == size
        {
            return known
        }
        let plan = Plan(
            names: names, weights: weights, tableSize: size,
            turns: pool.balance.algorithm == .weightedBlocks
                ? WeightedSequence.blocks(weights: weights)
                : WeightedSequence.smooth(weights: weights),
            hashTable: size == 0
                ? [] : MaglevTable.build(names: names, weights: weights, size: size))
        plans[pool.name] = plan
        return plan
    }

    private func settings(of pool: Configuration.Pool) -> Table.PoolSettings {
        var settings = Table.PoolSettings(
            name: pool.name, algorithm: Table.Algorithm(pool.balance.algorithm),
            connectTimeout: pool.timeouts.connect, serverTimeout: pool.timeouts.server,
            idleConnections: pool.keepAlive.connections, idleTimeout: pool.keepAlive.idle)
        settings.slowStart = pool.slowStart
        settings.queueSize = pool.queue.size
        settings.queueTimeout = pool.queue.timeout
        settings.ipv6Prefix = pool.balance.ipv6Prefix
        settings.balanceFactor = pool.balance.balanceFactor ?? 0
        switch pool.balance.hashOn {
        case .address: settings.hashKey = .address
        case .header(let name):
            settings.hashKey = .header
            settings.hashName = Array(name.lowercased().utf8)
        case .cookie(let name):
            settings.hashKey = .cookie
            settings.hashName = Array(name.utf8)
        case .path: settings.hashKey = .path
        case .sni: settings.hashKey = .serverName
        }
        switch pool.sticky {
        case nil: break
        case .address:
            settings.algorithm = .consistentHash
            settings.hashKey = .address
        case .cookie(let cookie): settings.cookie = Table.StickyCookie(cookie)
        }
        return settings
    }

    private func listeners() -> [Table.Listener] {
        shared.listeners.flatMap { listener in
            listener.bind.compactMap { address in
                // `check` has made sure that the pool exists.
                poolIndices[listener.pool].map { pool in
                    Table.Listener(
                        name: listener.name, address: address,
                        transport: Table.Transport(listener.protocol), pool: pool,
                        clientTimeout: listener.timeouts.client,
                        requestHeaderTimeout: listener.timeouts.requestHeader,
                        idleTimeout: listener.timeouts.idle)
                }
            }
        }
    }
}

extension Table.Transport {
    fileprivate init(_ protocol: Configuration.ListenerProtocol) {
        self =
            switch `protocol` {
            case .http: .http
            case .tcp: .tcp
            case .tlsPassthrough: .tlsPassthrough
            }
    }
}

extension Table.Algorithm {
    fileprivate init(_ algorithm: Configuration.Balance.Algorithm) {
        self =
            switch algorithm {
            case .roundRobin, .weightedBlocks: .roundRobin
            case .leastConnections: .leastConnections
            case .ipHash: .addressHash
            case .consistentHash: .consistentHash
            case .leastResponseTime: .leastResponseTime
            case .random: .random
            case .powerOfTwo: .powerOfTwo
            }
    }
}

extension Eligibility.AdministrativeState {
    fileprivate init(_ state: Configuration.Backend.State) {
        self =
            switch state {
            case .ready: .ready
            case .drain: .drain
            case .maintenance: .maintenance
            }
    }
}

extension Table.StickyCookie {
    fileprivate init(_ cookie: Configuration.StickyCookie) {
        var attributes = "; Path=\(cookie.path)"
        if let domain = cookie.domain { attributes += "; Domain=\(domain)" }
        if let ttl = cookie.ttl { attributes += "; Max-Age=\(ttl.components.seconds)" }
        if cookie.isHTTPOnly { attributes += "; HttpOnly" }
        // Without TLS on our side, only who says so knows that clients come by it.
        if cookie.secure == .always { attributes += "; Secure" }
        attributes += "; SameSite=\(cookie.sameSite.rawValue.capitalized)"
        self.init(
            mode: cookie.mode == .insert ? .insert : .prefix, name: Array(cookie.name.utf8),
            attributes: Array(attributes.utf8), isIndirect: cookie.isIndirect,
            forbidsCaching: cookie.isNotCached)
    }
}
