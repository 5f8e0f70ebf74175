import ArgumentParser
import Foundation
import Simulation

struct Simulate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run the gossip core in virtual time, and break its cluster on purpose.",
        discussion: """
            Prints what was measured and exits with 1 if an invariant broke, with the seed that \
            repeats the run and what happened last.

            Example: skein simulate --scenario crash --nodes 100 --seed 7
            """)

    @Option(help: "How many nodes (default: the scenario's).")
    var nodes: Int?

    @Option(help: "The chance of a datagram to be lost, 0 to 0.9 (default: the scenario's).")
    var loss: Double?

    @Option(help: "What decides every random choice.")
    var seed: UInt64 = 1

    @Option(help: "Run so many seeds from --seed on, and report the worst of each number.")
    var seeds = 1

    @Option(help: "How long the main part lasts, in seconds (default: the scenario's).")
    var seconds: Int?

    @Option(help: "What happens to the cluster; see --list.")
    var scenario = Scenario.crash

    @Flag(help: "Run every scenario.")
    var all = false

    @Flag(help: "List the scenarios.")
    var list = false

    @Flag(help: "Print one JSON object (with --all, one a line).")
    var json = false

    func validate() throws {
        if let nodes, !(1...2_000).contains(nodes) {
            throw ValidationError("--nodes must be between 1 and 2000")
        }
        if let loss, !(0...0.9).contains(loss) {
            throw ValidationError("--loss must be between 0 and 0.9")
        }
        guard (1...1_000_000).contains(seeds) else {
            throw ValidationError("--seeds must be between 1 and 1000000")
        }
        if let seconds, !(1...1_000_000).contains(seconds) {
            throw ValidationError("--seconds must be between 1 and 1000000")
        }
        guard seed <= .max - UInt64(seeds) else { throw ValidationError("--seed is too big") }
    }

    func run() throws {
        if list {
            for scenario in Scenario.allCases { print(Self.listing(scenario)) }
            return
        }
        var isBroken = false
        for scenario in all ? Scenario.allCases : [scenario] {
            let outcome = SimulationOutcome(runs: runs(of: scenario))
            print(try json ? outcome.json : outcome.text)
            isBroken = isBroken || outcome.worst.violationCount > 0
        }
        if isBroken { throw ExitCode(1) }
    }

    private func runs(of scenario: Scenario) -> [SimulationReport] {
        (seed..<seed + UInt64(seeds)).map { seed in
            scenario.run(
                ScenarioOptions(nodes: nodes, loss: loss, seed: seed, seconds: seconds))
        }
    }

    private static func listing(_ scenario: Scenario) -> String {
        let width = Scenario.allCases.map(\.rawValue.count).max() ?? 0
        let padding = String(repeating: " ", count: width - scenario.rawValue.count)
        return "\(scenario.rawValue)\(padding)  \(scenario.summary)"
    }
}

extension Scenario: ExpressibleByArgument {}
