import Balancing
import Primitives

/// Nodes that choose among the same backends, in virtual time: each knows its own connections
/// exactly and the others' from gauges, sent once a second and 0.1 to 0.3 seconds on their way.
struct Herd {
    /// What a node makes of the others' gauges.
    enum Rule: String, CaseIterable {
        /// Nothing: least of the local connections.
        case alone
        /// Least of local connections and gauges as they are.
        case literal
        /// The better of two of the same.
        case powerOfTwo
        /// Least of local connections and gauges, with the assumption of `RemoteLoad`.
        case interpreted
    }

    struct Node {
        /// New connections per second, by time.
        var rate: (Double) -> Double
        /// The shortest life of a connection; the mean is about four times as long.
        var life: Double
        var choice: LeastConnections
        var pair: PowerOfTwo
        var local: [UInt32]
        /// The same in the node's last round, and when that was.
        var localAtRound: [UInt32]
        var lastRound = 0.0
        /// By peer, then by backend.
        var reports: [[RemoteLoad.Report]]
        /// By backend, from the reports.
        var remote: [RemoteLoad]
        /// By peer.
        var activities: [PeerActivity]
        /// The changes of this node's own gauges in its last round.
        var changes: UInt64 = 0
    }

    private struct Event {
        let time: Double
        let node: Int
        let kind: Kind

        enum Kind {
            case close(backend: Int, life: Int)
            case report(from: Int, gauges: [UInt32])
        }
    }

    let rule: Rule
    let backends: Int
    var nodes: [Node]
    /// Whether a backend is up, by time.
    var isUp: (Int, Double) -> Bool = { _, _ in true }
    /// The share of reports that get lost.
    var loss = 0.0
    var usesActivity = true
    private(set) var now = 0.0
    private var ticks = 0
    private var events: [[Event]] = []
    /// Connections from before a backend went down are of another life and no longer count.
    private var lives: [Int]
    private var wasUp: [Bool]
    /// The backends that are up, and their positions among these.
    private var up: [UInt32]
    private var places: [UInt32]
    private var random: SeededRandom
    private static let ticksPerSecond = 100
    /// How old a report is taken to be when it comes in, in nanoseconds.
    private static let delay: Int64 = 200_000_000

    init(
        _ rule: Rule, backends: Int, seed: UInt64, nodes: [(rate: (Double) -> Double, life: Double)]
    ) {
        self.rule = rule
        self.backends = backends
        random = SeededRandom(seed: seed)
        lives = Array(repeating: 0, count: backends)
        wasUp = Array(repeating: true, count: backends)
        up = (0..<UInt32(backends)).map { $0 }
        places = up
        let unknown = RemoteLoad.Report(gauge: 0, localAtReport: 0)
        self.nodes = nodes.enumerated().map { index, node in
            Node(
                rate: node.rate, life: node.life, choice: LeastConnections(start: UInt32(index)),
                pair: PowerOfTwo(seed: seed &* 31 &+ UInt64(index)),
                local: Array(repeating: 0, count: backends),
                localAtRound: Array(repeating: 0, count: backends),
                reports: Array(
                    repeating: Array(repeating: unknown, count: backends), count: nodes.count),
                remote: Array(repeating: .none, count: backends),
                activities: Array(repeating: PeerActivity(), count: nodes.count))
        }
        events = Array(repeating: [], count: 1000 * Self.ticksPerSecond)
    }

    /// Connections of all nodes to each backend.
    var totals: [Int] {
        (0..<backends).map { backend in nodes.reduce(0) { $0 + Int($1.local[backend]) } }
    }

    /// The difference between the fullest and the emptiest backend.
    var spread: Int { (totals.max() ?? 0) - (totals.min() ?? 0) }

    /// Runs until `end` and hands the state to `look` ten times a second.
    mutating func run(until end: Double, look: (borrowing Herd) -> Void = { _ in }) {
        while now < end {
            for event in events[ticks] { handle(event) }
            events[ticks] = []
            for backend in 0..<backends where isUp(backend, now) != wasUp[backend] {
                wasUp[backend].toggle()
                up = (0..<backends).filter { wasUp[$0] }.map { UInt32($0) }
                places = up.indices.map { UInt32($0) }
                if !wasUp[backend] { reset(backend) }
            }
            for index in nodes.indices {
                let expected = nodes[index].rate(now) / Double(Self.ticksPerSecond)
                for _ in 0..<arrivals(expected) { open(index) }
                // The nodes' rounds are spread over the second.
                let phase = index * Self.ticksPerSecond / nodes.count
                if ticks % Self.ticksPerSecond == phase { report(index) }
            }
            if ticks % (Self.ticksPerSecond / 10) == 0 { look(self) }
            ticks += 1
            now = Double(ticks) / Double(Self.ticksPerSecond)
        }
    }

    private mutating func arrivals(_ expected: Double) -> Int {
        // Ten chances in a tick are close enough to a Poisson stream.
        (0..<10).count { _ in random.unitInterval() < expected / 10 }
    }

    private mutating func handle(_ event: Event) {
        switch event.kind {
        case .close(let backend, let life):
            if lives[backend] == life { nodes[event.node].local[backend] -= 1 }
        case .report(let peer, let gauges):
            let node = nodes[event.node]
            let before = node.reports[peer].map(\.gauge)
            nodes[event.node].activities[peer].observe(
                peer: Self.changes(before, gauges), own: node.changes)
            let activity = usesActivity ? nodes[event.node].activities[peer].ratio : 1
            for backend in 0..<backends {
                nodes[event.node].reports[peer][backend] = .interpolated(
                    gauge: gauges[backend], localNow: node.local[backend],
                    localAtRound: node.localAtRound[backend],
                    sinceRound: Int64((now - node.lastRound) * 1e9), delay: Self.delay,
                    activity: activity)
                nodes[event.node].remote[backend] = RemoteLoad(
                    nodes.indices.lazy.filter { $0 != event.node }.map { [nodes] in
                        nodes[event.node].reports[$0][backend]
                    })
            }
        }
    }

    /// A backend goes down: its clients come back, through the same nodes.
    private mutating func reset(_ backend: Int) {
        lives[backend] += 1
        for index in nodes.indices {
            let lost = nodes[index].local[backend]
            nodes[index].local[backend] = 0
            for _ in 0..<lost { open(index) }
        }
    }

    private static func changes(_ before: [UInt32], _ after: [UInt32]) -> UInt64 {
        zip(before, after).reduce(0) { $0 + UInt64(max($1.0, $1.1) - min($1.0, $1.1)) }
    }

    private mutating func report(_ index: Int) {
        nodes[index].changes = Self.changes(nodes[index].localAtRound, nodes[index].local)
        nodes[index].localAtRound = nodes[index].local
        nodes[index].lastRound = now
        for peer in nodes.indices where peer != index && random.unitInterval() >= loss {
            schedule(
                0.1 + 0.2 * random.unitInterval(), peer,
                .report(from: index, gauges: nodes[index].local))
        }
    }

    private mutating func open(_ index: Int) {
        guard let position = choose(index) else { return }
        let backend = Int(up[position])
        nodes[index].local[backend] += 1
        // Pareto with an exponent of 4/3: most are short, some very long.
        let inverse = 1 / max(random.unitInterval(), 1e-6)
        let life = nodes[index].life * inverse.squareRoot() * inverse.squareRoot().squareRoot()
        schedule(life, index, .close(backend: backend, life: lives[backend]))
    }

    private mutating func choose(_ index: Int) -> Int? {
        var choice = nodes[index].choice
        var pair = nodes[index].pair
        defer {
            nodes[index].choice = choice
            nodes[index].pair = pair
        }
        if rule == .powerOfTwo {
            return pair.next(in: places.span) { load(index, Int(up[$0])) }
        }
        return choice.next(of: up.count, places: places.span) { load(index, Int(up[$0])) }
    }

    private func load(_ index: Int, _ backend: Int) -> BackendLoad {
        let local = UInt64(nodes[index].local[backend])
        switch rule {
        case .alone: return BackendLoad(connections: local)
        case .literal, .powerOfTwo:
            let gauges = nodes[index].reports.reduce(0) { $0 + UInt64($1[backend].gauge) }
            return BackendLoad(connections: local + gauges)
        case .interpreted:
            return BackendLoad(
                connections: nodes[index].remote[backend].connections(local: local))
        }
    }

    private mutating func schedule(_ delay: Double, _ node: Int, _ kind: Event.Kind) {
        let tick = ticks + max(1, Int(delay * Double(Self.ticksPerSecond)))
        guard tick < events.count else { return }
        events[tick].append(Event(time: now + delay, node: node, kind: kind))
    }
}

extension Herd {
    /// Three nodes and eight backends. The first node has most of the new traffic; the two others
    /// hold long connections that came in the first twenty seconds.
    static func uneven(_ rule: Rule, seed: UInt64) -> Herd {
        Herd(
            rule, backends: 8, seed: seed,
            nodes: [
                ({ _ in 20 }, 5), ({ $0 < 20 ? 8 : 0.2 }, 100), ({ $0 < 20 ? 4 : 0.1 }, 100),
            ])
    }
}
