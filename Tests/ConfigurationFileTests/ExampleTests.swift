import ConfigurationFile
import Foundation
import Health
import Primitives
import Testing

/// The files under `cluster/` that people begin with.
@Suite("Examples")
struct ExampleTests {
    private static func text(of name: String) throws -> String {
        let root = URL(filePath: #filePath).appending(path: "../../../cluster").standardized
        return try String(contentsOf: root.appending(path: name), encoding: .utf8)
    }

    @Test("The example of a single node is valid, without a warning")
    func example() throws {
        let checked = try Configuration.parse(
            yaml: Self.text(of: "example.yaml"), file: "example.yaml", hostName: "host")
        #expect(checked.warnings == [])
        #expect(checked.value.shared.listeners.map(\.name) == ["web", "postgres", "mail"])
        #expect(checked.value.node.gossip?.join.count == 2)
    }

    @Test("The three nodes of the demo are valid, and find a dead backend within 2 s")
    func threeNodes() throws {
        let checked = try Topology.parse(
            yaml: Self.text(of: "three-nodes.yaml"), file: "three-nodes.yaml")
        #expect(checked.warnings == [])
        let topology = checked.value
        #expect(
            topology.nodes.map(\.address.description) == ["127.0.10.1", "127.0.10.2", "127.0.10.3"])
        #expect(topology.backends.count == 3)
        for pool in topology.shared.pools {
            let timing = try #require(pool.health?.check.timing)
            #expect(pool.backends.map(\.address) == topology.backends.map(\.address))
            #expect(timing.interval * timing.unhealthyThreshold + timing.timeout < .seconds(2))
        }
        let binds = topology.nodes.flatMap { node in
            topology.configuration(for: node, in: "/tmp").shared.listeners.flatMap(\.bind)
        }
        #expect(Set(binds).count == 6)
    }
}
