import ConfigurationFile
import Primitives
import Testing

@Suite("Topology")
struct TopologyTests {
    private static func topology(
        nodes: String = "[{ name: a, address: 127.0.10.1 }, { name: b, address: 127.0.10.2 }]",
        backends: String = "[{ name: x, address: 127.0.20.1:8080 }]", bind: String = "\":8080\""
    ) -> String {
        """
        cluster: c
        nodes: \(nodes)
        backends: \(backends)
        listeners: [{ name: l, bind: \(bind), protocol: http, pool: p }]
        pools: [{ name: p, backends: [{ address: 127.0.20.1:8080 }] }]
        """
    }

    @Test("Each node gets a configuration of its own, with the others to join")
    func configurations() throws {
        let yaml = Self.topology(bind: "[\":8080\", \"*:8443\"]")
        let checked = try Topology.parse(yaml: yaml, file: "f")
        #expect(checked.warnings == [])
        let topology = checked.value
        #expect(topology.backends.map(\.name) == ["x"])
        #expect(topology.backends.map(\.address.description) == ["127.0.20.1:8080"])
        let second = topology.configuration(for: topology.nodes[1], in: "/tmp/skein")
        #expect(second.cluster == "c")
        #expect(second.node.name == "b")
        #expect(second.node.workers == .count(2))
        #expect(second.node.state == "/tmp/skein/b/state")
        #expect(second.node.admin.socket == "/tmp/skein/b/admin.sock")
        let gossip = try #require(second.node.gossip)
        #expect(gossip.bind.description == "127.0.10.2:7946")
        #expect(gossip.join.map(\.description) == ["127.0.10.1:7946"])
        #expect(gossip.keys == "/tmp/skein/gossip.keys")
        #expect(
            second.shared.listeners[0].bind.map(\.description)
                == ["127.0.10.2:8080", "127.0.10.2:8443"])
        #expect(second.shared.pools == topology.shared.pools)
    }

    @Test(
        "What cannot run on one machine is refused",
        arguments: [
            (topology(nodes: "[]"), ["2:8: nodes: at least 1 needed"]),
            (
                topology(nodes: "[{ name: a, address: 10.0.0.1 }]"),
                ["2:29: address: '10.0.0.1' is no loopback address such as 127.0.10.1"]
            ),
            (
                topology(nodes: "[{ name: a, address: \"127.0.10.1:80\" }]"),
                ["2:29: address: '127.0.10.1:80' is no loopback address such as 127.0.10.1"]
            ),
            (
                topology(
                    nodes: "[{ name: a, address: 127.0.10.1 }, { name: a, address: 127.0.10.1 }]"),
                [
                    "2:51: 'a' is a name already, at 2:17",
                    "2:63: 127.0.10.1 is a node already, at 2:29",
                ]
            ),
            (
                topology(
                    backends: "[{ name: x, address: 127.0.20.1:80 }, "
                        + "{ name: x, address: 127.0.20.1:80 }]"),
                [
                    "3:57: 'x' is a name already, at 3:20",
                    "3:69: 127.0.20.1:80 is a backend already, at 3:32",
                ]
            ),
            (
                topology(backends: "[{ name: b, address: 127.0.20.1:80 }]"),
                ["3:20: 'b' is a name already, at 2:51"]
            ),
            (
                topology(backends: "[{ name: x, address: 192.0.2.1:80 }]"),
                ["3:32: demo backends run on this machine, so on a loopback address"]
            ),
            (
                topology(backends: "[{ name: x, address: 127.0.10.2:8080 }]"),
                ["3:32: 127.0.10.2:8080 is where node 'b' listens"]
            ),
            (
                topology(bind: "127.0.10.1:8080"),
                ["4:30: each node binds an address of its own; give the port only, ':8080'"]
            ),
            (topology(bind: "[\":80\", \":80\"]"), ["4:38: 0.0.0.0:80 is bound already, at 4:31"]),
            ("nods: []", ["1:1: unknown key 'nods'; did you mean 'nodes'?"]),
            (
                "cluster: c",
                [
                    "1:1: 'nodes' is missing: the nodes to start, as "
                        + "[{ name: lb-1, address: 127.0.10.1 }]"
                ]
            ),
        ])
    func refused(yaml: String, expected: [String]) {
        #expect(topologyFindings(yaml) == expected)
    }
}
