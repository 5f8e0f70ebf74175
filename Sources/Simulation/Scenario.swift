/// The named ways to run a cluster and to break it, each with the invariant that must hold all the
/// same. Numbers are those of the list of scenarios that they come from.
package enum Scenario: String, CaseIterable, Sendable {
    /// 1: one node crashes; measures everything that is promised.
    case crash

    /// What happens and what must hold, in a line.
    package var summary: String {
        switch self {
        case .crash: "one node crashes: all survivors know in time, and nobody else is missed"
        }
    }

    /// The fewest nodes that make sense.
    var nodesMin: Int {
        switch self {
        case .crash: 2
        }
    }

    /// Runs the scenario once; the same options give the same report.
    package func run(_ options: ScenarioOptions) -> SimulationReport {
        switch self {
        case .crash: runCrash(options)
        }
    }
}
