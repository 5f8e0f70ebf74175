import Gossip
import Membership
import Primitives
import Replication
import Wire

extension Scenario {
    var datagramSetting: ScenarioSetting {
        switch self {
        case .smallMTU:
            ScenarioSetting(
                "the path passes 1,280 bytes and says nothing of the rest: all the same converges",
                nodes: 4...6
            ) { $0.smallMTU() }
        case .fullReceiveBuffer:
            ScenarioSetting(
                "bursts fill a receive buffer of 64 KiB: few datagrams of ours are lost, none dies",
                nodes: 5...5
            ) { $0.fullReceiveBuffer() }
        case .outsider:
            ScenarioSetting(
                "a stranger sends junk, replays and stolen datagrams: nothing changes or is amplified",
                nodes: 3...5
            ) { $0.outsider() }
        default:
            ScenarioSetting(
                "datagrams come twice, late, changed and again: equal state, and all is counted",
                nodes: 4...6
            ) { $0.hostileNetwork() }
        }
    }
}

extension Trial {
    fileprivate func hostileNetwork() {
        var hostile = cluster.conditions
        hostile.duplication = 0.2
        hostile.reordering = 0.3
        hostile.bitFlips = 0.1
        cluster.conditions = hostile
        startAll(within: .seconds(10))
        for round in 0..<duration(20).components.seconds {
            cluster.observe(Int(round) % nodes, "api|\(round % 7)", round % 2 == 0 ? .up : .down)
            cluster.run(for: .seconds(1))
        }
        expectDamageIsCounted()
        hostile.bitFlips = 0
        cluster.conditions = hostile
        let captured = capture(for: .seconds(3))
        cluster.conditions = NetworkConditions()
        expectConvergence(within: Targets.union)
        cluster.run(for: .seconds(1))
        expectReplaysAreRejected(captured)
        expectEqualRecords()
        expectNoFalseDeaths()
    }

    /// Every changed datagram was dropped for a reason.
    private func expectDamageIsCounted() {
        var quiet = cluster.conditions
        (quiet.bitFlips, quiet.duplication) = (0, 0)
        cluster.conditions = quiet
        cluster.run(for: .seconds(1))
        let all = DropReason.allCases.reduce(0) { $0 + dropped($1) }
        let (damaged, replayed) = (cluster.traffic.damaged, dropped(.replayed))
        expect(
            all - replayed == damaged, "\(damaged) were damaged, \(all - replayed) are counted")
        expect(
            replayed <= cluster.traffic.duplicated,
            "\(replayed) count as replayed, of \(cluster.traffic.duplicated) that came twice")
    }

    private func dropped(_ reason: DropReason) -> Int {
        cluster.running.reduce(0) { sum, node in
            sum + (cluster.gossip(node)?.counters.dropped(reason) ?? 0)
        }
    }

    /// What is sent during that time.
    private func capture(for duration: Duration) -> [Tapped] {
        var captured: [Tapped] = []
        cluster.tap = { captured.append($0) }
        cluster.run(for: duration)
        cluster.tap = nil
        return captured
    }

    private func expectReplaysAreRejected(_ captured: [Tapped]) {
        let before = dropped(.replayed)
        let views = cluster.running.map { cluster.gossip($0)?.view }
        for datagram in captured {
            cluster.inject(datagram.bytes, from: datagram.from, to: datagram.to)
        }
        cluster.run(for: .milliseconds(100))
        let rejected = dropped(.replayed) - before
        measure("replays", Double(captured.count))
        expect(rejected == captured.count, "\(rejected) of \(captured.count) replays are rejected")
        expect(
            views == cluster.running.map { cluster.gossip($0)?.view }, "a replay changed a view")
    }

    /// All nodes have what each owner has, byte for byte.
    private func expectEqualRecords() {
        for owner in 0..<nodes {
            let name = cluster.nodes[owner].name
            let own = cluster.gossip(owner)?.records(of: name).map(\.record)
            for viewer in 0..<nodes {
                expect(
                    cluster.gossip(viewer)?.records(of: name).map(\.record) == own,
                    "\(cluster.nodes[viewer].name) has other records of \(name)")
            }
        }
    }
}

// MARK: - Small paths and full buffers

extension Trial {
    /// Everybody has much to tell, and one comes late.
    fileprivate func smallMTU() {
        cluster.conditions.pathMTU = 1_280
        let late = nodes - 1
        for node in 0..<late { cluster.start(node) }
        expectConvergence(within: .seconds(4))
        let backends = 40
        for owner in 0..<late {
            for backend in 0..<backends {
                cluster.observe(owner, "a-pool-with-a-long-name|192.0.2.\(backend):8080", .up)
            }
        }
        cluster.run(for: .milliseconds(500))
        cluster.start(late)
        report.convergence = expectConvergence(within: Targets.union)
        let known = cluster.gossip(late)?.observations(at: cluster.clock(of: late)).count ?? 0
        expect(known == late * backends, "the one that came late knows \(known) observations")
        expect(cluster.traffic.oversized == 0, "\(cluster.traffic.oversized) did not fit the path")
        expectNoFalseDeaths()
    }

    /// A stranger's bursts, many times what the buffer holds, and bursts of our own.
    fileprivate func fullReceiveBuffer() {
        startAll()
        cluster.run(for: .seconds(1))
        cluster.conditions.receiveBuffer = 65_536
        cluster.conditions.serviceTime = 100_000
        let victim = choose(1, from: 0..<nodes)[0]
        let before = cluster.traffic
        let junk = [UInt8](repeating: 9, count: 1_200)
        let stranger = SocketAddress(ip: IPAddress(ipv4: 0xC000_0201), port: 99)
        let start = cluster.now
        while cluster.now - start < duration(10) {
            for _ in 0..<100 {
                cluster.inject(junk, from: stranger, to: cluster.nodes[victim].address)
            }
            let backend = Int.random(in: 0..<50, using: &random)
            for owner in 0..<nodes {
                cluster.observe(owner, "api|\(backend)", Bool.random(using: &random) ? .up : .down)
            }
            cluster.run(for: .milliseconds(250))
        }
        let after = cluster.traffic
        let lost = Double(after.overflowedFromNodes - before.overflowedFromNodes)
        let sent = Double(after.sentByNodes - before.sentByNodes)
        measure("overflowed", Double(after.overflowed - before.overflowed))
        measure("lost_of_ours", lost / max(sent, 1))
        expect(after.overflowed > before.overflowed, "the buffer was never full")
        expect(lost <= 0.05 * sent, "\(Int(lost)) of \(Int(sent)) of our datagrams were lost")
        expectNoFalseDeaths()
        expectCalm()
        cluster.run(for: .milliseconds(300))
        expect(cluster.traffic.underWay < 100, "datagrams vanished without being counted")
    }
}

// MARK: - Strangers

extension Trial {
    private static let stranger = SocketAddress(ip: IPAddress(ipv4: 0xC000_0242), port: 6_666)

    fileprivate func outsider() {
        startAll()
        cluster.observe(0, "api|a", .down)
        cluster.run(for: .seconds(4))
        let views = cluster.running.map { cluster.gossip($0)?.view }
        var delivered = capture(for: .seconds(2))
        cluster.run(for: .milliseconds(50))
        let start = cluster.now
        while cluster.now - start < duration(20) {
            let stolen = Bool.random(using: &random) ? steal() : []
            for datagram in junk(like: delivered) + stolen { attack(with: datagram) }
            delivered = Array((delivered + stolen).suffix(200))
        }
        expect(
            views == cluster.running.map { cluster.gossip($0)?.view }, "a stranger changed a view")
        expect(cluster.transitions.isEmpty, "somebody was held dead")
        expectNoFalseDeaths()
        expectCalm()
    }

    /// Sends a datagram as a stranger and looks at what comes back to it.
    private func attack(with datagram: Tapped) {
        let before = cluster.bytesSent(to: Self.stranger)
        cluster.inject(datagram.bytes, from: Self.stranger, to: datagram.to)
        cluster.run(for: .milliseconds(20))
        let answered = cluster.bytesSent(to: Self.stranger) - before
        expect(
            answered <= datagram.bytes.count,
            "\(datagram.bytes.count) bytes of a stranger were answered with \(answered)")
    }

    /// Fresh datagrams of members that their receivers never got: a stranger passes them on.
    private func steal() -> [Tapped] {
        let pair = (0..<nodes).shuffled(using: &random).prefix(2)
        var stolen: [Tapped] = []
        cluster.tap = { datagram in
            if datagram.sender == pair[0], datagram.receiver == pair[1] { stolen.append(datagram) }
        }
        cluster.conditions.cut(from: pair[0], to: pair[1])
        cluster.run(for: .milliseconds(100))
        cluster.conditions.cuts = []
        cluster.tap = nil
        return stolen
    }

    /// Things that a stranger can make without a key.
    private func junk(like delivered: [Tapped]) -> [Tapped] {
        let to = cluster.nodes[Int.random(in: 0..<nodes, using: &random)].address
        func made(_ bytes: [UInt8], to address: SocketAddress = to) -> Tapped {
            Tapped(sender: nil, receiver: nil, from: Self.stranger, to: address, bytes: bytes)
        }
        let boot = BootID(high: random.next(), low: random.next())
        var foreign = Seal(cluster: "another", ring: SimulatedCluster.keys, boot: boot)
        var keyless = Seal(
            cluster: SimulatedCluster.name, ring: SimulatedCluster.ring(9), boot: boot)
        let noise = (0..<Int.random(in: 0...1_400, using: &random)).map { _ in
            UInt8.random(in: 0 ... .max, using: &random)
        }
        var all = [made(noise), made(foreign.seal(noise)), made(keyless.seal([1, 4, 0, 0, 0, 7]))]
        guard let replay = delivered.randomElement(using: &random) else { return all }
        all.append(made(replay.bytes, to: replay.to))
        all.append(made(replay.bytes.dropLast(), to: replay.to))
        var flipped = replay.bytes
        flipped[Int.random(in: 0..<flipped.count, using: &random)] ^= 1
        all.append(made(flipped, to: replay.to))
        // A datagram for somebody else.
        all.append(made(replay.bytes))
        return all
    }
}
