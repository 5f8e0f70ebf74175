import Foundation
import Simulation
import Testing

/// Every scenario over many seeds: 200 each, or 5,000 when `SKEIN_LONG` is set. A failure says how to
/// repeat it.
@Suite("Scenarios")
struct ScenarioTests {
    /// Parts of a sweep, so that all cores have something to do.
    static let parts = 0..<4

    @Test("The invariant holds for every seed", arguments: Scenario.allCases, parts)
    func sweep(scenario: Scenario, part: Int) {
        let seeds = UInt64(Sweep.isLong ? 5_000 : 200)
        for seed in stride(from: UInt64(part), to: seeds, by: Self.parts.count) {
            let report = scenario.run(ScenarioOptions(seed: seed))
            if let failure = Sweep.failure(report) {
                Issue.record("\(failure)")
                return
            }
        }
    }

    @Test(
        "The same seed gives the same run, another seed another one", arguments: Scenario.allCases)
    func determinism(scenario: Scenario) {
        func run(_ seed: UInt64) -> SimulationReport { scenario.run(ScenarioOptions(seed: seed)) }
        let (first, again, other) = (run(11), run(11), run(12))
        #expect(first.trace == again.trace)
        #expect(first.steps == again.steps)
        #expect(first.seconds == again.seconds)
        #expect(first.trace != other.trace)
    }

    @Test("Every scenario says what it is", arguments: Scenario.allCases)
    func summary(scenario: Scenario) {
        #expect(!scenario.summary.isEmpty)
        #expect(scenario.summary.utf8.count <= 100)
        #expect(scenario.rawValue.allSatisfy { $0.isLowercase || $0 == "-" })
        #expect(scenario.run(ScenarioOptions(seed: 0)).command.contains(scenario.rawValue))
    }
}

/// The numbers of issue 3, in clusters of the sizes that it names.
@Suite("Promises")
struct PromiseTests {
    @Test(
        "A crash is known in time, nodes at rest are quiet, and a change is soon everywhere",
        arguments: [(2, 40), (3, 40), (10, 40), (30, 20), (100, 4)])
    func table(nodes: Int, seeds: UInt64) throws {
        for seed in 0..<(Sweep.isLong ? 10 * seeds : seeds) {
            let report = Scenario.crash.run(ScenarioOptions(nodes: nodes, seed: seed))
            #expect(Sweep.failure(report) == nil)
            #expect(try #require(report.detectionLast) >= #require(report.detectionFirst))
            #expect(try #require(report.idleBytes) > 100, "nodes at rest do probe")
            #expect(try #require(report.propagation) > 0)
        }
    }

    @Test("Nobody is held dead in ten minutes at 25 % loss", arguments: [3, 5, 10, 30, 100])
    func loss(nodes: Int) {
        let seconds = Sweep.isLong || nodes <= 10 ? 600 : 60
        let report = Scenario.uniformLoss.run(
            ScenarioOptions(nodes: nodes, loss: 0.25, seed: 1, seconds: seconds))
        #expect(Sweep.failure(report) == nil)
        #expect(report.falseDeaths == 0)
        let share = report.measurements.first { $0.name == "lost_share" }?.value ?? 0
        #expect((0.23...0.27).contains(share), "datagrams were lost")
    }

    @Test("A minute of a hundred nodes takes less than ten seconds of one core")
    func speed() {
        let before = Sweep.secondsOfThisThread
        let report = Scenario.crash.run(ScenarioOptions(nodes: 100, seed: 3, seconds: 50))
        #expect(Sweep.secondsOfThisThread - before < 10)
        #expect(report.seconds >= 60)
    }

    @Test("A thousand nodes keep the same promises", .enabled(if: Sweep.isLong))
    func thousand() {
        let crash = Scenario.crash.run(ScenarioOptions(nodes: 1_000, seed: 1))
        #expect(Sweep.failure(crash) == nil)
        let massCrash = Scenario.massCrash.run(ScenarioOptions(nodes: 1_000, seed: 2))
        #expect(Sweep.failure(massCrash) == nil)
    }
}

/// What sweeps have in common.
enum Sweep {
    static let isLong = ProcessInfo.processInfo.environment["SKEIN_LONG"] != nil

    /// The processor time that this thread has had.
    static var secondsOfThisThread: Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    /// What broke in a run, how to repeat it, and what happened last; nil when nothing broke.
    static func failure(_ report: SimulationReport) -> String? {
        guard report.violationCount > 0 else { return nil }
        return """
            \(report.scenario.rawValue), seed \(report.seed): \
            \(report.violations.joined(separator: "; "))
            \(report.command)
            \(report.lastEvents.suffix(30).joined(separator: "\n"))
            """
    }
}

extension Scenario: CustomTestStringConvertible {
    public var testDescription: String { rawValue }
}
