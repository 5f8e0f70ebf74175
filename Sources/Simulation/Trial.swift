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

    init(_ scenario: Scenario, _ setting: ScenarioSetting, _ options: ScenarioOptions) {
        let seed = options.seed
        let sizes = Array(setting.nodes)
        let standard = sizes[Int(seed % UInt64(sizes.count))]
        nodes = max(options.nodes ?? standard, setting.nodesMin)
        let loss = options.loss ?? setting.losses[Int(seed % UInt64(setting.losses.count))]
        seconds = options.seconds
        random = SeededRandom(seed: seed ^ 0x5CE7_A210_0000_0000)
        report = SimulationReport(scenario: scenario, nodes: nodes, loss: loss, seed: seed)
        var conditions = NetworkConditions()
        conditions.loss = loss
        cluster = SimulatedCluster(
            nodes, seed: seed, conditions: conditions, adjust: options.adjust)
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

    /// Afterwards: nothing disturbs the cluster any more, and everybody comes to know everybody.
    func expectCalm(within limit: Duration = Targets.union) {
        cluster.conditions = NetworkConditions()
        expectConvergence(within: limit)
    }

    /// Afterwards: nothing disturbs the cluster any more, and all that take part have one view. Those
    /// that were at fault may have to wait before they take part again.
    func expectCalmAndReturn(waits: Bool = true) {
        cluster.conditions = NetworkConditions()
        expect("all that take part have one view", within: Targets.union) { $0.viewsAreEqual }
        guard waits else { return cluster.run(for: .seconds(2)) }
        expect("all are back", within: Targets.probation) { $0.isConverged }
    }

    /// No viewer may have seen any of these nodes die or return more than once a minute since then,
    /// besides `free` times.
    func expectNoFlapping(of subjects: [Int], since start: Instant, free: Int = 0) {
        let minutes = Int(((cluster.now - start).inSeconds / 60).rounded(.up))
        let worst = subjects.map { cluster.transitionsMax(of: $0, since: start) }.max() ?? 0
        measure("transitions_per_viewer", Double(worst))
        let limit = max(minutes, 1) + free
        expect(worst <= limit, "a viewer saw \(worst) deaths and returns, not \(limit)")
    }

    // MARK: - What happens

    /// Starts all nodes and waits until they know one another.
    func startAll(within limit: Duration? = nil) {
        cluster.startAll()
        let patience = report.loss == 0 ? Targets.convergence(nodes) : .seconds(60)
        report.convergence = expectConvergence(within: limit ?? patience)
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
