import DNSCodec
import Primitives
import Testing

@testable import ControlPlane

@Suite("Resolver settings")
struct ResolverSettingsTests {
    @Test("resolv.conf is read as resolv.conf(5) has it")
    func file() {
        let settings = ResolverSettings(
            parsing: """
                # nameserver 192.0.2.99
                ; nameserver 192.0.2.98
                nameserver 192.0.2.1
                  nameserver\t2001:db8::1 \t
                nameserver fe80::1%eth0
                nameserver not-an-address
                domain ignored.example
                search svc.cluster.local  cluster.local bad..name
                options ndots:5 timeout:3 attempts:4 rotate edns0
                sortlist 192.0.2.0
                """)
        #expect(settings.servers.map(\.description) == ["192.0.2.1:53", "[2001:db8::1]:53"])
        #expect(settings.search.map(\.description) == ["svc.cluster.local", "cluster.local"])
        #expect(settings.timeout == .seconds(3))
        #expect(settings.attempts == 4)
        #expect(settings.dotsMin == 5)
    }

    @Test("A file that says nothing means the server of this machine")
    func empty() {
        let settings = ResolverSettings(parsing: "")
        #expect(settings.servers.map(\.description) == ["127.0.0.1:53"])
        #expect(settings.timeout == .seconds(5) && settings.attempts == 2)
        #expect(settings.dotsMin == 1 && settings.search == [])
    }

    @Test("Whatever the file asks for stays within limits")
    func limits() {
        let servers = (1...40).map { "nameserver 192.0.2.\($0)" }.joined(separator: "\n")
        let domains = (1...40).map { "d\($0).example" }.joined(separator: " ")
        let settings = ResolverSettings(
            parsing: servers + "\nsearch \(domains)\n"
                + "options timeout:9999 attempts:9999 ndots:9999\n")
        #expect(settings.servers.count == ResolverSettings.serversMax)
        #expect(settings.search.count == ResolverSettings.searchMax)
        #expect(settings.timeout == .seconds(30) && settings.attempts == 5)
        #expect(settings.dotsMin == 15)
        let least = ResolverSettings(parsing: "options timeout:0 attempts:0 ndots:-1 ndots:x")
        #expect(least.timeout == .seconds(1) && least.attempts == 1 && least.dotsMin == 1)
        let given = (1...40).map { Sample.address("192.0.2.\($0):53") }
        #expect(
            ResolverSettings(servers: given).servers.count == ResolverSettings.serversMax)
    }

    @Test(
        "The search list comes before or after the name, or not at all",
        arguments: [
            ("api", ["api.a.test", "api.b.test", "api"]),
            ("api.svc", ["api.svc", "api.svc.a.test", "api.svc.b.test"]),
            ("api.", ["api"]), ("a..b", []), ("", []),
        ])
    func candidates(text: String, names: [String]) {
        let settings = ResolverSettings(parsing: "search a.test b.test")
        #expect(settings.candidates(for: text).map(\.description) == names)
    }

    @Test("With given servers every name is complete")
    func noSearch() {
        let settings = ResolverSettings(servers: [Sample.address("192.0.2.1:53")])
        #expect(settings.candidates(for: "api") == [Sample.name("api")])
    }
}
