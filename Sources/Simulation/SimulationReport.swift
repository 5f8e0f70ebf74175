/// What one run of a scenario measured, and what it found broken. Times are seconds of virtual
/// time; nil where the scenario does not measure that.
package struct SimulationReport: Sendable {
    package let scenario: Scenario
    package let nodes: Int
    /// The chance of every datagram to be lost.
    package let loss: Double
    package let seed: UInt64
    /// How long the run lasted.
    package internal(set) var seconds = 0.0
    /// From the start of all until everybody knows everybody.
    package internal(set) var convergence: Double?
    /// What a node at rest sends a second, in bytes with IPv4 and UDP header.
    package internal(set) var idleBytes: Double?
    /// From the publication of a value until all have it.
    package internal(set) var propagation: Double?
    /// From a crash until the first survivor, and the last one, holds the node dead.
    package internal(set) var detectionFirst: Double?
    package internal(set) var detectionLast: Double?
    /// How often somebody held a node dead that ran, undisturbed, where nothing was cut.
    package internal(set) var falseDeaths = 0
    /// How often somebody suspected somebody.
    package internal(set) var suspicions = 0
    /// Other numbers, by what they are.
    package internal(set) var measurements: [(name: String, value: Double)] = []
    package internal(set) var violationCount = 0
    /// The first broken invariants, with their times.
    package internal(set) var violations: [String] = []
    /// What happened before the first of them.
    package internal(set) var lastEvents: [String] = []
    /// Equal for equal runs.
    package internal(set) var trace: UInt64 = 0
    /// How many datagrams and deadlines there were.
    package internal(set) var steps = 0

    init(scenario: Scenario, nodes: Int, loss: Double, seed: UInt64) {
        self.scenario = scenario
        self.nodes = nodes
        self.loss = loss
        self.seed = seed
    }

    /// The command that repeats the run.
    package var command: String {
        "skein simulate --scenario \(scenario.rawValue) --nodes \(nodes) --loss \(loss) "
            + "--seed \(seed)"
    }

    /// The worst of each number of several runs of one scenario.
    package static func worst(of reports: [SimulationReport]) -> SimulationReport? {
        guard var worst = reports.first else { return nil }
        for report in reports.dropFirst() {
            worst.seconds = max(worst.seconds, report.seconds)
            worst.convergence = greater(worst.convergence, report.convergence)
            worst.idleBytes = greater(worst.idleBytes, report.idleBytes)
            worst.propagation = greater(worst.propagation, report.propagation)
            worst.detectionFirst = greater(worst.detectionFirst, report.detectionFirst)
            worst.detectionLast = greater(worst.detectionLast, report.detectionLast)
            worst.falseDeaths = max(worst.falseDeaths, report.falseDeaths)
            worst.suspicions = max(worst.suspicions, report.suspicions)
            worst.violationCount += report.violationCount
            worst.violations += report.violations
            for (index, measurement) in report.measurements.enumerated()
            where index < worst.measurements.count {
                let value = max(worst.measurements[index].value, measurement.value)
                worst.measurements[index].value = value
            }
        }
        return worst
    }

    private static func greater(_ left: Double?, _ right: Double?) -> Double? {
        guard let left, let right else { return left ?? right }
        return max(left, right)
    }
}
