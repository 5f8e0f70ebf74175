import Foundation
import Testing

/// Backends that are found by name and by file, end to end.
@Suite("Balancing: discovery", .bounded)
struct DiscoveryTests {
    /// Waits until clients get exactly those answers.
    private func served(
        _ names: [String], by node: SkeinNode, within limit: Duration = .seconds(5)
    ) async throws {
        let client = try await RawClient.connect(to: node.endpoint)
        try await until("\(names) serve", within: limit) {
            Set(try await client.names(2 * names.count)) == Set(names)
        }
    }

    @Test("Traffic follows what dnsmasq says, and stays where it was when dnsmasq is gone")
    func dnsmasq() async throws {
        try await Stage.run { stage in
            // One port on several addresses, as a name has it.
            let a = try stage.startRecorder("A")
            let b = try stage.startRecorder(
                "B", at: Endpoint(host: Endpoint.freshHost(), port: a.endpoint.port))
            let resolver = try stage.startDnsmasq(hosts: "\(a.endpoint.host) app.test\n")
            var plan = try NodePlan.http(to: [RecordingBackend]())
            plan.pools[0].settings = [
                "discover: [{ dns: app.test, type: a, port: \(a.endpoint.port), "
                    + "resolvers: [\"\(resolver.endpoint)\"], max-ttl: 1s }]"
            ]
            let node = try await stage.startNode(plan)
            try await served(["A"], by: node)
            #expect(try await node.status().backend(a.endpoint)?.origin == "discovered")
            try resolver.replaceHosts(
                "\(a.endpoint.host) app.test\n\(b.endpoint.host) app.test\n")
            try await served(["A", "B"], by: node)
            try resolver.replaceHosts("\(b.endpoint.host) app.test\n")
            try await served(["B"], by: node)
            await resolver.stop()
            try await until("the failure shows") {
                try await node.status().pools[0].sources.first?.failure != nil
            }
            let client = try await RawClient.connect(to: node.endpoint)
            #expect(try await client.names(10).tally == ["B": 10])
        }
    }

    @Test("Traffic follows a watched file, and a broken one changes nothing")
    func file() async throws {
        try await Stage.run { stage in
            let backends = try stage.startRecorders("A", "B")
            let (a, b) = (backends[0], backends[1])
            let path = try stage.write("- { address: \"\(a.endpoint)\" }\n", named: "backends.yaml")
            func write(_ text: String) throws {
                try text.write(toFile: path, atomically: true, encoding: .utf8)
            }
            var plan = try NodePlan.http(to: [RecordingBackend]())
            plan.pools[0].settings = ["discover: [{ file: \(path) }]"]
            let node = try await stage.startNode(plan)
            try await served(["A"], by: node)
            try write("[{\"address\": \"\(a.endpoint)\", \"weight\": 3}, \"\(b.endpoint)\"]")
            try await served(["A", "B"], by: node)
            let client = try await RawClient.connect(to: node.endpoint)
            try await until("weights are those of the file") {
                try await client.names(8).tally == ["A": 6, "B": 2]
            }
            try write("- { adress: nonsense }\n")
            try await until("the failure shows") {
                try await node.status().pools[0].sources.first?.failure?.isEmpty == false
            }
            #expect(try await client.names(8).tally == ["A": 6, "B": 2])
            try FileManager.default.removeItem(atPath: path)
            try await Task.sleep(for: .milliseconds(700))
            #expect(try await client.names(8).tally == ["A": 6, "B": 2])
            try write("- \"\(b.endpoint)\"\n")
            try await served(["B"], by: node)
            try await until("the failure is over") {
                try await node.status().pools[0].sources.first?.failure == nil
            }
            try write("[]\n")
            try await served(["status 503"], by: node)
        }
    }

    @Test("A name that nobody knows is said, and holds nothing else up")
    func unknownName() async throws {
        try await Stage.run { stage in
            let a = try stage.startRecorder("A")
            let resolver = try stage.startDnsmasq(hosts: "")
            var plan = try NodePlan.http(to: [a])
            plan.pools[0].settings = [
                "discover: [{ dns: nobody.test, port: 80, resolvers: [\"\(resolver.endpoint)\"] }]"
            ]
            let node = try await stage.startNode(plan)
            try await served(["A"], by: node)
            let source = try await awaited("the failure shows") {
                try await node.status().pools[0].sources.first { $0.failure != nil }
            }
            #expect(source.source.contains("nobody.test"))
            #expect(try await node.status().backend(a.endpoint)?.origin == "configured")
        }
    }
}
