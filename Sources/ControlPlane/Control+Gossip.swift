import ConfigurationFile
import Gossip
import Health
import Linux
import Logging
import Membership
import NIOCore
import Primitives
import SharedState
import Wire

/// Gossip as control lives with it: what comes in, what goes out, what follows.
extension Control {
    func join(_ gossip: Gossip, socket: GossipSocket, peers: [Primitives.SocketAddress]) {
        self.gossip = GossipMember(gossip, socket: socket)
        readiness = .syncing
        restoreShared()
        withGossip { $0.join(peers, at: $1) }
    }

    func receive(_ datagram: [UInt8], from source: Primitives.SocketAddress) {
        withGossip { $0.receive(datagram, from: source, at: $1) }
    }

    /// Without its socket this process would look dead to all others and not know it.
    func gossipSocketClosed() {
        guard !isDraining else { return }
        fatalError("the gossip socket was closed; the supervisor starts a new control process")
    }

    /// Lets the gossip core do something, and acts on what comes of it.
    private func withGossip<Failure>(
        _ body: (inout GossipMember, Instant) throws(Failure) -> [GossipNews]
    ) throws(Failure) {
        let now = Clock.now()
        guard
            let news = try gossip?.perform({ (member) throws(Failure) in
                try body(&member, now)
            })
        else { return }
        gossip?.schedule(at: now) { [weak self] in
            self?.assumeIsolated { control in control.withGossip { $0.tick(at: $1) } }
        }
        for item in news { act(on: item) }
    }

    private func act(on news: GossipNews) {
        switch news {
        case .observation(let backend):
            if let key = health.backend(described: backend) { reconsider(key) }
        case .member(let from, let to):
            let word = to.state == .alive && from?.state != .alive ? "is alive" : "is \(to.state)"
            if from?.state != to.state { logger.notice("node \(to.name) \(word)") }
            guard (from?.state.isPresent ?? false) != to.state.isPresent else { return }
            observersChanged()
            // What a node that is gone had open counts no more.
            if !to.state.isPresent { writeRemoteLoads() }
        case .forgotten(let name):
            logger.info("node \(name) is forgotten")
        case .shared(let change): sharedChanged(change)
        case .alarm(let alarm):
            logger.critical("gossip needs an operator: \(alarm)")
        case .keyWanted: rotateKeys()
        case .renewed(let identity):
            logger.warning(
                "the count of this node's lives was lost; it goes on as number \(identity.generation)"
            )
            do {
                try NodeIdentity.remember(
                    identity.generation, stateDirectory: configuration.node.state)
            } catch {
                logger.error("\(error)")
            }
        case .ready(let readiness): becomeReady(readiness)
        case .cutOff(let isCutOff):
            self.isCutOff = isCutOff
            if isCutOff {
                logger.warning("no other node answers")
            } else {
                logger.notice("other nodes answer again")
            }
        case .departed(let count):
            logger.info("left the cluster; \(count) nodes know")
            departure?.resume()
            departure = nil
        }
    }

    // MARK: Keys

    /// Begins a new key epoch. The answer says why not, or nil.
    @discardableResult
    func rotateKeys() -> KeyEpochError? {
        do throws(KeyEpochError) {
            let key = Secrets.random(GossipKey.length)
            try withGossip { (member, now) throws(KeyEpochError) in
                try member.rotate(key: key, at: now)
            }
            logger.notice("the cluster changes to a new gossip key")
            return nil
        } catch {
            logger.warning("no new gossip key: \(error)")
            return error
        }
    }

    /// Begins a new key epoch for an operator; why that is not possible, or nil.
    func whyNotRotated() -> String? {
        guard gossip != nil else { return "this node stands alone: it has no gossip keys" }
        return rotateKeys().map { "\($0)" }
    }

    // MARK: Readiness

    /// Waits until this node knows what the others know, or had no more time to find out. A process
    /// that takes over from a former one does not wait: its workers serve, and it has the verdicts.
    func awaitReadiness() async {
        guard readiness == .syncing, !takesOver else { return }
        await withCheckedContinuation { awaitingReadiness.append($0) }
    }

    private func becomeReady(_ readiness: Readiness) {
        self.readiness = readiness
        switch readiness {
        case .syncing: return
        case .synced: logger.info("this node knows what the others know")
        case .timedOut:
            logger.warning(
                "no two nodes confirmed this node's view in time; it serves all the same")
        }
        for waiting in awaitingReadiness { waiting.resume() }
        awaitingReadiness = []
    }

    /// Why this node should not get traffic, or nil.
    var whyNotReady: String? {
        if isDraining { return "draining" }
        if readiness == .syncing { return "syncing with the other nodes" }
        if gossip?.gossip.members.first?.state == .refused {
            return "another node uses the name of this one, or it stood still for too long"
        }
        return nil
    }

    // MARK: What this node tells of backends

    /// Publishes what this node sees of a backend, or takes back what it saw.
    func publishObservation(of key: BackendKey) {
        guard let check = health.checkID(of: key) else { return }
        guard let own = health.ownObservation(of: key) else {
            withdrawObservation(of: key)
            return
        }
        do {
            try withGossip { try $0.publish(own, of: key, check: check, at: $1) }
        } catch {
            logger.error("cannot tell the others about \(key): \(error)")
        }
    }

    func withdrawObservation(of key: BackendKey) {
        guard let check = health.checkID(of: key) else { return }
        withGossip { $0.withdrawObservation(of: key, check: check, at: $1) }
    }

    func publishGauges() {
        let own = roster.all.compactMap { backend in
            slot(of: backend).map { slot in
                BackendGauge(
                    backend: backend.hash,
                    openConnections: UInt32(clamping: memory.total(slot: slot, .openConnections)),
                    requests: memory.total(slot: slot, .requests))
            }
        }
        do {
            try withGossip { try $0.publish(own, at: $1) }
        } catch {
            logger.error("cannot tell the others this node's connections: \(error)")
        }
    }

    func publishClaims(_ outcome: ConnectionShares.Outcome) {
        do {
            try withGossip { try $0.publish(outcome, at: $1) }
        } catch {
            logger.error("cannot tell the others this node's claims: \(error)")
        }
    }

    /// The other nodes that are present.
    var otherNodes: [NodeName] {
        guard let gossip = gossip?.gossip else { return [] }
        return gossip.members.filter {
            $0.state.isPresent && $0.identity != gossip.identity
        }.map(\.name)
    }

    /// Has the whole cluster know something about a backend.
    func share(_ backend: SharedBackend) throws(BackendRefusal) {
        do {
            let value = try backend.encode()
            try withGossip { try $0.setShared(backend.key, value: value, at: $1) }
        } catch {
            throw BackendRefusal(kind: .refused, reason: "cannot tell the cluster: \(error)")
        }
    }

    /// Takes up what the cluster was told before this process started: the very records, so that
    /// whoever knows of later ones corrects it.
    private func restoreShared() {
        do throws(WireError) {
            let archive = ToldFile.readArchive(stateDirectory: configuration.node.state)
            try withGossip { (member, now) throws(WireError) in
                try member.restoreShared(archive, at: now)
            }
        } catch {
            logger.error("what was told of backends before this start is unreadable: \(error)")
        }
    }

    func unshare(_ key: BackendKey) {
        do {
            let record = SharedBackend.key(pool: key.pool, address: key.address)
            try withGossip { try $0.removeShared(record, at: $1) }
        } catch {
            logger.error("cannot tell the cluster that \(key) is gone: \(error)")
        }
    }

    // MARK: Leaving

    /// Leaves the cluster, and returns when enough peers know or `limit` has passed.
    func leave(within limit: Duration) async {
        isDraining = true
        if isSavingTold { saveToldNow() }
        guard gossip != nil else { return }
        await withCheckedContinuation { continuation in
            departure = continuation
            withGossip { $0.leave(at: $1) }
            loop.scheduleTask(in: TimeAmount(limit)) { [weak self] in
                self?.assumeIsolated { control in
                    control.departure?.resume()
                    control.departure = nil
                }
            }
        }
    }
}
