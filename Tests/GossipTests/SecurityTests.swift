import Gossip
import Membership
import Primitives
import Replication
import Simulation
import Testing
import Wire

/// What strangers can do to a node: nothing, and it is counted.
@Suite("Strangers")
struct SecurityTests {
    /// A running node and the datagrams that a second one sent it.
    private func captured() -> (cluster: SimulatedCluster, datagrams: [[UInt8]]) {
        let cluster = SimulatedCluster(2, seed: 1)
        cluster.startAll()
        cluster.run(for: .seconds(3))
        var datagrams: [[UInt8]] = []
        cluster.act(1) { gossip, now, effects in
            for step in 0..<20 {
                gossip.tick(at: now + .milliseconds(100 * step), effects: &effects)
            }
            for case .send(let bytes, _) in effects { datagrams.append(bytes) }
            effects = []
        }
        return (cluster, datagrams)
    }

    private func stateless(_ gossip: Gossip?) -> [Member] { gossip?.members ?? [] }

    @Test("Datagrams that are not fresh, whole and ours change nothing and are counted")
    func counted() throws {
        let (cluster, datagrams) = captured()
        var gossip = try #require(cluster.gossip(0))
        let now = cluster.clock(of: 0)
        let source = SimulatedCluster.address(1)
        let good = try #require(datagrams.first)
        var effects: [GossipEffect] = []
        gossip.receive(datagram: good, from: source, at: now, effects: &effects)
        let members = gossip.members
        effects = []
        var bad: [(DropReason, [UInt8])] = [
            (.short, []), (.short, Array(good.prefix(30))), (.version, [9] + good.dropFirst()),
            (.replayed, good), (.forged, good.dropLast() + [good[good.count - 1] ^ 1]),
            (.malformed, [UInt8](repeating: 1, count: 1_300)),
        ]
        var foreign = Seal(
            cluster: "other", ring: SimulatedCluster.ring(7), boot: BootID(high: 1, low: 1))
        bad.append((.foreignCluster, foreign.seal([])))
        var keyless = Seal(
            cluster: SimulatedCluster.name, ring: SimulatedCluster.ring(8),
            boot: BootID(high: 1, low: 1))
        bad.append((.unknownKey, keyless.seal([])))
        var broken = Seal(
            cluster: SimulatedCluster.name, ring: SimulatedCluster.ring(7),
            boot: BootID(high: 1, low: 1))
        bad.append((.malformed, broken.seal([1, 200])))
        for (reason, datagram) in bad {
            let before = gossip.counters.dropped(reason)
            gossip.receive(datagram: datagram, from: source, at: now, effects: &effects)
            #expect(gossip.counters.dropped(reason) == before + 1, "\(reason)")
        }
        #expect(effects.isEmpty)
        #expect(gossip.members == members)
    }

    @Test("An unproven source gets at most as many bytes as it sent, in one datagram")
    func amplification() throws {
        let (cluster, datagrams) = captured()
        let now = cluster.clock(of: 0)
        let spoofed = SocketAddress(ip: IPAddress(ipv4: 0xC000_0201), port: 99)
        for datagram in datagrams {
            var gossip = try #require(cluster.gossip(0))
            var effects: [GossipEffect] = []
            gossip.receive(datagram: datagram, from: spoofed, at: now, effects: &effects)
            let answers = effects.compactMap { effect -> Int? in
                guard case .send(let bytes, spoofed) = effect else { return nil }
                return bytes.count
            }
            #expect(answers.count <= 1)
            #expect(answers.reduce(0, +) <= datagram.count)
        }
    }

    @Test("Nor does whoever holds a key but did not prove its address", arguments: 0..<8)
    func unproven(seed: UInt64) throws {
        let (cluster, _) = captured()
        let now = cluster.clock(of: 0)
        var random = SeededRandom(seed: seed)
        let spoofed = SocketAddress(ip: IPAddress(ipv4: 0xC000_0201), port: 99)
        let boot = BootID(high: 5, low: seed)
        var seal = Seal(cluster: SimulatedCluster.name, ring: SimulatedCluster.ring(7), boot: boot)
        var gossip = try #require(cluster.gossip(0))
        let identity = Identity(name: try #require(NodeName("x")), boot: boot, generation: 1)
        let claim = Claim(identity: identity, address: spoofed, incarnation: 0, state: .alive)
        let parts: [Part] = [
            .message(.ping(1)), .message(.claim(claim)), .message(.introduce), .view(3),
            .compare(.reliable, DigestRange(lower: 0, upper: .max, content: .entries([]))),
            .want([1, 2, 3]), .gaugeView(1), .message(.pingRequest(1, target: boot)),
        ]
        for _ in 0..<100 {
            var builder = DatagramBuilder()
            for part in parts.shuffled(using: &random).prefix(4) { builder.append(part) }
            let datagram = seal.seal(builder.bytes)
            var effects: [GossipEffect] = []
            gossip.receive(datagram: datagram, from: spoofed, at: now, effects: &effects)
            var answers = effects.compactMap { effect -> Int? in
                guard case .send(let bytes, spoofed) = effect else { return nil }
                return bytes.count
            }
            // A claim to be a member makes it one, to which news is sent: that is no reply.
            if effects.contains(where: { if case .memberChanged = $0 { true } else { false } }) {
                answers = Array(answers.prefix(1))
            }
            #expect(answers.reduce(0, +) <= datagram.count)
        }
    }

    @Test("Keys rotate under way without anybody being missed")
    func rotation() {
        let cluster = SimulatedCluster(3, seed: 2)
        cluster.startAll()
        cluster.run(for: .seconds(3))
        for ring in [
            SimulatedCluster.ring(7, 8), SimulatedCluster.ring(8, 7), SimulatedCluster.ring(8),
        ] {
            for index in 0..<3 {
                cluster.act(index) { gossip, _, _ in gossip.replaceKeys(ring) }
                cluster.run(for: .seconds(3))
            }
        }
        #expect(cluster.allAlive)
        #expect(cluster.deaths(of: cluster.names) == 0)
        let unknown = cluster.running.compactMap {
            cluster.gossip($0)?.counters.dropped(.unknownKey)
        }
        #expect(unknown == [0, 0, 0])
    }
}
