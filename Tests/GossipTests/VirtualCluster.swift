import Gossip
import Membership
import Primitives
import Replication
import Wire

/// One node of a simulated cluster: an engine, and what the world knows of it.
struct VirtualNode {
    let name: NodeName
    var address: SocketAddress
    var generation: UInt64 = 0
    /// Nil when the process does not run.
    var gossip: Gossip?
    /// While stopped, a node receives into its socket buffer and does nothing.
    var isStopped = false
    var inbox: [Delivery] = []
    var deadline = Instant(nanoseconds: .max)
    /// IP-level bytes sent: 28 bytes of IPv4 and UDP header for each datagram.
    var bytesSent = 0
    var lastView: UInt64 = 0
    var standings: [NodeName: Standing] = [:]
}

/// Something that a node reported.
struct Report {
    let at: Instant
    let viewer: NodeName
    let effect: GossipEffect
}

/// A cluster in virtual time: engines, a seeded network between them, and checkers that run after
/// every step. Time jumps to the next delivery or deadline. The same seed gives the same run.
struct VirtualCluster {
    private(set) var now = Instant(nanoseconds: 1_000_000_000)
    private(set) var nodes: [VirtualNode] = []
    var conditions = NetworkConditions()
    /// All effects but datagrams, in order.
    private(set) var reports: [Report] = []
    /// Broken invariants, as sentences.
    private(set) var violations: [String] = []
    /// A hash of everything that happened.
    private(set) var trace = StableHash()
    private(set) var steps = 0

    private var random: SeededRandom
    private var deliveries = DeliveryQueue()
    private var order: UInt64 = 0
    private var indexByAddress: [SocketAddress: Int] = [:]
    private var payloads: [Record.Version: [UInt8]?] = [:]
    private let keys: KeyRing
    private let adjust: (inout GossipConfiguration) -> Void

    init(
        _ count: Int, seed: UInt64, conditions: NetworkConditions = NetworkConditions(),
        adjust: @escaping (inout GossipConfiguration) -> Void = { _ in }
    ) {
        guard let key = GossipKey(bytes: [UInt8](repeating: 7, count: GossipKey.length)),
            let ring = KeyRing([key])
        else { preconditionFailure("32 bytes are a key") }
        keys = ring
        random = SeededRandom(seed: seed)
        self.conditions = conditions
        self.adjust = adjust
        for _ in 0..<count { addNode() }
    }

    static func address(_ index: Int) -> SocketAddress {
        SocketAddress(ip: IPAddress(ipv4: 0x0A00_0001 + UInt32(index)), port: 7946)
    }

    /// Adds a node that does not run yet.
    mutating func addNode(named text: String? = nil) {
        let index = nodes.count
        guard let name = NodeName(text ?? "node-\(index)") else {
            preconditionFailure("a name")
        }
        let address = Self.address(index)
        indexByAddress[address] = index
        nodes.append(VirtualNode(name: name, address: address))
    }

    // MARK: - What happens to nodes

    /// Starts the process of a node, in a new life and perhaps at another address.
    mutating func start(_ index: Int, at address: SocketAddress? = nil, join seeds: [Int] = [0]) {
        if let address {
            indexByAddress[nodes[index].address] = nil
            nodes[index].address = address
            indexByAddress[address] = index
        }
        nodes[index].generation += 1
        let identity = Identity(
            name: nodes[index].name, boot: BootID(high: random.next(), low: random.next()),
            generation: nodes[index].generation)
        var configuration = GossipConfiguration(
            cluster: "test", keys: keys, address: nodes[index].address)
        adjust(&configuration)
        nodes[index].gossip = Gossip(
            configuration: configuration, identity: identity, seed: random.next(), now: now)
        nodes[index].inbox = []
        nodes[index].standings = [:]
        let addresses = seeds.map { nodes[$0].address }
        act(index) { gossip, now, effects in gossip.join(addresses, at: now, effects: &effects) }
    }

    mutating func startAll() {
        for index in nodes.indices { start(index) }
    }

    /// Kills the process of a node.
    mutating func crash(_ index: Int) {
        nodes[index].gossip = nil
        nodes[index].deadline = Instant(nanoseconds: .max)
    }

    /// Stops the process of a node (SIGSTOP); datagrams wait for it.
    mutating func stop(_ index: Int) { nodes[index].isStopped = true }

    /// Continues it.
    mutating func `continue`(_ index: Int) {
        nodes[index].isStopped = false
        let waiting = nodes[index].inbox
        nodes[index].inbox = []
        act(index) { gossip, now, effects in gossip.tick(at: now, effects: &effects) }
        for delivery in waiting { receive(delivery, index) }
    }

    /// Lets a node do something now.
    mutating func act(
        _ index: Int, _ body: (inout Gossip, Instant, inout [GossipEffect]) throws -> Void
    ) rethrows {
        guard var gossip = nodes[index].gossip else { return }
        var effects: [GossipEffect] = []
        nodes[index].gossip = nil
        defer {
            nodes[index].gossip = gossip
            nodes[index].deadline = gossip.nextDeadline
        }
        try body(&gossip, now, &effects)
        carryOut(effects, of: index)
        check(index, gossip)
    }

    // MARK: - Time

    /// Lets time pass.
    mutating func run(for duration: Duration) {
        let end = now + duration
        while step(until: end) {}
        now = end
    }

    /// Lets time pass until `condition` holds, and tells how long that took; nil when it did not
    /// within `limit`.
    mutating func run(
        atMost limit: Duration, until condition: (VirtualCluster) -> Bool
    ) -> Duration? {
        let begin = now
        while !condition(self) {
            guard step(until: begin + limit) else { return nil }
        }
        return now - begin
    }

    private mutating func step(until end: Instant) -> Bool {
        var next = deliveries.first?.at ?? Instant(nanoseconds: .max)
        var due: Int?
        for (index, node) in nodes.enumerated() where !node.isStopped && node.deadline < next {
            next = node.deadline
            due = index
        }
        guard next <= end else { return false }
        now = max(now, next)
        steps += 1
        if let due {
            act(due) { gossip, now, effects in gossip.tick(at: now, effects: &effects) }
            // A deadline that a tick leaves in the past would stop time.
            if nodes[due].deadline <= now, nodes[due].deadline == next, repeats(due, next) {
                violations.append("\(nodes[due].name) is due at \(next) for ever")
                nodes[due].deadline = now + .milliseconds(1)
            }
        } else {
            let delivery = deliveries.removeFirst()
            deliver(delivery)
        }
        return true
    }

    private var lastDue: (index: Int, at: Instant, count: Int) = (-1, .zero, 0)

    private mutating func repeats(_ index: Int, _ at: Instant) -> Bool {
        let isSame = lastDue.index == index && lastDue.at == at
        lastDue = (index, at, isSame ? lastDue.count + 1 : 1)
        return lastDue.count > 100
    }

    // MARK: - The network

    private mutating func deliver(_ delivery: Delivery) {
        guard let index = indexByAddress[delivery.to], nodes[index].gossip != nil else { return }
        if nodes[index].isStopped {
            // A socket buffer is finite.
            if nodes[index].inbox.count < 256 { nodes[index].inbox.append(delivery) }
        } else {
            receive(delivery, index)
        }
    }

    private mutating func receive(_ delivery: Delivery, _ index: Int) {
        trace.combine(UInt64(bitPattern: now.nanoseconds))
        trace.combine(UInt64(index))
        for byte in delivery.bytes.suffix(8) { trace.combine(UInt64(byte)) }
        act(index) { gossip, now, effects in
            gossip.receive(
                datagram: delivery.bytes, from: delivery.from, at: now, effects: &effects)
        }
    }

    /// Sends bytes as if from `from`, subject to the conditions of the network.
    mutating func send(_ bytes: [UInt8], from: SocketAddress, to: SocketAddress) {
        guard !conditions.blocks(from: from, to: to) else { return }
        let copies = chance(conditions.duplication) ? 2 : 1
        for _ in 0..<copies {
            guard !chance(conditions.loss) else { continue }
            var delay = Int64.random(in: conditions.latency, using: &random)
            if chance(conditions.reordering) {
                delay += Int64.random(in: 0...conditions.holdBackMax, using: &random)
            }
            var bytes = bytes
            if chance(conditions.bitFlips) {
                let bit = Int.random(in: 0..<bytes.count * 8, using: &random)
                bytes[bit / 8] ^= 1 << UInt8(bit % 8)
            }
            order += 1
            deliveries.insert(
                Delivery(
                    at: now + .nanoseconds(delay), order: order, from: from, to: to, bytes: bytes))
        }
    }

    private mutating func chance(_ probability: Double) -> Bool {
        probability > 0 && random.unitInterval() < probability
    }

    private mutating func carryOut(_ effects: [GossipEffect], of index: Int) {
        for effect in effects {
            guard case .send(let bytes, let address) = effect else {
                reports.append(Report(at: now, viewer: nodes[index].name, effect: effect))
                continue
            }
            nodes[index].bytesSent += bytes.count + 28
            if bytes.count > Datagram.sizeMax {
                violations.append("\(nodes[index].name) sent \(bytes.count) bytes")
            }
            send(bytes, from: nodes[index].address, to: address)
        }
    }

    // MARK: - Checkers

    private mutating func check(_ index: Int, _ gossip: Gossip) {
        let depths = gossip.queueDepths
        if max(depths.members, depths.records, depths.gauges) > gossip.configuration.queueCapacity {
            violations.append("\(nodes[index].name)'s queue is too long")
        }
        // The sum of a view changes with every claim in it.
        guard gossip.view != nodes[index].lastView else { return }
        nodes[index].lastView = gossip.view
        let members = gossip.members
        if members.count > nodes.count {
            violations.append("\(nodes[index].name) knows more members than there are")
        }
        for member in members {
            if let before = nodes[index].standings[member.name], before > member.claim.standing {
                violations.append("\(nodes[index].name) took back a claim about \(member.name)")
            }
            nodes[index].standings[member.name] = member.claim.standing
        }
        if let own = members.first, !(own.state == .alive || own.state == .left) {
            violations.append("\(nodes[index].name) holds itself \(own.state)")
        }
        checkPayloads(gossip, of: index)
    }

    /// One version of a record has one payload, everywhere and for ever.
    private mutating func checkPayloads(_ gossip: Gossip, of index: Int) {
        for kind in [RecordKind.observation, .gauges] {
            for stored in gossip.records(of: kind) {
                let version = Record.Version(stored.record)
                if let known = payloads[version], known != stored.record.payload {
                    violations.append("\(nodes[index].name) has another payload of \(version)")
                }
                payloads[version] = .some(stored.record.payload)
            }
        }
    }
}

extension Record {
    /// What may exist once only.
    struct Version: Hashable {
        let owner: Identity
        let key: RecordKey
        let version: UInt64

        init(_ record: Record) {
            owner = record.owner
            key = record.key
            version = record.version
        }
    }
}
