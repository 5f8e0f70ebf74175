import Foundation
import Testing

/// Datagrams that must change nothing but a counter.
@Suite("Cluster: strange datagrams", .bounded)
struct DatagramTests {
    private struct Scene {
        let stage: Stage
        /// The node that everything is sent to.
        let node: SkeinNode
        let gossip: Endpoint
        let keys: String
    }

    /// A node with gossip that asks `tap` first, as if that were a node.
    private func startNode(
        _ name: String, cluster: String = "test", keys: String, at gossip: Endpoint,
        asking peers: [Endpoint], _ stage: Stage
    ) async throws -> SkeinNode {
        let backend = try stage.startBackend(saying: "ok")
        var plan = try NodePlan.http(to: [backend.endpoint])
        plan.name = name
        plan.cluster = cluster
        let join = peers.map { "\"\($0)\"" }.joined(separator: ", ")
        plan.gossip = "{ bind: \(gossip), join: [\(join)], keys: \(keys) }"
        return try await stage.startNode(plan)
    }

    private func keyFile(_ stage: Stage) async throws -> String {
        try stage.write(try await stage.skein("keys", "new").output, named: "keys")
    }

    /// A datagram that a node of that cluster seals with those keys.
    private func sealed(
        by name: String, cluster: String = "test", keys: String, _ stage: Stage
    ) async throws -> [UInt8] {
        let tap = try DatagramTap()
        _ = try await startNode(
            name, cluster: cluster, keys: keys, at: .fresh(.datagram), asking: [tap.endpoint],
            stage)
        guard let datagram = await tap.receive(within: .seconds(5)) else {
            throw Failure("\(name) sends nothing")
        }
        return datagram
    }

    /// Sends datagrams and waits until the node has counted them.
    ///
    /// - Returns: by how much each of the counters grew that grew at all.
    private func dropped(_ datagrams: [[UInt8]], by scene: Scene) async throws -> [String: Int] {
        let tap = try DatagramTap()
        let before = try await scene.node.status()
        let nodes = before.nodes.map { "\($0.name) \($0.state) \($0.generation ?? 0)" }
        let log = scene.node.log
        for datagram in datagrams { try tap.send(datagram, to: scene.gossip) }
        let old = try #require(before.gossip).drops
        let growth = try await awaited("\(datagrams.count) datagrams are dropped") {
            let drops = try await scene.node.status().gossip?.drops ?? [:]
            let growth = drops.mapValues { $0 }.merging(old) { $0 - $1 }.filter { $0.value > 0 }
            return growth.values.reduce(0, +) >= datagrams.count ? growth : nil
        }
        // No answer, no line in the log, nothing learnt.
        #expect(await tap.receive(within: .milliseconds(100)) == nil)
        #expect(scene.node.log == log)
        let after = try await scene.node.status()
        #expect(after.nodes.map { "\($0.name) \($0.state) \($0.generation ?? 0)" } == nodes)
        return growth
    }

    @Test("Garbage, forged, replayed and foreign datagrams are counted by reason")
    func reasons() async throws {
        try await Stage.run { stage in
            let keys = try await keyFile(stage)
            let gossip = try Endpoint.fresh(.datagram)
            let tap = try DatagramTap()
            let node = try await startNode(
                "lb-1", keys: keys, at: gossip, asking: [tap.endpoint], stage)
            let scene = Scene(stage: stage, node: node, gossip: gossip, keys: keys)

            #expect(try await dropped([[], [1, 2, 3]], by: scene) == ["short": 2])
            #expect(
                try await dropped([[UInt8](repeating: 9, count: 100)], by: scene)
                    == ["version": 1])
            // One of its own, which somebody sends back.
            let own = try #require(await tap.receive(within: .seconds(5)))
            #expect(try await dropped([own, own], by: scene) == ["replayed": 2])
            var changed = own
            changed[changed.count - 20] ^= 1
            #expect(try await dropped([changed], by: scene) == ["forged": 1])
            #expect(try await dropped([own.dropLast()], by: scene) == ["forged": 1])
            #expect(
                try await dropped([own + [UInt8](repeating: 0, count: 1_300)], by: scene)
                    == ["malformed": 1])
            let foreign = try await sealed(by: "lb-8", cluster: "other", keys: keys, stage)
            #expect(try await dropped([foreign], by: scene) == ["foreigncluster": 1])
            let stranger = try await sealed(by: "lb-9", keys: keyFile(stage), stage)
            #expect(try await dropped([stranger], by: scene) == ["unknownkey": 1])
            // Many of them, of all lengths.
            var seed: UInt64 = 1
            let noise = (0..<500).map { length in
                (0..<length).map { _ in
                    seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                    return UInt8(truncatingIfNeeded: seed >> 56)
                }
            }
            // Not more at once than the kernel keeps for a node that is not on a processor now.
            for start in stride(from: 0, to: noise.count, by: 50) {
                let part = Array(noise[start..<start + 50])
                #expect(try await dropped(part, by: scene).values.reduce(0, +) == 50)
            }
        }
    }

    @Test("A datagram of another node counts once, however often it comes")
    func replayed() async throws {
        try await Stage.run { stage in
            let keys = try await keyFile(stage)
            let gossip = try Endpoint.fresh(.datagram)
            let node = try await startNode("lb-1", keys: keys, at: gossip, asking: [], stage)
            let scene = Scene(stage: stage, node: node, gossip: gossip, keys: keys)
            let tap = try DatagramTap()
            let other = try await startNode(
                "lb-2", keys: keys, at: .fresh(.datagram), asking: [gossip, tap.endpoint], stage)
            try await until("both know each other") {
                for one in [node, other] where try await one.status().nodes.count != 2 {
                    return false
                }
                return true
            }
            // Meant for somebody else, and so new to this node: once.
            let datagram = try #require(await tap.receive(within: .seconds(5)))
            try tap.send(datagram, to: gossip)
            #expect(
                try await dropped([datagram, datagram, datagram], by: scene)["replayed"] == 3)
            #expect(try await node.status().nodes.allSatisfy { $0.state == "alive" })
        }
    }
}
