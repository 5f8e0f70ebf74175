package import Gossip
import Membership
import Primitives
import Replication
import Wire

/// How a scenario is run.
package struct ScenarioOptions: Sendable {
    /// The default is the scenario's.
    package var nodes: Int?
    /// The chance of every datagram to be lost; the default is the scenario's.
    package var loss: Double?
    package var seed: UInt64
    /// How long the part lasts that is worth to be made longer; the default is the scenario's.
    package var seconds: Int?
    /// Changes what every node is configured with.
    package var adjust: @Sendable (inout GossipConfiguration) -> Void = { _ in }

    package init(nodes: Int? = nil, loss: Double? = nil, seed: UInt64, seconds: Int? = nil) {
        self.nodes = nodes
        self.loss = loss
        self.seed = seed
        self.seconds = seconds
    }
}

/// One run of a scenario under way: the cluster, and what is measured.
final class Trial {
    let cluster: SimulatedCluster
    let nodes: Int
    /// For choices of the scenario itself: who crashes, and when.
    var random: SeededRandom
    var report: SimulationReport
    private let seconds: Int?

    init(
        _ scenario: Scenario, _ options: ScenarioOptions, nodes: Int, loss: Double = 0,
        adjust: @escaping (inout GossipConfiguration) -> Void = { _ in }
    ) {
        self.nodes = max(options.nodes ?? nodes, scenario.nodesMin)
        seconds = options.seconds
        random = SeededRandom(seed: options.seed ^ 0x5CE7_A210_0000_0000)
        report = SimulationReport(
            scenario: scenario, nodes: self.nodes, loss: options.loss ?? loss, seed: options.seed)
        var conditions = NetworkConditions()
        conditions.loss = report.loss
        cluster = SimulatedCluster(
            self.nodes, seed: options.seed, conditions: conditions
        ) { configuration in
            adjust(&configuration)
            options.adjust(&configuration)
        }
    }

    /// How long the main part lasts.
    func duration(_ standard: Int) -> Duration { .seconds(seconds ?? standard) }

    /// The finished report.
    func finish() -> SimulationReport {
        report.seconds = cluster.elapsed.inSeconds
        report.falseDeaths = cluster.falseDeaths
        report.suspicions = cluster.suspicions
        report.violationCount = cluster.violations.count
        report.violations = cluster.violations.sentences
        report.lastEvents = cluster.violations.lastEvents
        report.trace = cluster.trace.value
        report.steps = cluster.steps
        return report
    }

    func measure(_ name: String, _ value: Double) {
        report.measurements.append((name, value))
    }

    // MARK: - What must hold

    /// Notes a broken invariant unless `condition` holds.
    func expect(_ condition: Bool, _ sentence: @autoclosure () -> String) {
        if !condition { cluster.violate(sentence()) }
    }

    /// Nobody that was well may have been held dead.
    func expectNoFalseDeaths() {
        expect(
            cluster.falseDeaths == 0,
            "healthy nodes were held dead \(cluster.falseDeaths) times"
                + (firstFalseDeath.map { ", first \($0)" } ?? ""))
    }

    private var firstFalseDeath: String? {
        cluster.transitions.first(where: \.isFalse).map {
            "\($0.member) by \($0.viewer) after \(($0.at - SimulatedCluster.start).inSeconds) s"
        }
    }

    /// Lets time pass until `condition` holds, at most `limit`, and gives the seconds that it took.
    @discardableResult
    func expect(
        _ sentence: String, within limit: Duration, _ condition: (SimulatedCluster) -> Bool
    ) -> Double? {
        let time = cluster.run(atMost: limit, until: condition)
        expect(time != nil, "not within \(limit.inSeconds) s: \(sentence)")
        return time?.inSeconds
    }

    /// Everybody comes to know everybody, and nothing else.
    @discardableResult
    func expectConvergence(within limit: Duration) -> Double? {
        expect("all know all, with one view", within: limit) { $0.isConverged }
    }

    // MARK: - What happens

    /// Starts all nodes and waits until they know one another.
    func startAll(within limit: Duration? = nil) {
        cluster.startAll()
        report.convergence = expectConvergence(within: limit ?? Targets.convergence(nodes))
    }

    /// Some of the nodes, chosen at random.
    func choose(_ count: Int, from candidates: some Sequence<Int>) -> [Int] {
        Array(candidates.shuffled(using: &random).prefix(count)).sorted()
    }

    /// A random time, in whole milliseconds.
    func randomDuration(milliseconds range: ClosedRange<Int>) -> Duration {
        .milliseconds(Int.random(in: range, using: &random))
    }
}

/// The numbers that are promised; see issue 3.
enum Targets {
    /// By what time the last survivor holds a crashed node dead.
    static func detection(_ nodes: Int) -> Duration {
        switch nodes {
        case ...2: .milliseconds(3_200)
        case 3: .milliseconds(2_500)
        case ...10: .seconds(3)
        case ...30: .milliseconds(3_500)
        case ...100: .seconds(4)
        default: .seconds(6)
        }
    }

    /// What a node at rest sends a second at most, in bytes at IP level.
    static func idleBytes(_ nodes: Int) -> Double {
        switch nodes {
        case ...10: 300
        case ...30: 350
        case ...100: 400
        default: 700
        }
    }

    /// By what time a change has reached all.
    static let propagation = Duration.seconds(2)
    /// By what time nodes that start together, or again, know one another.
    static func convergence(_ nodes: Int) -> Duration { nodes <= 100 ? .seconds(4) : .seconds(15) }
    /// By what time nobody has news left to send after a start of all.
    static func rest(_ nodes: Int) -> Duration { nodes <= 100 ? .seconds(10) : .seconds(60) }
    /// By what time all views are equal after a healed partition.
    static let union = Duration.seconds(10)
}
