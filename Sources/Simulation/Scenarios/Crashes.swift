import Membership
import Primitives
import Wire

extension Scenario {
    var crashSetting: ScenarioSetting {
        switch self {
        case .massCrash:
            ScenarioSetting(
                "a hundredth of all nodes, at least two, crash together: as if it were one",
                nodes: 10...10, nodesMin: 4
            ) { $0.massCrash() }
        case .ownerDiesWithConnections:
            ScenarioSetting(
                "a node dies, or restarts, with 10,000 connections: they leave every sum in time",
                nodes: 3...7, nodesMin: 3
            ) { $0.ownerDies() }
        default:
            ScenarioSetting(
                "one node crashes: all survivors know in time, nobody else is missed; measures all",
                nodes: 5...5
            ) { $0.crash() }
        }
    }
}

extension Trial {
    /// All join; when they know one another they rest, one publishes a value, and one crashes.
    fileprivate func crash() {
        let isPerfect = report.loss == 0
        startAll()
        rest(for: duration(30), isPerfect: isPerfect)
        publish(isPerfect: isPerfect)
        cluster.run(for: randomDuration(milliseconds: 0...700))
        crash(choose(1, from: 0..<nodes), isPerfect: isPerfect)
    }

    fileprivate func massCrash() {
        startAll()
        cluster.run(for: randomDuration(milliseconds: 2_000...4_000))
        crash(choose(max(2, nodes / 100), from: 0..<nodes), isPerfect: report.loss == 0)
    }

    /// Measures what nodes send when nothing happens.
    private func rest(for duration: Duration, isPerfect: Bool) {
        if isPerfect {
            let limit = Targets.rest(nodes)
            expect("nobody has news left", within: limit) { $0.isAtRest }
        }
        cluster.run(for: .seconds(2))
        let before = cluster.bytesSent
        cluster.run(for: duration)
        let bytes = Double(cluster.bytesSent - before) / duration.inSeconds / Double(nodes)
        report.idleBytes = bytes
        // A few seconds say little about a rate.
        guard isPerfect, duration >= .seconds(10) else { return }
        let limit = Targets.idleBytes(nodes)
        expect(bytes <= limit, "a node at rest sends \(Int(bytes)) bytes/s, not \(Int(limit))")
    }

    /// Measures how long a change of one record takes to reach all.
    private func publish(isPerfect: Bool) {
        let owner = Int.random(in: 0..<nodes, using: &random)
        cluster.observe(owner, "api|192.0.2.1:80", .down)
        cluster.watch(BackendObservation.key(backend: "api|192.0.2.1:80", check: 1), of: owner)
        let limit = isPerfect ? Targets.propagation : .seconds(30)
        report.propagation = expect("a published value is everywhere", within: limit) {
            $0.watchedHolders == $0.runningCount
        }
        cluster.run(for: .seconds(2))
    }

    /// Crashes nodes together and measures when the first and the last survivor hold all of them
    /// dead.
    private func crash(_ victims: [Int], isPerfect: Bool) {
        let begin = cluster.now
        for victim in victims { cluster.crash(victim) }
        // Of several that crash together one may have been the other's predecessor on the ring: it
        // is probed when that one is suspected.
        let another = victims.count > 1 ? MembershipConfiguration().period : .zero
        let limit = isPerfect ? Targets.detection(nodes) + another : .seconds(60)
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
        expectNoFlapping(of: victims, since: begin)
    }
}

// MARK: - Connections

extension Trial {
    private static let backend: UInt64 = 7
    private static let connections = 10_000

    fileprivate func ownerDies() {
        startAll()
        let owner = choose(1, from: 0..<nodes)[0]
        cluster.gauge(owner, backend: Self.backend, connections: UInt32(Self.connections))
        expect("all count the owner's connections", within: .seconds(10)) { [self] in
            sums($0) == [Self.connections]
        }
        cluster.run(for: randomDuration(milliseconds: 0...2_000))
        if report.seed % 2 == 0 { die(owner) } else { restart(owner) }
        expectNoFalseDeaths()
    }

    private func die(_ owner: Int) {
        cluster.crash(owner)
        report.detectionLast = expect(
            "the owner's connections have left every sum", within: Targets.detection(nodes)
        ) { [self] in sums($0) == [0] }
        cluster.run(for: .seconds(5))
        expect(sums(cluster) == [0], "the owner's connections are back")
    }

    /// The next life has three connections; nobody ever counts both lives.
    private func restart(_ owner: Int) {
        let other = choose(1, from: (0..<nodes).filter { $0 != owner })
        cluster.start(owner, join: other)
        cluster.gauge(owner, backend: Self.backend, connections: 3)
        let allowed: Set<Int> = [Self.connections, 0, 3]
        var seen: Set<Int> = []
        report.detectionLast = expect(
            "all count only what the owner has in its new life", within: .seconds(5)
        ) { [self] cluster in
            let sums = sums(cluster)
            seen.formUnion(sums)
            return sums == [3]
        }
        expect(seen.isSubset(of: allowed), "somebody counted \(seen.subtracting(allowed))")
    }

    /// What the running nodes count, all different numbers.
    private func sums(_ cluster: SimulatedCluster) -> Set<Int> {
        Set(cluster.running.map { cluster.openConnections(Self.backend, at: $0) })
    }
}
