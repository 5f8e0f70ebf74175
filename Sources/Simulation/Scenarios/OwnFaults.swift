import Gossip
import Health
import Membership
import Primitives
import Wire

extension Scenario {
    var ownFaultSetting: ScenarioSetting {
        switch self {
        case .deadLinks:
            ScenarioSetting(
                "all links of one node fail together, or its host freezes: no verdict changes",
                nodes: 3...6, nodesMin: 3
            ) { $0.deadLinks() }
        default:
            ScenarioSetting(
                "two processes have one name: both are refused, until one of them is gone",
                nodes: 3...6, nodesMin: 3
            ) { $0.duplicateName() }
        }
    }
}

extension Trial {
    /// 10. Every node checks the same backends, over links of its own.
    fileprivate func deadLinks() {
        startAll()
        let checks = SimulatedChecks(self, backends: 4)
        checks.run(for: .seconds(4))
        expect(checks.areAll(.up), "not all backends are up at first")
        let node = choose(1, from: 0..<nodes)[0]
        cluster.nodes[node].isFaulty = true
        if report.seed % 3 == 0 {
            cluster.pause(node)
            checks.run(for: duration(20), whileTrue: { $0.areAll(.up) })
            cluster.continue(node)
        } else {
            cluster.conditions.separate([node])
            checks.unreachable = [node]
            checks.run(for: duration(20), whileTrue: { $0.areAll(.up) })
            cluster.conditions = NetworkConditions()
            checks.unreachable = []
        }
        checks.run(for: .seconds(10), whileTrue: { $0.areAll(.up) })
        // Frozen is not blind: what really dies is down everywhere, the node itself included.
        checks.deadBackends = [0]
        checks.run(for: .seconds(5))
        expect(checks.areAll(.down, of: 0), "a backend that died is not down for all nodes")
        expectNoFalseDeaths()
        expectCalmAndReturn()
    }

    /// 13. A second process of node 1's name joins, and one of the two goes again.
    fileprivate func duplicateName() {
        startAll()
        cluster.run(for: .seconds(2))
        let double = cluster.addNode(named: cluster.nodes[1].name.text)
        for node in [1, double] { cluster.nodes[node].isFaulty = true }
        cluster.start(double, join: choose(2, from: [0] + Array(2..<nodes)))
        expect("everybody refuses both", within: .seconds(10)) { cluster in
            cluster.running.allSatisfy { cluster.state(of: 1, seenBy: $0) == .refused }
        }
        let warned = cluster.reports.contains { report in
            if case .alarm(.duplicateName) = report.effect { true } else { false }
        }
        expect(warned, "nobody raises an alarm")
        let lives = Set(
            cluster.running.compactMap {
                cluster.gossip($0)?.member(named: cluster.nodes[1].name)?.identity
            })
        // Each of the two speaks of itself; all others of the same one.
        expect(lives.count <= 2, "\(lives.count) lives of one name are known")
        cluster.run(for: duration(10))
        cluster.crash(Bool.random(using: &random) ? 1 : double)
        expect("the one that is left takes part", within: .seconds(150)) { cluster in
            cluster.viewsAreEqual
                && cluster.running.allSatisfy { cluster.state(of: 1, seenBy: $0) == .alive }
        }
        expectNoFalseDeaths()
    }
}

/// Health checks as the control process runs them: every node probes every backend twice a second,
/// publishes what it finds out, and forms verdicts by majority.
private final class SimulatedChecks {
    private static let interval = Duration.milliseconds(500)
    private static let definition = CheckDefinition(
        probe: .tcp(.init()),
        timing: CheckTiming(interval: interval, timeout: .milliseconds(400)))

    private let trial: Trial
    private var states: [[CheckState]]
    private var verdicts: [[Verdict]]
    /// Nodes whose probes all fail.
    var unreachable: Set<Int> = []
    /// Backends that answer nobody.
    var deadBackends: Set<Int> = []

    init(_ trial: Trial, backends: Int) {
        self.trial = trial
        let state = CheckState(Self.definition, at: .zero)
        states = Array(repeating: Array(repeating: state, count: backends), count: trial.nodes)
        verdicts = Array(
            repeating: Array(repeating: .unknown, count: backends), count: trial.nodes)
    }

    private func name(_ backend: Int) -> String { "api|\(backend)" }

    /// Lets time pass with checks; `invariant` must hold after each round.
    func run(for duration: Duration, whileTrue invariant: ((SimulatedChecks) -> Bool)? = nil) {
        let end = trial.cluster.now + duration
        while trial.cluster.now < end {
            trial.cluster.run(for: Self.interval)
            for node in 0..<trial.nodes where !trial.cluster.nodes[node].isPaused {
                probe(from: node)
            }
            if let invariant {
                trial.expect(invariant(self), "a verdict changed though only one node's links did")
            }
        }
    }

    private func probe(from node: Int) {
        let now = trial.cluster.clock(of: node)
        for backend in states[node].indices {
            let fails = unreachable.contains(node) || deadBackends.contains(backend)
            let result: ProbeResult =
                fails ? .failure(.timedOut) : .success(latency: .milliseconds(1))
            let known = states[node].compactMap(\.isFailing)
            let isFrozen = VerdictFreeze.holds(
                isCutOff: trial.cluster.gossip(node)?.isCutOff ?? false,
                failing: known.count { $0 }, checked: known.count)
            let isRevoked =
                isFrozen
                && states[node][backend].revoke(
                    downSince: now - VerdictFreeze.lookBack, at: now)
            let change = states[node][backend].record(result, at: now, isFrozen: isFrozen)
            let own = states[node][backend].observation(by: "\(node)")
            if change != nil || isRevoked {
                trial.cluster.observe(node, name(backend), own.status == .down ? .down : .up)
            }
            verdicts[node][backend] = Verdict.merge(
                rule: .majority, own: own, others: others(of: backend, seenBy: node),
                previous: verdicts[node][backend])
        }
    }

    /// What the nodes that are present observed.
    private func others(of backend: Int, seenBy viewer: Int) -> [Observation] {
        (0..<trial.nodes).compactMap { owner in
            guard owner != viewer,
                trial.cluster.state(of: owner, seenBy: viewer)?.isPresent == true,
                let status = trial.cluster.status(name(backend), by: owner, at: viewer)
            else { return nil }
            return Observation(
                observer: "\(owner)", status: status == .down ? .down : .up, reason: nil,
                since: .zero)
        }
    }

    /// Whether every node's verdict on every backend is this.
    func areAll(_ status: HealthStatus) -> Bool {
        verdicts.allSatisfy { $0.allSatisfy { $0.status == status } }
    }

    func areAll(_ status: HealthStatus, of backend: Int) -> Bool {
        verdicts.allSatisfy { $0[backend].status == status }
    }
}
