import Foundation
import Testing

/// Session keys that the whole cluster changes.
@Suite("Cluster: key rotation", .bounded, .serialized)
struct KeyRotationTests {
    @Test("All nodes change to a new key; one that knows only the key file comes in afterwards")
    func rotation() async throws {
        try await Stage.run(alone: true) { stage in
            let good = try stage.startBackend(saying: "good")
            let keys = try stage.write(try await stage.skein("keys", "new").output, named: "keys")
            let gossip = try (1...3).map { _ in try Endpoint.fresh(.datagram) }
            func start(_ number: Int) async throws -> SkeinNode {
                var plan = try NodePlan.http(to: [good.endpoint])
                plan.name = "lb-\(number)"
                let peers = gossip.map { "\"\($0)\"" }.joined(separator: ", ")
                plan.gossip =
                    "{ bind: \"\(gossip[number - 1])\", join: [\(peers)], keys: \(keys) }"
                return try await stage.startNode(plan, losingProcesses: true)
            }
            async let first = start(1)
            async let second = start(2)
            var nodes = [try await first, try await second]
            let rotated = try await stage.skein(
                "keys", "rotate", "--admin", nodes[0].adminSocket)
            #expect(rotated.status == 0)
            let again = try await stage.skein("keys", "rotate", "--admin", nodes[0].adminSocket)
            #expect(again.status == 1)
            #expect(again.error.contains("under way"))
            try await use(epoch: 1, nodes, within: .seconds(15))
            // The key of the file opens nothing but a handshake from now on.
            try await Task.sleep(for: .seconds(11))
            nodes.append(try await start(3))
            try await use(epoch: 1, nodes, within: .seconds(15))
            // So does a control process that starts anew.
            kill(try #require(nodes[1].control), SIGKILL)
            try await use(epoch: 1, nodes, within: .seconds(15))
            for node in nodes { #expect(!node.log.contains("is dead")) }
        }
    }

    /// Waits until all nodes see one another and use that epoch.
    private func use(epoch: Int, _ nodes: [SkeinNode], within limit: Duration) async throws {
        try await until("all nodes use key epoch \(epoch)", within: limit) {
            for node in nodes {
                guard let status = try? await node.status(), status.gossip?.keyEpoch == epoch,
                    status.nodes.count(where: { $0.state == "alive" }) == nodes.count
                else { return false }
            }
            return true
        }
    }
}
