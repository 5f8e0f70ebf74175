package import Gossip
package import Membership
package import Primitives
package import Wire

/// A cluster in virtual time: engines, a seeded network between them, and checkers that run after
/// every step.
///
/// Time jumps from one event to the next: a datagram arrives, or the deadline of an engine comes.
/// Engines are called as the control process calls them and their datagrams are really sealed and
/// encoded. Nothing else decides what happens but the seed and what the caller does between
/// steps, so the same seed gives the same run, and `trace` says so.
///
/// There is no wall clock anywhere: the engines order nothing by one and never see one. Each node
/// has a monotonic clock of its own, which may jump forward (`jumpClock`).
///
/// A cluster is used from one task at a time.
package final class SimulatedCluster {
    package static let name = "simulation"
    /// The keys that all nodes start with, unless `adjust` says otherwise.
    package static let keys = ring(7)
    /// When a run begins.
    static let start = Instant(nanoseconds: 1_000_000_000)

    package internal(set) var now = SimulatedCluster.start
    package internal(set) var nodes: [SimulatedNode] = []
    /// What engines reported, but for datagrams and changes of members and records; bounded.
    package internal(set) var reports: [Report] = []
    /// Every time that somebody came to hold somebody dead, or no longer dead, in order; bounded.
    package internal(set) var transitions: [Transition] = []
    /// Deaths of nodes that ran, undisturbed, where nothing was cut.
    package internal(set) var falseDeaths = 0
    /// Every time that somebody came to suspect somebody.
    package internal(set) var suspicions = 0
    package internal(set) var violations = ViolationLog()
    /// A hash of everything that was taken in: when, by whom, and what.
    package internal(set) var trace = StableHash()
    package internal(set) var steps = 0
    /// What happened last.
    package internal(set) var log = EventLog()
    /// Whether all views must be equal when nothing disturbs the cluster for a while.
    package var expectsOneView = true
    /// Sees every datagram when it is sent.
    package var tap: ((Tapped) -> Void)?

    /// Nodes that run a later release, which says more of itself than any release does now.
    var laterNodes: Set<Int> = []
    static let laterExtensions: [UInt8] = [1, 4, 0x39, 0x2E, 0x39, 0x39, 0x7D, 2, 7, 7]

    var network: VirtualNetwork
    var random: SeededRandom
    var queue = EventQueue()
    var deliveries: [Delivery] = []
    var freeSlots: [Int32] = []
    var addresses = AddressBook()
    var beliefs = BeliefBook()
    var checks = Checkers()
    var effects: [GossipEffect] = []
    private let adjust: (inout GossipConfiguration) -> Void

    /// A cluster of `count` nodes, none of which runs yet. `adjust` changes what every process is
    /// configured with.
    package init(
        _ count: Int, seed: UInt64, conditions: NetworkConditions = NetworkConditions(),
        adjust: @escaping (inout GossipConfiguration) -> Void = { _ in }
    ) {
        random = SeededRandom(seed: seed)
        network = VirtualNetwork(conditions: conditions, seed: random.next())
        self.adjust = adjust
        for _ in 0..<count { addNode() }
    }

    /// Keys of which every byte is one of these numbers.
    package static func ring(_ bytes: UInt8...) -> KeyRing {
        let keys = bytes.compactMap {
            GossipKey(bytes: [UInt8](repeating: $0, count: GossipKey.length))
        }
        guard let ring = KeyRing(keys) else { preconditionFailure("different keys are a ring") }
        return ring
    }

    /// The address of the node of that index, unless it moved.
    package static func address(_ index: Int) -> SocketAddress {
        SocketAddress(ip: IPAddress(ipv4: 0x0A00_0001 + UInt32(index)), port: 7946)
    }

    /// What the network does from now on.
    package var conditions: NetworkConditions {
        get { network.conditions }
        set {
            network.conditions = newValue
            disturb(.conditionsChanged)
        }
    }

    package var traffic: NetworkCounters { network.counters }

    /// How long the run has lasted.
    package var elapsed: Duration { now - Self.start }

    func configuration(of node: SimulatedNode) -> GossipConfiguration {
        var configuration = GossipConfiguration(
            cluster: Self.name, keys: Self.keys, address: node.address)
        if laterNodes.contains(node.index) { configuration.claimExtensions = Self.laterExtensions }
        adjust(&configuration)
        return configuration
    }
}

/// Something that an engine reported.
package struct Report: Sendable {
    /// As many are kept.
    static let limit = 10_000

    package let at: Instant
    package let viewer: NodeName
    package let effect: GossipEffect
}

/// That one node came to hold another one dead, or the same life of it no longer dead.
package struct Transition: Sendable {
    package enum Kind: Sendable {
        case died, returned
    }

    /// As many are kept.
    static let limit = 200_000

    package let at: Instant
    package let viewer: NodeName
    package let member: NodeName
    package let kind: Kind
    /// Whether the member ran undisturbed where nothing was cut when it was held dead.
    package let isFalse: Bool
}

/// A datagram as it was sent; `nil` stands for a stranger.
package struct Tapped: Sendable {
    package let sender: Int?
    package let receiver: Int?
    package let from: SocketAddress
    package let to: SocketAddress
    package let bytes: [UInt8]
}

/// Broken invariants, as sentences with their time.
package struct ViolationLog: Sendable {
    /// As many are put into words; all are counted.
    private static let limit = 50

    package private(set) var count = 0
    package private(set) var sentences: [String] = []
    /// What happened before the first one.
    package private(set) var lastEvents: [String] = []

    package var isEmpty: Bool { count == 0 }

    mutating func add(_ sentence: @autoclosure () -> String, events: @autoclosure () -> [String]) {
        if count == 0 { lastEvents = events() }
        count += 1
        if sentences.count < Self.limit { sentences.append(sentence()) }
    }
}

/// Numbers for addresses, so that they are hashed once for each datagram.
struct AddressBook {
    private(set) var all: [SocketAddress] = []
    private var numbers: [SocketAddress: Int32] = [:]
    /// The node at each address, or -1.
    private var owners: [Int32] = []
    /// UDP payload sent to each address.
    private var bytes: [Int] = []

    mutating func number(of address: SocketAddress) -> Int32 {
        if let known = numbers[address] { return known }
        let number = Int32(all.count)
        numbers[address] = number
        all.append(address)
        owners.append(-1)
        bytes.append(0)
        return number
    }

    func owner(of number: Int32) -> Int32 { owners[Int(number)] }

    mutating func setOwner(_ owner: Int32, of number: Int32) { owners[Int(number)] = owner }

    mutating func addBytes(_ count: Int, to number: Int32) { bytes[Int(number)] += count }

    func bytes(to address: SocketAddress) -> Int {
        numbers[address].map { bytes[Int($0)] } ?? 0
    }
}
