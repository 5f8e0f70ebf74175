import ConfigurationFile
import Testing

@testable import ControlPlane

@Suite("Sources of backends")
struct DiscoverySourceTests {
    private static func source(_ discover: String) throws -> DiscoverySource {
        let yaml = "pools: [{ name: p, discover: [\(discover)] }]"
        let checked = try Configuration.parse(yaml: yaml, file: "f", hostName: "h")
        return DiscoverySource(checked.value.shared.pools[0].discover[0])
    }

    @Test("What the configuration has is what is done")
    func configured() throws {
        #expect(
            try Self.source("{ file: /etc/backends }") == .file(FileSource(path: "/etc/backends")))
        #expect(
            try Self.source("{ dns: app.test, port: 80 }")
                == .dns(DNSSource(name: "app.test", kind: .anyAddress(port: 80, weight: 1))))
        #expect(
            try Self.source("{ dns: app.test, type: a, port: 80, weight: 7 }")
                == .dns(DNSSource(name: "app.test", kind: .ipv4(port: 80, weight: 7))))
        #expect(
            try Self.source("{ dns: app.test, type: aaaa, port: 81, min-ttl: 5s, max-ttl: 1m }")
                == .dns(
                    DNSSource(
                        name: "app.test", kind: .ipv6(port: 81, weight: 1),
                        timeToLive: .seconds(5) ... .seconds(60))))
        #expect(
            try Self.source(#"{ dns: _a._tcp.test, type: srv, resolvers: ["192.0.2.1:53"] }"#)
                == .dns(
                    DNSSource(
                        name: "_a._tcp.test", kind: .service,
                        resolvers: [Sample.address("192.0.2.1:53")])))
    }
}
