import Gossip
import Health
import Linux
import Membership
import NIOCore
import Primitives
import Replication
import Wire

/// What gossip brought that the rest of control must act on.
enum GossipNews {
    /// Somebody else's observation of a backend is new, changed or void.
    case observation(backend: String)
    case member(from: Member?, to: Member)
    case forgotten(NodeName)
    /// Something that belongs to the whole cluster changed.
    case shared(SharedChange)
    case alarm(MembershipAlarm)
    /// It is time for a new key epoch.
    case keyWanted
    /// This node lives under a higher generation from now on.
    case renewed(Identity)
    /// This node knows what the others know, or had no more time to find out.
    case ready(Readiness)
    /// Nobody answers this node any more, or somebody does again.
    case cutOff(Bool)
    /// This node has left, and so many peers know.
    case departed(acknowledgements: Int)
}

/// This node's membership in the cluster: the pure gossip core with a socket to send from.
///
/// It lives on the event loop of its channel, inside `Control`.
struct GossipMember {
    private(set) var gossip: Gossip
    private let socket: GossipSocket
    /// Datagrams that the kernel did not take.
    private(set) var unsent = 0
    private let node: NodeName
    /// What the others observed, by backend and check, so that one verdict costs one look-up.
    private var observed: [RecordKey: [NodeName: BackendObservation]] = [:]
    private var timer: Scheduled<Void>?
    private var effects: [GossipEffect] = []

    init(_ gossip: Gossip, socket: GossipSocket) {
        self.gossip = gossip
        self.socket = socket
        node = gossip.identity.name
    }

    // MARK: Driving the core

    /// Lets `body` change the value where it is: a copy of all gossip state would be costly.
    mutating func perform<Result, Failure>(
        _ body: (inout GossipMember) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(&self)
    }

    mutating func join(_ addresses: [Primitives.SocketAddress], at now: Instant) -> [GossipNews] {
        gossip.join(addresses, at: now, effects: &effects)
        return carryOut()
    }

    mutating func receive(
        _ datagram: [UInt8], from source: Primitives.SocketAddress, at now: Instant
    ) -> [GossipNews] {
        gossip.receive(datagram: datagram, from: source, at: now, effects: &effects)
        return carryOut()
    }

    mutating func tick(at now: Instant) -> [GossipNews] {
        gossip.tick(at: now, effects: &effects)
        return carryOut()
    }

    /// Begins a new key epoch, with that random key.
    mutating func rotate(key: [UInt8], at now: Instant) throws(KeyEpochError) -> [GossipNews] {
        try gossip.rotate(key: key, at: now, effects: &effects)
        return carryOut()
    }

    mutating func leave(at now: Instant) -> [GossipNews] {
        gossip.leave(at: now, effects: &effects)
        return carryOut()
    }

    /// Has `fire` called on the event loop when the core wants to be ticked.
    mutating func schedule(at now: Instant, fire: @escaping @Sendable () -> Void) {
        timer?.cancel()
        let wait = TimeAmount(max(.zero, gossip.nextDeadline - now))
        timer = socket.eventLoop.scheduleTask(in: wait, fire)
    }

    private mutating func carryOut() -> [GossipNews] {
        var news: [GossipNews] = []
        for effect in effects {
            switch effect {
            case .send(let bytes, let address):
                // What the kernel does not take is lost like any datagram; gossip repairs that.
                if socket.send(bytes, to: address) != nil { unsent += 1 }
            case .memberChanged(let from, let to): news.append(.member(from: from, to: to))
            case .memberForgotten(let name): news.append(.forgotten(name))
            case .recordChanged(let change):
                if let backend = note(change) { news.append(.observation(backend: backend)) }
            case .sharedChanged(let change): news.append(.shared(change))
            case .documentChanged: break
            case .keyWanted: news.append(.keyWanted)
            case .alarm(let alarm): news.append(.alarm(alarm))
            case .renewed(let identity): news.append(.renewed(identity))
            case .ready(let readiness): news.append(.ready(readiness))
            case .cutOff(let isCutOff): news.append(.cutOff(isCutOff))
            case .departed(let count): news.append(.departed(acknowledgements: count))
            }
        }
        effects.removeAll(keepingCapacity: true)
        return news
    }

    // MARK: Observations

    /// Keeps the index of observations; returns the backend whose observation changed.
    private mutating func note(_ change: RecordChange) -> String? {
        guard change.key.kind == .observation, change.owner != node else { return nil }
        let before = observed[change.key]?.removeValue(forKey: change.owner)
        if let stored = gossip.record(owner: change.owner, key: change.key), !stored.isStale,
            let payload = stored.record.payload,
            let observation = try? BackendObservation.decode(payload.span)
        {
            observed[change.key, default: [:]][change.owner] = observation
            return observation.backend
        }
        if observed[change.key]?.isEmpty == true { observed[change.key] = nil }
        return before?.backend
    }

    /// What the other nodes that are present see of a backend, by the same check.
    func observations(of key: BackendKey, check: CheckID, at now: Instant) -> [Observation] {
        let record = BackendObservation.key(backend: key.description, check: check.rawValue)
        return (observed[record] ?? [:]).sorted { $0.key < $1.key }.map { name, observation in
            let age = gossip.record(owner: name, key: record)?.age(at: now) ?? .zero
            let lasted = Duration.milliseconds(Int64(clamping: observation.lastedMilliseconds))
            return Observation(
                observer: name.text, status: HealthStatus(observation.status),
                reason: FailureReason(coded: observation.reason, text: observation.text),
                since: now - age - lasted)
        }
    }

    /// Tells the others what this node sees of a backend.
    mutating func publish(
        _ observation: Observation, of key: BackendKey, check: CheckID, at now: Instant
    ) throws(PublishError) -> [GossipNews] {
        let (reason, text) = observation.reason.map(\.coded) ?? (0, "")
        let lasted = max(.zero, now - observation.since).nanoseconds / 1_000_000
        try gossip.publish(
            BackendObservation(
                backend: key.description, check: check.rawValue,
                status: BackendObservation.Status(observation.status), reason: reason,
                text: text, lastedMilliseconds: UInt64(lasted)),
            at: now, effects: &effects)
        return carryOut()
    }

    /// Takes back what this node saw of a backend.
    mutating func withdrawObservation(
        of key: BackendKey, check: CheckID, at now: Instant
    ) -> [GossipNews] {
        gossip.withdraw(
            backend: key.description, check: check.rawValue, at: now, effects: &effects)
        return carryOut()
    }

    // MARK: What belongs to the cluster

    mutating func restoreShared(
        _ archive: [UInt8], at now: Instant
    ) throws(WireError) -> [GossipNews] {
        try gossip.restoreShared(archive, at: now, effects: &effects)
        return carryOut()
    }

    mutating func setShared(
        _ key: RecordKey, value: [UInt8], at now: Instant
    ) throws(SharedError) -> [GossipNews] {
        try gossip.setShared(key, value: value, at: now, effects: &effects)
        return carryOut()
    }

    mutating func removeShared(
        _ key: RecordKey, at now: Instant
    ) throws(SharedError) -> [GossipNews] {
        try gossip.removeShared(key, at: now, effects: &effects)
        return carryOut()
    }

    // MARK: Gauges and claims

    /// Publishes this node's claims.
    mutating func publish(
        _ outcome: ConnectionShares.Outcome, at now: Instant
    ) throws(PublishError) -> [GossipNews] {
        try gossip.publish(outcome.claims, round: outcome.number, at: now, effects: &effects)
        return carryOut()
    }

    /// Publishes this node's gauges.
    mutating func publish(_ own: [BackendGauge], at now: Instant) throws(PublishError)
        -> [GossipNews]
    {
        try gossip.publish(own, at: now, effects: &effects)
        return carryOut()
    }

    /// How many connections each other node that is present has open.
    func remoteGauges(at now: Instant) -> [ObservedGauges] {
        gossip.gauges(at: now).filter { $0.owner != node }
    }
}

extension HealthStatus {
    init(_ status: BackendObservation.Status) {
        self =
            switch status {
            case .unknown: .unknown
            case .up: .up
            case .down: .down
            }
    }
}

extension BackendObservation.Status {
    init(_ status: HealthStatus) {
        self =
            switch status {
            case .unknown: .unknown
            case .up: .up
            case .down: .down
            }
    }
}
