import Gossip
import Membership
import Primitives
import Replication
import Wire

extension Scenario {
    /// All join; when they know one another they rest, one publishes a value, and one crashes.
    func runCrash(_ options: ScenarioOptions) -> SimulationReport {
        let trial = Trial(self, options, nodes: 5)
        let isPerfect = trial.report.loss == 0
        trial.startAll(within: isPerfect ? nil : .seconds(60))
        trial.rest(for: trial.duration(30), isPerfect: isPerfect)
        trial.publish(isPerfect: isPerfect)
        let victim = trial.choose(1, from: 0..<trial.nodes)[0]
        trial.cluster.run(for: trial.randomDuration(milliseconds: 0...700))
        trial.crash([victim], isPerfect: isPerfect)
        return trial.finish()
    }
}

extension Trial {
    /// Measures what nodes send when nothing happens.
    func rest(for duration: Duration, isPerfect: Bool) {
        if isPerfect {
            let limit = Targets.rest(nodes)
            expect("nobody has news left", within: limit) { $0.isAtRest }
        }
        cluster.run(for: .seconds(2))
        let before = cluster.bytesSent
        cluster.run(for: duration)
        let bytes = Double(cluster.bytesSent - before) / duration.inSeconds / Double(nodes)
        report.idleBytes = bytes
        guard isPerfect else { return }
        let limit = Targets.idleBytes(nodes)
        expect(bytes <= limit, "a node at rest sends \(Int(bytes)) bytes/s, not \(Int(limit))")
    }

    /// Measures how long a change of one record takes to reach all.
    func publish(isPerfect: Bool) {
        let owner = Int.random(in: 0..<nodes, using: &random)
        let observation = BackendObservation(
            backend: "api|192.0.2.1:80", check: 1, status: .down, text: "timeout")
        cluster.publish(observation, by: owner)
        cluster.watch(observation.key, of: owner)
        report.propagation = expect(
            "a published value is everywhere",
            within: isPerfect ? Targets.propagation : .seconds(30)
        ) { $0.watchedHolders == $0.runningCount }
        cluster.run(for: .seconds(2))
    }

    /// Crashes nodes together and measures when the first and the last survivor hold all of them
    /// dead.
    func crash(_ victims: [Int], isPerfect: Bool) {
        let begin = cluster.now
        for victim in victims { cluster.crash(victim) }
        let limit = isPerfect ? Targets.detection(nodes) : .seconds(60)
        report.detectionFirst = expect("a survivor holds a crashed node dead", within: limit) {
            cluster in victims.contains { cluster.someSees($0, as: .dead) }
        }
        let rest = limit - (cluster.now - begin)
        let last = expect("all survivors hold all crashed nodes dead", within: rest) { cluster in
            victims.allSatisfy { cluster.allSee($0, as: .dead) }
        }
        if last != nil { report.detectionLast = (cluster.now - begin).inSeconds }
        cluster.run(for: .seconds(5))
        expectNoFalseDeaths()
        for victim in victims {
            expect(
                cluster.transitionsMax(of: victim, since: begin) <= 1,
                "somebody's view of \(cluster.nodes[victim].name) flaps")
        }
    }
}

extension SimulatedCluster {
    /// Has a node publish what it found out about a backend. A value too long to be published is a
    /// mistake of the scenario.
    func publish(_ observation: BackendObservation, by owner: Int) {
        act(owner) { gossip, now, effects in
            do throws(PublishError) {
                try gossip.publish(observation, at: now, effects: &effects)
            } catch {
                violate("\(nodes[owner].name) cannot publish: \(error)")
            }
        }
    }
}
