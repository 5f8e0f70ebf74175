import Foundation
import Gossip
import Membership
import Primitives
import Wire

/// What there is of a node in an `EpochCluster`: its keys, and whom it holds present.
struct EpochNode {
    let name: NodeName
    var life: UInt64 = 0
    var epochs: KeyEpochs
    var seal: Seal
    var present: Set<Int> = []
    var isRunning = true
    var isStopped = false
    /// What it published last, and how often it did.
    var record: KeyEpochRecord?
    var version = 0
    /// The versions that it has of the others' records.
    var versions: [Int: Int] = [:]
    var keysWanted = 0
}

/// Key epochs without the rest of gossip: records arrive late, handshakes may be lost, and members
/// that hold each other present talk all the time. Whenever one of these cannot open what the other
/// sealed, `misunderstandings` has it. Same seed, same run.
struct EpochCluster {
    enum Event {
        case chatter(Int)
        case contacts(Int)
        case record(of: Int, to: Int, KeyEpochRecord, life: UInt64, version: Int)
        case datagram(from: Int, to: Int, [UInt8])
        /// Two members hear of each other, or that the other is gone.
        case meeting(Int, Int)
        case parting(Int, Int)
    }

    /// So many seeds, and twenty times as many with `SKEIN_LONG=1`.
    static func seeds(_ count: UInt64) -> Range<UInt64> {
        0..<(ProcessInfo.processInfo.environment["SKEIN_LONG"] == "1" ? 20 * count : count)
    }

    static let chatterInterval: Duration = .milliseconds(700)
    static let contactInterval: Duration = .seconds(2)
    static let contactPadding = 200

    var now = Instant(nanoseconds: 1_000_000_000)
    var nodes: [EpochNode] = []
    var misunderstandings: [String] = []
    var violations: [String] = []
    /// Everything that was sent while `isRecording`.
    var recording: [[UInt8]] = []
    var isRecording = false
    var trace = StableHash()
    var loss = 0.0
    /// Nodes of different groups do not hear each other.
    var group: [Int]

    var random: SeededRandom
    var queue: [(at: Instant, order: UInt64, event: Event)] = []
    private var order: UInt64 = 0
    private let configuration: KeyEpochsConfiguration
    static let ring = KeyRing(
        [GossipKey(bytes: [UInt8](repeating: 7, count: 32))].compactMap { $0 })

    init(
        _ count: Int, seed: UInt64,
        configuration: KeyEpochsConfiguration = KeyEpochsConfiguration()
    ) {
        random = SeededRandom(seed: seed)
        self.configuration = configuration
        group = [Int](repeating: 0, count: count)
        for index in 0..<count { nodes.append(newNode(index, life: 1)) }
        for left in 0..<count {
            for right in 0..<left { meet(left, right) }
            schedule(.chatter(left), in: jittered(Self.chatterInterval))
            schedule(.contacts(left), in: jittered(Self.contactInterval))
        }
    }

    private mutating func newNode(_ index: Int, life: UInt64) -> EpochNode {
        let boot = BootID(high: random.next(), low: random.next())
        guard let name = NodeName("node-\(index)"), let ring = Self.ring else {
            preconditionFailure("a name and a key")
        }
        return EpochNode(
            name: name, life: life,
            epochs: KeyEpochs(
                configuration: configuration, name: name, secret: randomBytes(32), now: now),
            seal: Seal(cluster: "test", ring: ring, boot: boot))
    }

    mutating func randomBytes(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    }

    /// The epoch that all running nodes have, use and keep nothing before, or nil.
    var settledEpoch: KeyEpoch? {
        let running = nodes.indices.filter(isAwake).map { nodes[$0] }
        guard let epoch = running.first?.epochs.newest,
            running.allSatisfy({
                $0.epochs.newest == epoch && $0.epochs.used == epoch && $0.seal.used == epoch
                    && $0.epochs.floor == epoch
            })
        else { return nil }
        return epoch
    }

    /// Whether every running node holds every other present.
    var isWhole: Bool {
        let running = nodes.indices.filter(isAwake)
        return running.allSatisfy { index in
            nodes[index].present.union([index]) == Set(running)
        }
    }

    mutating func forgetMisunderstandings() { misunderstandings = [] }

    // MARK: - What happens

    mutating func rotate(_ index: Int) throws {
        let key = randomBytes(32)
        var effects: [KeyEpochEffect] = []
        try nodes[index].epochs.rotate(key: key, at: now, effects: &effects)
        carryOut(effects, of: index)
    }

    /// The process of a node ends; the others notice after `delay`.
    mutating func crash(_ index: Int, noticedAfter delay: Duration = .seconds(2)) {
        nodes[index].isRunning = false
        for other in nodes.indices where other != index {
            schedule(.parting(other, index), in: jittered(delay))
        }
    }

    /// A new process, which has the key file only and knows nobody.
    mutating func restart(_ index: Int) {
        let life = nodes[index].life + 1
        nodes[index] = newNode(index, life: life)
        for other in nodes.indices { nodes[other].versions[index] = nil }
    }

    mutating func add() -> Int {
        let index = nodes.count
        group.append(0)
        nodes.append(newNode(index, life: 1))
        schedule(.chatter(index), in: jittered(Self.chatterInterval))
        schedule(.contacts(index), in: jittered(Self.contactInterval))
        return index
    }

    /// The process stops (SIGSTOP); the others hold it dead after two seconds.
    mutating func stop(_ index: Int) {
        nodes[index].isStopped = true
        for other in nodes.indices where other != index {
            schedule(.parting(other, index), in: jittered(.seconds(2)))
        }
    }

    mutating func goOn(_ index: Int) { nodes[index].isStopped = false }

    /// Splits the nodes into groups that do not hear each other, and notice it.
    mutating func split(_ groups: [Int]) {
        group = groups
        for left in nodes.indices {
            for right in nodes.indices where group[left] != group[right] {
                schedule(.parting(left, right), in: jittered(.seconds(2)))
            }
        }
    }

    mutating func heal() { group = [Int](repeating: 0, count: nodes.count) }

    // MARK: - Time

    mutating func run(for duration: Duration) {
        let end = now + duration
        while true {
            var next = queue.first?.at ?? .init(nanoseconds: .max)
            var due: Int?
            for (index, node) in nodes.enumerated() where isAwake(index) {
                if node.epochs.nextDeadline < next {
                    (next, due) = (node.epochs.nextDeadline, index)
                }
            }
            guard next <= end else { break }
            now = max(now, next)
            if let due {
                act(due) { $0.tick(at: $1, effects: &$2) }
                if nodes[due].epochs.nextDeadline <= next {
                    violations.append("\(nodes[due].name) is due for ever")
                    return
                }
            } else {
                carryOut(queue.removeFirst().event)
            }
        }
        now = end
    }

    mutating func schedule(_ event: Event, in delay: Duration) {
        order += 1
        let at = now + delay
        var (low, high) = (0, queue.count)
        while low < high {
            let middle = (low + high) / 2
            if queue[middle].at <= at { low = middle + 1 } else { high = middle }
        }
        queue.insert((at, order, event), at: low)
    }

    mutating func jittered(_ duration: Duration) -> Duration {
        duration * (0.75 + 0.5 * random.unitInterval())
    }

    func isAwake(_ index: Int) -> Bool {
        nodes[index].isRunning && !nodes[index].isStopped
    }

    mutating func act(
        _ index: Int, _ body: (inout KeyEpochs, Instant, inout [KeyEpochEffect]) -> Void
    ) {
        var effects: [KeyEpochEffect] = []
        body(&nodes[index].epochs, now, &effects)
        carryOut(effects, of: index)
    }
}
