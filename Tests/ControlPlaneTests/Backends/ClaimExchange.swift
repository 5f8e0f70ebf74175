import Membership
import Primitives
import Wire

@testable import ControlPlane
@testable import Gossip

/// Nodes that share the connections of limited backends, in virtual time: each has its round once
/// a second at a moment of its own, and what it says reaches the others 0.05 to 0.4 seconds later.
struct ClaimExchange {
    struct Node {
        let name: NodeName
        var shares: ConnectionShares
        let phase: Duration
        /// How many connections its clients want, by backend; absent for a backend that it does not
        /// have.
        var wanted: [UInt64: UInt32] = [:]
        var open: [UInt64: UInt32] = [:]
        var limits: [UInt64: UInt32] = [:]
        var isRunning = true
        /// When its control, which is being replaced, has its next round.
        var resumes: Instant?
        /// What it last said, and since when it stands.
        var said: (claims: [BackendClaim], number: UInt64) = ([], 0)
        /// How often it has said anything.
        var publications = 0
        var heard: [NodeName: (claims: [BackendClaim], at: Instant)] = [:]
        /// Nodes that it takes to be present.
        var peers: Set<NodeName>
    }

    private struct Letter {
        let arrival: Instant
        let sent: Instant
        let from: NodeName
        let to: Int
        let claims: [BackendClaim]
    }

    static let step = Duration.milliseconds(50)
    /// How long it takes to notice that a node is dead.
    static let detection = Duration.seconds(3)

    let maxima: [UInt64: UInt32]
    var nodes: [Node] = []
    var now = Instant.zero
    /// How many connections were open, or might have been opened, beyond a maximum at worst.
    private(set) var worstExcess = Int.min
    private var letters: [Letter] = []
    var random: SeededRandom
    /// How many rounds in a thousand steps come out of turn, as when backends change.
    var extraRounds = 0

    init(_ count: Int, maxima: [UInt64: UInt32], seed: UInt64) {
        self.maxima = maxima
        random = SeededRandom(seed: seed)
        for index in 0..<count { join("n\(index)") }
    }

    mutating func join(_ text: String) {
        guard let name = NodeName(text) else { fatalError("\(text) is no name") }
        let phase = Duration.milliseconds(Int64.random(in: 0..<20, using: &random) * 50)
        let wanted = maxima.mapValues { _ in UInt32(0) }
        for index in nodes.indices { nodes[index].peers.insert(name) }
        let peers = Set(nodes.filter(\.isRunning).map(\.name))
        nodes.append(
            Node(
                name: name, shares: ConnectionShares(node: name), phase: phase, wanted: wanted,
                peers: peers))
    }

    /// The node and its connections are gone at once; the others notice a little later.
    mutating func crash(_ index: Int) {
        nodes[index].isRunning = false
        nodes[index].open = [:]
        nodes[index].limits = [:]
        run(for: Self.detection)
        let name = nodes[index].name
        for other in nodes.indices {
            nodes[other].peers.remove(name)
            nodes[other].heard[name] = nil
        }
    }

    /// Control of a node is replaced, which takes half a second to two; workers and what is written
    /// down for them stay. What it said in its former life counts for nobody any more.
    mutating func restartControl(_ index: Int) {
        let name = nodes[index].name
        nodes[index].shares = ConnectionShares(node: name)
        nodes[index].said = ([], 0)
        nodes[index].resumes = now + .milliseconds(Int64.random(in: 10...40, using: &random) * 50)
        letters.removeAll { $0.from == name }
        for other in nodes.indices { nodes[other].heard[name] = nil }
    }

    /// Says how many connections clients of a node want to the only backend.
    mutating func want(_ count: UInt32, at index: Int) {
        nodes[index].wanted = nodes[index].wanted.mapValues { _ in count }
    }

    func limit(_ index: Int) -> UInt32 { nodes[index].limits.values.reduce(0, +) }

    mutating func run(for time: Duration) {
        let end = now + time
        while now < end {
            for letter in letters where letter.arrival <= now { deliver(letter) }
            letters.removeAll { $0.arrival <= now }
            for index in nodes.indices where nodes[index].isRunning {
                serve(index)
                if let resumes = nodes[index].resumes {
                    guard resumes <= now else { continue }
                    nodes[index].resumes = nil
                    round(index)
                }
                let sinceRound = (now - Instant.zero - nodes[index].phase).nanoseconds
                let isTurn = sinceRound % ConnectionShares.round.nanoseconds == 0
                if isTurn || Int.random(in: 0..<1_000, using: &random) < extraRounds {
                    round(index)
                }
            }
            for (backend, maximum) in maxima {
                let held = nodes.reduce(0) {
                    $0 + Int(max($1.open[backend] ?? 0, $1.limits[backend] ?? 0))
                }
                worstExcess = max(worstExcess, held - Int(maximum))
            }
            now = now + Self.step
        }
    }

    private mutating func deliver(_ letter: Letter) {
        guard nodes[letter.to].peers.contains(letter.from) else { return }
        let known = nodes[letter.to].heard[letter.from]
        guard known.map({ $0.at < letter.sent }) ?? true else { return }
        nodes[letter.to].heard[letter.from] = (letter.claims, letter.sent)
    }

    /// Clients come and go: quickly up to what is wanted and may be, slowly down.
    private mutating func serve(_ index: Int) {
        for (backend, wanted) in nodes[index].wanted {
            let open = nodes[index].open[backend] ?? 0
            let limit = nodes[index].limits[backend] ?? 0
            if open > wanted {
                nodes[index].open[backend] = open - 1
            } else if open < min(wanted, limit) {
                nodes[index].open[backend] = min(wanted, limit, open + 8)
            } else if open > 0, Int.random(in: 0..<20, using: &random) == 0 {
                nodes[index].open[backend] = open - 1
            }
        }
    }

    private mutating func round(_ index: Int) {
        var node = nodes[index]
        let demands = node.wanted.keys.sorted().map { backend in
            let open = node.open[backend] ?? 0
            let wanted = node.wanted[backend] ?? 0
            return ConnectionShares.Demand(
                backend: backend, maximum: maxima[backend] ?? 0, open: open,
                waiting: wanted > open ? wanted - open : 0)
        }
        let claims = node.heard.map { name, heard in
            ObservedClaims(owner: name, claims: heard.claims, age: now - heard.at)
        }
        let held = node.limits
        let outcome = node.shares.round(
            demands, peers: node.peers.sorted(),
            claims: claims.sorted { $0.owner < $1.owner },
            held: { held[$0] ?? 0 }, at: now)
        node.limits = outcome.limits
        nodes[index] = node
        say(index, outcome)
    }

    /// As gossip does it: what is equal is no news.
    private mutating func say(_ index: Int, _ outcome: ConnectionShares.Outcome) {
        guard
            outcome.claims != nodes[index].said.claims || outcome.number != nodes[index].said.number
        else { return }
        nodes[index].said = (outcome.claims, outcome.number)
        nodes[index].publications += 1
        for other in nodes.indices where other != index {
            let delay = Duration.milliseconds(Int64.random(in: 50...400, using: &random))
            letters.append(
                Letter(
                    arrival: now + delay, sent: now, from: nodes[index].name, to: other,
                    claims: outcome.claims))
        }
    }
}
