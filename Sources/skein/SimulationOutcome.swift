import Foundation
import Simulation

/// What the runs of one scenario came to, ready to be printed.
struct SimulationOutcome {
    private let runs: [SimulationReport]
    /// The worst of each number.
    let worst: SimulationReport

    /// There must be at least one run.
    init(runs: [SimulationReport]) {
        guard let worst = SimulationReport.worst(of: runs) else {
            preconditionFailure("an outcome is of at least one run")
        }
        self.runs = runs
        self.worst = worst
    }

    private var failed: [SimulationReport] { runs.filter { $0.violationCount > 0 } }

    // MARK: - Text

    var text: String {
        let seeds =
            runs.count == 1
            ? "seed \(worst.seed)"
            : "seeds \(worst.seed) to \(worst.seed + UInt64(runs.count) - 1), the worst of each"
        var lines = [
            "\(worst.scenario.rawValue): \(worst.nodes) nodes, loss \(worst.loss), "
                + "\(Self.number(worst.seconds)) s, \(seeds)"
        ]
        for (name, value) in numbers {
            lines.append("  \(name.replacing("_", with: " ")): \(Self.number(value))")
        }
        return (lines + failure).joined(separator: "\n")
    }

    /// The first failed run: what broke, how to repeat it, and what happened before.
    private var failure: [String] {
        guard let first = failed.first else { return [] }
        var lines = ["  BROKEN in \(failed.count) of \(runs.count) runs; \(first.command)"]
        lines += first.violations.map { "    \($0)" }
        lines.append("  before that:")
        return lines + first.lastEvents.map { "    \($0)" }
    }

    /// What was measured, by name.
    private var numbers: [(name: String, value: Double)] {
        let standard: [(String, Double?)] = [
            ("convergence_seconds", worst.convergence),
            ("idle_bytes_per_second_per_node", worst.idleBytes),
            ("propagation_seconds", worst.propagation),
            ("detection_first_seconds", worst.detectionFirst),
            ("detection_last_seconds", worst.detectionLast),
            ("false_deaths", Double(worst.falseDeaths)),
            ("suspicions", Double(worst.suspicions)),
        ]
        return standard.compactMap { name, value in value.map { (name, $0) } }
            + worst.measurements
    }

    private static func number(_ value: Double) -> String {
        value == value.rounded() && abs(value) < 1e15
            ? String(Int(value)) : String(format: "%.3f", value)
    }

    // MARK: - JSON

    var json: String {
        get throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            return String(
                decoding: try encoder.encode(SimulationDocument(worst, failed)), as: UTF8.self)
        }
    }
}

/// The outcome as JSON. Numbers that the scenario does not measure are null.
private struct SimulationDocument: Encodable {
    enum CodingKeys: String, CodingKey {
        case scenario, nodes, loss, seed, seconds, violations, steps, trace, measurements
        case convergenceSeconds = "convergence_seconds"
        case idleBytes = "idle_bytes_per_second_per_node"
        case propagationSeconds = "propagation_seconds"
        case detectionFirst = "detection_first_seconds"
        case detectionLast = "detection_last_seconds"
        case falseDeaths = "false_deaths"
        case suspicions
        case invariantViolations = "invariant_violations"
        case failedSeeds = "failed_seeds"
        case lastEvents = "last_events"
    }

    private let report: SimulationReport
    private let failed: [SimulationReport]

    init(_ report: SimulationReport, _ failed: [SimulationReport]) {
        self.report = report
        self.failed = failed
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(report.scenario.rawValue, forKey: .scenario)
        try container.encode(report.nodes, forKey: .nodes)
        try container.encode(report.loss, forKey: .loss)
        try container.encode(report.seed, forKey: .seed)
        try container.encode(report.seconds, forKey: .seconds)
        try container.encode(report.convergence, forKey: .convergenceSeconds)
        try container.encode(report.idleBytes, forKey: .idleBytes)
        try container.encode(report.propagation, forKey: .propagationSeconds)
        try container.encode(report.detectionFirst, forKey: .detectionFirst)
        try container.encode(report.detectionLast, forKey: .detectionLast)
        try container.encode(report.falseDeaths, forKey: .falseDeaths)
        try container.encode(report.suspicions, forKey: .suspicions)
        let measurements = report.measurements.map { ($0.name, $0.value) }
        try container.encode(
            Dictionary(measurements) { first, _ in first }, forKey: .measurements)
        try container.encode(report.violationCount, forKey: .invariantViolations)
        try container.encode(report.violations, forKey: .violations)
        try container.encode(failed.map(\.seed), forKey: .failedSeeds)
        try container.encode(failed.first?.lastEvents ?? [], forKey: .lastEvents)
        try container.encode(report.steps, forKey: .steps)
        try container.encode(String(report.trace, radix: 16), forKey: .trace)
    }
}
