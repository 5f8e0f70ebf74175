import ConfigurationFile
import Gossip
import Linux
import Logging
import Membership
import NIOCore
import Primitives
import Replication
import Wire

/// What the cluster is told of backends over admin APIs.
extension Control {
    /// Why a request about a backend is refused, for whoever made it.
    struct BackendRefusal: Error {
        enum Kind {
            case unknown
            case refused
        }

        let kind: Kind
        let reason: String
    }

    /// Tells the whole cluster that a backend is there, and how it is to be used.
    func register(
        _ key: BackendKey, _ request: BackendRequest
    ) throws(BackendRefusal) {
        try checkPool(key)
        if request.ttl != nil, !allowsRegistration(key.pool) {
            throw BackendRefusal(
                kind: .refused,
                reason: "pool '\(key.pool)' takes no registrations; set 'registration: true'")
        }
        if roster.backend(key) == nil,
            roster.backends(of: key.pool).count >= BackendRoster.poolBackendsMax
        {
            throw BackendRefusal(
                kind: .refused,
                reason: "pool '\(key.pool)' has \(BackendRoster.poolBackendsMax) backends")
        }
        // Whoever registers again does not undo what an operator wants of it.
        var backend = roster.told(key) ?? SharedBackend(pool: key.pool, address: key.address)
        backend.isRegistered = true
        backend.isRemoved = false
        request.change(&backend)
        try tell(backend)
    }

    /// Tells the whole cluster to use a backend, which is there, in another way.
    func change(_ key: BackendKey, _ request: BackendRequest) throws(BackendRefusal) {
        try checkPool(key)
        guard roster.backend(key) != nil else { throw unknown(key) }
        var backend = roster.told(key) ?? SharedBackend(pool: key.pool, address: key.address)
        request.change(&backend)
        try tell(backend)
    }

    /// Tells the whole cluster that a backend is gone.
    func remove(_ key: BackendKey) throws(BackendRefusal) {
        try checkPool(key)
        guard let known = roster.backend(key) else { throw unknown(key) }
        if known.origin == .registered {
            untell(key)
        } else {
            // Its source goes on having it, so that it is gone must be remembered.
            var backend = SharedBackend(pool: key.pool, address: key.address)
            backend.isRemoved = true
            try tell(backend)
        }
    }

    /// Whether backends may register themselves, for a time.
    private func allowsRegistration(_ pool: String) -> Bool {
        configuration.shared.pools.first { $0.name == pool }?.allowsRegistration ?? false
    }

    private func checkPool(_ key: BackendKey) throws(BackendRefusal) {
        guard roster.hasPool(key.pool) else {
            throw BackendRefusal(kind: .unknown, reason: "there is no pool '\(key.pool)'")
        }
    }

    private func unknown(_ key: BackendKey) -> BackendRefusal {
        BackendRefusal(
            kind: .unknown, reason: "pool '\(key.pool)' has no backend \(key.address)")
    }

    private func tell(_ backend: SharedBackend) throws(BackendRefusal) {
        var backend = backend
        backend.renewal &+= 1
        if gossip != nil {
            try share(backend)
        } else {
            let key = BackendKey(pool: backend.pool, address: backend.address)
            apply(roster.setTold(backend, of: key, at: Clock.now()))
            saveTold()
        }
    }

    private func untell(_ key: BackendKey) {
        if gossip != nil {
            unshare(key)
        } else {
            apply(roster.setTold(nil, of: key, at: Clock.now()))
            saveTold()
        }
    }

    // MARK: What comes of it

    /// The cluster was told something about some backend, here or elsewhere.
    func sharedChanged(_ change: SharedChange) {
        guard change.key.kind == .backend else { return }
        defer { saveTold() }
        guard let value = gossip?.gossip.sharedValue(of: change.key) else {
            guard let gone = roster.everythingTold.first(where: { $0.key == change.key }) else {
                return
            }
            let key = BackendKey(pool: gone.pool, address: gone.address)
            apply(roster.setTold(nil, of: key, at: Clock.now()))
            return
        }
        do throws(WireError) {
            let backend = try SharedBackend.decode(value.value.span)
            guard backend.key == change.key else { throw .invalid(.text) }
            let key = BackendKey(pool: backend.pool, address: backend.address)
            apply(roster.setTold(backend, of: key, at: Clock.now()))
        } catch {
            logger.warning("what \(value.writer.name) said about a backend is unreadable: \(error)")
        }
    }

    /// What was told for a time that is over counts no more.
    func expireTold() {
        let (difference, expired) = roster.expire(at: Clock.now())
        guard !expired.isEmpty else { return }
        for backend in expired {
            logger.notice(
                "backend \(backend.pool)/\(backend.address) did not register again in time")
            if gossip != nil { unshare(BackendKey(pool: backend.pool, address: backend.address)) }
        }
        apply(difference)
        saveTold()
    }

    // MARK: Surviving a restart

    /// Takes up what was told before this process started, until the other nodes say what holds.
    func restoreTold() {
        let now = Clock.now()
        for backend in ToldFile.read(stateDirectory: configuration.node.state) {
            let key = BackendKey(pool: backend.pool, address: backend.address)
            applyFirst(roster.setTold(backend, of: key, at: now))
        }
    }

    /// The others know what was told meanwhile, or are not there.
    func reconcileTold(_ readiness: Readiness) {
        for backend in roster.everythingTold
        where gossip?.gossip.sharedValue(of: backend.key) == nil {
            let key = BackendKey(pool: backend.pool, address: backend.address)
            switch readiness {
            case .syncing: return
            case .synced: apply(roster.setTold(nil, of: key, at: Clock.now()))
            case .timedOut:
                do throws(BackendRefusal) {
                    try share(backend)
                } catch {
                    logger.error("\(error.reason)")
                }
            }
        }
        saveTold()
    }

    /// Writes to disk what the cluster was told, a moment later.
    func saveTold() {
        guard !isSavingTold else { return }
        isSavingTold = true
        loop.scheduleTask(in: .seconds(1)) { [weak self] in
            self?.assumeIsolated { $0.saveToldNow() }
        }
    }

    func saveToldNow() {
        isSavingTold = false
        do {
            try ToldFile.write(
                roster.everythingTold, stateDirectory: configuration.node.state)
        } catch {
            logger.error("cannot write down what was told of backends: \(error)")
        }
    }
}
