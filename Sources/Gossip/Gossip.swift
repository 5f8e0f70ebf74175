package import Membership
package import Primitives
package import Replication
package import Wire

/// The gossip of one node: membership, records and the sealed datagrams that carry them.
///
/// The engine is pure. The control process and the simulator drive it alike: datagrams and `now` go
/// in, effects come out, and `nextDeadline` says when to call `tick`. It composes `Membership` (who
/// is there), `RecordStore` (what they publish) and `Seal` (who may speak), and adds how news
/// travels:
///
/// - *Spreading*: an item of news waits in the queue of its class and rides on every datagram that
///   has room; besides, a round of datagrams goes to a few random members each
///   `GossipConfiguration.spreadInterval`, at once if the last one is that long ago. Membership goes
///   before observations and those before gauges.
/// - *Repair*: pings carry the sum of all that the sender knows, acks that of its gauges. Whoever
///   finds another sum begins a comparison (`Reconciliation`) with the sender.
///
/// No datagram that fails its seal or its format changes anything but a counter. A peer that has
/// not answered a ping from its address is answered by at most one datagram for each of its own,
/// and by no longer one.
package struct Gossip: Sendable {
    package let configuration: GossipConfiguration
    package internal(set) var counters = GossipCounters()

    var seal: Seal
    var membership: Membership
    var store: RecordStore
    var shared: SharedRecords
    var document: SharedDocument
    var digests = Digests()
    var keyEpochs: KeyEpochs
    /// Whether contacts go out under the epoch in use, as whoever they are for can open that.
    var contactsUnderEpoch = false
    var spread: SpreadQueues
    /// Own gauges that changed since they were last spread.
    var changedGauges: [RecordKey] = []
    var nextSpread: Instant
    var nextGauges: Instant
    var repair: RepairSchedule
    var budget: ByteBudget
    private let started: Instant
    private var readinessWatch: ReadinessWatch
    /// What the shell was told last.
    private var saidCutOff = false

    /// The gossip of a node that knows only itself. The generation in `identity` must be greater
    /// than in all its former lives, and its boot id random; `seed` decides every random choice.
    package init(
        configuration: GossipConfiguration, identity: Identity, seed: UInt64, secret: [UInt8],
        now: Instant
    ) {
        self.configuration = configuration
        seal = Seal(cluster: configuration.cluster, ring: configuration.keys, boot: identity.boot)
        membership = Membership(
            configuration: configuration.membership, identity: identity,
            address: configuration.address, extensions: configuration.claimExtensions,
            seed: seed, now: now)
        store = RecordStore(configuration: configuration.replication, owner: identity)
        keyEpochs = KeyEpochs(
            configuration: configuration.keyEpochs, name: identity.name, secret: secret, now: now)
        shared = SharedRecords(configuration: configuration.shared, owner: identity)
        document = SharedDocument(configuration: configuration.document, owner: identity)
        spread = SpreadQueues(capacity: configuration.queueCapacity)
        nextSpread = now
        nextGauges = now
        started = now
        budget = ByteBudget(
            rate: configuration.bytesPerSecond, burst: configuration.bytesBurst, now: now)
        readinessWatch = ReadinessWatch(now: now, timeout: configuration.readinessTimeout)
        repair = RepairSchedule(now: now, random: SeededRandom(seed: ~seed))
    }

    /// When `tick` must be called next, if nothing comes in before.
    package var nextDeadline: Instant {
        var deadline = min(
            membership.nextDeadline, store.nextExpiry, keyEpochs.nextDeadline,
            nextSharedDeadline)
        if !spread.isEmpty { deadline = min(deadline, nextSpread) }
        if !changedGauges.isEmpty { deadline = min(deadline, nextGauges) }
        if let next = readinessWatch.nextDeadline { deadline = min(deadline, next) }
        return deadline
    }

    /// Does what is due at `now`. Calling it early or often does no harm.
    package mutating func tick(at now: Instant, effects: inout [GossipEffect]) {
        var requests: [MembershipEffect] = []
        membership.tick(at: now, effects: &requests)
        if readinessWatch.asks(at: now) {
            membership.ask(ReadinessWatch.peersWanted, at: now, effects: &requests)
        }
        carryOut(requests, answering: nil, at: now, effects: &effects)
        if readinessWatch.expires(at: now) { effects.append(.ready(.timedOut)) }
        for change in store.expire(at: now) { effects.append(.recordChanged(change)) }
        fetchDocument(at: now, effects: &effects)
        withKeyEpochs(at: now, effects: &effects) { $0.tick(at: now, effects: &$1) }
        flush(at: now, effects: &effects)
    }

    /// Joins the cluster through nodes at these addresses; see `Membership.join`. `ready` follows:
    /// at once when there are none.
    package mutating func join(
        _ addresses: [SocketAddress], at now: Instant, effects: inout [GossipEffect]
    ) {
        var requests: [MembershipEffect] = []
        membership.join(addresses, at: now, effects: &requests)
        if addresses.allSatisfy({ $0 == configuration.address }) {
            readinessWatch.skip()
            effects.append(.ready(.synced))
        }
        carryOut(requests, answering: nil, at: now, effects: &effects)
        flush(at: now, effects: &effects)
    }

    /// Leaves the cluster; `departed` follows. See `Membership.leave`.
    package mutating func leave(at now: Instant, effects: inout [GossipEffect]) {
        var requests: [MembershipEffect] = []
        membership.leave(at: now, effects: &requests)
        carryOut(requests, answering: nil, at: now, effects: &effects)
        flush(at: now, effects: &effects)
    }

    /// Seals and accepts with other keys from now on.
    package mutating func replaceKeys(_ keys: KeyRing) {
        seal.replaceKeys(keys)
    }
}

// MARK: - What the shell hears

extension Gossip {
    /// A peer has the view that this node has.
    mutating func noteParity(with peer: Peer, effects: inout [GossipEffect]) {
        let others = membership.presentCount - 1
        if readinessWatch.noteParity(with: peer.boot.low, of: others) {
            effects.append(.ready(.synced))
        }
    }

    /// Whether this node knows what the others know.
    package var readiness: Readiness { readinessWatch.readiness }

    /// Counts how old a record is that came as news. What was there before us was not on its way.
    mutating func notePropagation(_ age: Duration, at now: Instant) {
        if age <= now - started { counters.propagation.note(age) }
    }

    mutating func noteCutOff(effects: inout [GossipEffect]) {
        guard membership.isCutOff != saidCutOff else { return }
        saidCutOff = membership.isCutOff
        effects.append(.cutOff(saidCutOff))
    }
}

// MARK: - Own records

extension Gossip {
    /// Publishes a record of this node, or a new version of it. A value equal to the present one
    /// changes nothing. Gauges go out at most once in `GossipConfiguration.gaugeInterval`.
    package mutating func set(
        _ key: RecordKey, _ recordClass: RecordClass, payload: [UInt8], extensions: [UInt8] = [],
        at now: Instant, effects: inout [GossipEffect]
    ) throws(RecordError) {
        let present = store.record(owner: identity.name, key: key)?.record
        guard present?.payload != payload || present?.recordClass != recordClass else { return }
        try store.set(key, recordClass, payload: payload, extensions: extensions, at: now)
        spreadOwn(key, recordClass, at: now)
        flush(at: now, effects: &effects)
    }

    /// Removes a record of this node.
    package mutating func remove(
        _ key: RecordKey, at now: Instant, effects: inout [GossipEffect]
    ) {
        guard store.remove(key, at: now),
            let removed = store.record(owner: identity.name, key: key)?.record
        else { return }
        spreadOwn(key, removed.recordClass, at: now)
        flush(at: now, effects: &effects)
    }

    mutating func spreadOwn(
        _ key: RecordKey, _ recordClass: RecordClass, at now: Instant
    ) {
        switch recordClass {
        case .reliable, .shared:
            spread.records.insert(RecordName(owner: identity.name, key: key))
            repair.lastChange = now
        case .latestOnly:
            if key.kind == .claims {
                // The others wait for them, and their owner has rounds of its own.
                spread.gauges.insert(RecordName(owner: identity.name, key: key))
            } else if !changedGauges.contains(key) {
                changedGauges.append(key)
            }
        }
    }
}

// MARK: - Queries

extension Gossip {
    package var identity: Identity { membership.identity }

    /// Every known member, this node first, then in the order of arrival.
    package var members: [Member] { membership.members }

    package func member(named name: NodeName) -> Member? { membership.member(named: name) }

    /// Whether nobody answers this node; see `Membership.isCutOff`.
    package var isCutOff: Bool { membership.isCutOff }

    /// Lifeguard's local health: 0 when well.
    package var healthScore: Int { membership.healthScore }

    /// All values of a kind that any node published, by owner and then by key.
    package func records(of kind: RecordKind) -> [StoredRecord] { store.records(of: kind) }

    /// All values that one node published, by key.
    package func records(of name: NodeName) -> [StoredRecord] { store.records(of: name) }

    package func record(owner name: NodeName, key: RecordKey) -> StoredRecord? {
        store.record(owner: name, key: key)
    }

    /// The sum of all claims, observations and shared records, and the document: equal on all nodes
    /// when nothing is on its way.
    package var view: UInt64 {
        membership.fingerprint &+ store.fingerprint(of: .reliable) &+ shared.fingerprint
            &+ document.fingerprint
    }

    /// The sum of all gauges.
    package var gaugeView: UInt64 { store.fingerprint(of: .latestOnly) }

    /// Items of news that wait to be sent: members, observations, gauges.
    package var queueDepths: (members: Int, records: Int, gauges: Int) {
        (spread.members.count, spread.records.count, spread.gauges.count)
    }
}
