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
        try checkTimeToLive(key, request)
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
        try checkTimeToLive(key, request)
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

    /// Only backends that register themselves do it for a time, where they may.
    private func checkTimeToLive(
        _ key: BackendKey, _ request: BackendRequest
    ) throws(BackendRefusal) {
        let pool = configuration.shared.pools.first { $0.name == key.pool }
        guard request.ttl != nil, pool?.allowsRegistration != true else { return }
        throw BackendRefusal(
            kind: .refused,
            reason: "pool '\(key.pool)' takes no registrations; set 'registration: true'")
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
        backend.renewal = .random(in: 1...UInt64(UInt32.max))
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
        guard let value = gossip?.gossip.sharedValue(of: change.key) else {
            guard let key = roster.told(under: change.key) else { return }
            apply(roster.setTold(nil, of: key, at: Clock.now()))
            saveTold()
            return
        }
        do throws(WireError) {
            let backend = try SharedBackend.decode(value.value.span)
            guard backend.key == change.key else { throw .invalid(.text) }
            let key = BackendKey(pool: backend.pool, address: backend.address)
            let isNew = roster.told(key).map { !$0.isRenewal(of: backend) } ?? true
            apply(roster.setTold(backend, of: key, at: Clock.now()))
            // That a registration was renewed need not be remembered: after a restart it has its
            // whole time again.
            if isNew { saveTold() }
        } catch {
            logger.warning("what \(value.writer.name) said about a backend is unreadable: \(error)")
        }
    }

    /// What was told for a time that is over counts no more.
    func expireTold() {
        // Nobody is heard now, so that nobody was heard of says nothing.
        guard !isCutOff else { return }
        let (difference, expired) = roster.expire(at: Clock.now())
        guard !expired.isEmpty else { return }
        for backend in expired {
            logger.notice(
                "backend \(backend.pool)/\(backend.address) did not register again in time")
            takeBack(backend)
        }
        apply(difference)
        saveTold()
    }

    /// Takes back a registration that is over: the node that made it does, if it is there.
    private func takeBack(_ backend: SharedBackend) {
        guard let gossip = gossip?.gossip else { return }
        let writer = gossip.sharedValue(of: backend.key)?.writer.name
        guard let writer, !otherNodes.contains(writer) else { return }
        unshare(BackendKey(pool: backend.pool, address: backend.address))
    }

    // MARK: Surviving a restart

    /// Takes up what a node that stands alone was told before this process started. Others restore
    /// the records of the cluster when they join it.
    func restoreTold() {
        guard configuration.node.gossip == nil else { return }
        let now = Clock.now()
        for backend in ToldFile.read(stateDirectory: configuration.node.state) {
            let key = BackendKey(pool: backend.pool, address: backend.address)
            applyFirst(roster.setTold(backend, of: key, at: now))
        }
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
            let directory = configuration.node.state
            if let gossip = gossip?.gossip {
                try ToldFile.write(
                    archive: gossip.sharedArchive(of: .backend), stateDirectory: directory)
            } else {
                try ToldFile.write(roster.everythingTold, stateDirectory: directory)
            }
        } catch {
            logger.error("cannot write down what was told of backends: \(error)")
        }
    }
}
