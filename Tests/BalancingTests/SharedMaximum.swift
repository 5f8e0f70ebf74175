import Balancing
import Primitives

/// Nodes that share a backend's maximum, in virtual time: claims once a period, each node at a
/// moment of its own, which arrive 0.1 to 0.3 seconds later or get lost.
struct SharedMaximum {
    /// Connections that clients begin per second, by time.
    typealias Demand = @Sendable (Double) -> Double

    struct Node {
        var share = ConnectionShare()
        var claims: [ConnectionClaim]
        var heard: [Double]
        var closings: [Double] = []
        /// In the queue, which has an end, as in a worker.
        var waiting = 0
        /// Found the queue full since the last round.
        var refused = 0
        var phase: Double
        var demand: Demand
    }

    private struct Letter {
        let arrival: Double
        let from: Int
        let to: Int
        let claim: ConnectionClaim
    }

    private static let queueMax = 100

    let maximum: Int
    let period: Double
    let loss: Double
    /// The mean life of a connection in seconds.
    let life: Double
    var nodes: [Node]
    /// The most connections that were open together, and the open ones after each step.
    private(set) var most = 0
    private(set) var mostHeld = 0
    private(set) var history: [(time: Double, open: [Int])] = []
    private var letters: [Letter] = []
    private var random: SeededRandom

    init(
        maximum: Int, seed: UInt64, period: Double = 1, loss: Double = 0, life: Double = 20,
        demand: [Demand]
    ) {
        self.maximum = maximum
        self.period = period
        self.loss = loss
        self.life = life
        random = SeededRandom(seed: seed)
        var generator = random
        let none = ConnectionClaim(open: 0, limit: 0, wanted: 0, ticket: 0)
        nodes = demand.map { rate in
            Node(
                claims: Array(repeating: none, count: demand.count),
                heard: Array(repeating: -10, count: demand.count),
                phase: generator.unitInterval() * period, demand: rate)
        }
        random = generator
    }

    /// Runs for so many seconds in steps of twenty milliseconds.
    mutating func run(seconds: Double) {
        let step = 0.02
        for tick in 0..<Int(seconds / step) {
            let now = Double(tick) * step
            deliver(now)
            for index in nodes.indices {
                nodes[index].closings.removeAll { $0 <= now }
                arrive(index, now: now, step: step)
                let rounds = (now - nodes[index].phase) / period
                if rounds >= 0, rounds - Double(Int(rounds)) < step / period {
                    round(index, now: now)
                }
                open(index, now: now)
            }
            let open = nodes.map(\.closings.count)
            most = max(most, open.reduce(0, +))
            mostHeld = max(
                mostHeld, nodes.map { max($0.closings.count, Int($0.share.limit)) }.reduce(0, +))
            history.append((now, open))
        }
    }

    /// The share of the maximum that was open on average in a stretch of time.
    func utilisation(_ range: ClosedRange<Double>) -> Double {
        let stretch = history.filter { range.contains($0.time) }
        let sum = stretch.reduce(0) { $0 + $1.open.reduce(0, +) }
        return Double(sum) / Double(stretch.count * maximum)
    }

    /// The mean open connections of each node in a stretch of time.
    func means(_ range: ClosedRange<Double>) -> [Double] {
        let stretch = history.filter { range.contains($0.time) }
        return nodes.indices.map { index in
            Double(stretch.reduce(0) { $0 + $1.open[index] }) / Double(stretch.count)
        }
    }

    private mutating func deliver(_ now: Double) {
        for letter in letters where letter.arrival <= now {
            nodes[letter.to].claims[letter.from] = letter.claim
            nodes[letter.to].heard[letter.from] = now
        }
        letters.removeAll { $0.arrival <= now }
    }

    private mutating func arrive(_ index: Int, now: Double, step: Double) {
        let expected = nodes[index].demand(now) * step
        var arrivals = Int(expected)
        if random.unitInterval() < expected - Double(arrivals) { arrivals += 1 }
        let room = max(0, Self.queueMax - nodes[index].waiting)
        nodes[index].waiting += min(arrivals, room)
        nodes[index].refused += max(0, arrivals - room)
    }

    private mutating func open(_ index: Int, now: Double) {
        while nodes[index].waiting > 0, nodes[index].closings.count < nodes[index].share.limit {
            nodes[index].waiting -= 1
            nodes[index].closings.append(now + life * (0.2 + 1.6 * random.unitInterval()))
        }
    }

    private mutating func round(_ index: Int, now: Double) {
        let peers = nodes.indices.filter { $0 != index }.map { peer in
            ConnectionShare.Peer(
                claim: nodes[index].claims[peer],
                isFresh: now - nodes[index].heard[peer] <= 2 * period, rank: UInt64(peer))
        }
        let claim = nodes[index].share.round(
            maximum: UInt32(maximum), open: UInt32(nodes[index].closings.count),
            waiting: UInt32(nodes[index].waiting + nodes[index].refused), rank: UInt64(index),
            peers: peers)
        nodes[index].refused = 0
        for peer in nodes.indices where peer != index && random.unitInterval() >= loss {
            letters.append(
                Letter(
                    arrival: now + 0.1 + 0.2 * random.unitInterval(), from: index, to: peer,
                    claim: claim))
        }
    }
}
