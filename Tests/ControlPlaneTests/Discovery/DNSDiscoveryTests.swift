import DNSCodec
import Foundation
import Primitives
import Testing

@testable import ControlPlane

/// Whole discoveries against real name servers.
@Suite("Discovery over DNS", .timeLimit(.minutes(2)))
struct DNSDiscoveryTests {
    private static func source(
        _ name: String, _ kind: DNSSource.Kind, at server: Primitives.SocketAddress,
        hold: Duration = .seconds(30)
    ) -> DiscoverySource {
        .dns(DNSSource(name: name, kind: kind, resolvers: [server], hold: hold))
    }

    @Test("Records that change are followed as soon as they expire")
    func change() async throws {
        let zone = "app 1 IN A 192.0.2.1\nwww 60 IN CNAME app\n"
        try await NameServerProcess.unbound(zone: zone) { server in
            let source = Self.source(
                "www.test", .anyAddress(port: 80, weight: 3), at: server.address)
            try await Observed.following(source) { observed in
                try await observed.sees(["192.0.2.1:80"])
                #expect(observed.latest?.backends == Sample.backends("192.0.2.1:80", weight: 3))
                #expect(observed.latest?.status.failure == nil)
                try server.write(zone: zone + "app 1 IN A 192.0.2.2\napp 1 IN AAAA 2001:db8::1\n")
                server.reload()
                try await observed.sees(["192.0.2.1:80", "192.0.2.2:80", "[2001:db8::1]:80"])
                try server.write(zone: zone.replacing("192.0.2.1", with: "192.0.2.3"))
                server.reload()
                // The AAAA records are gone, which is believed after the hold only.
                try await observed.sees(["192.0.2.3:80", "[2001:db8::1]:80"])
            }
        }
    }

    @Test("A name is looked up again when its time to live is over, and not before")
    func timeToLive() async throws {
        try await FakeNameServer.serving({ asked in
            .answer(
                asked.query.answered([
                    Sample.addressRecord(asked.question.name, "192.0.2.1", seconds: 2)
                ]))
        }) { server in
            let source = Self.source("app.test", .ipv4(port: 80, weight: nil), at: server.address)
            try await Observed.following(source) { _ in
                try await until("four questions") { server.asked.count >= 4 }
            }
            let times = server.asked.map(\.time)
            let steps = zip(times, times.dropFirst()).map { $1 - $0 }
            #expect(steps.allSatisfy { $0 >= .seconds(1.99) }, "\(steps)")
            #expect(steps.contains { $0 <= .seconds(2.5) }, "\(steps)")
        }
    }

    @Test(
        "A name server that dies leaves the last known backends, and one that returns is followed")
    func death() async throws {
        let zone = "app 1 IN A 192.0.2.1\n"
        try await NameServerProcess.unbound(zone: zone) { server in
            let source = Self.source("app.test", .ipv4(port: 80, weight: nil), at: server.address)
            try await Observed.following(source) { observed in
                try await observed.sees(["192.0.2.1:80"])
                server.kill()
                try await until("the failure is told") { observed.latest?.status.failure != nil }
                let failure = try #require(observed.latest?.status.failure)
                #expect(failure.contains("\(server.address): Connection refused"), "\(failure)")
                let count = observed.entries.count
                try await until("two further rounds") { observed.entries.count >= count + 2 }
                #expect(observed.addresses == ["192.0.2.1:80"])
                #expect(
                    observed.news == [
                        .changed(added: Sample.backends("192.0.2.1:80"), removed: []),
                        .failing(failure),
                    ], "once")
                try server.write(zone: "app 1 IN A 192.0.2.9\n")
                try await server.start()
                try await observed.sees(["192.0.2.9:80"])
                #expect(observed.news.last == .recovered)
            }
        }
    }

    @Test("A name that is gone keeps its backends for the hold, and then loses them")
    func gone() async throws {
        try await NameServerProcess.unbound(zone: "app 1 IN A 192.0.2.1\n") { server in
            let source = Self.source(
                "app.test", .ipv4(port: 80, weight: nil), at: server.address, hold: .seconds(4))
            try await Observed.following(source) { observed in
                try await observed.sees(["192.0.2.1:80"])
                try server.write(zone: "")
                server.reload()
                try await until("the name is gone") { observed.latest?.status.failure != nil }
                let start = ContinuousClock.now
                #expect(observed.latest?.status.failure == "there is no name app.test")
                #expect(observed.addresses == ["192.0.2.1:80"])
                try await observed.sees([])
                #expect(ContinuousClock.now - start >= .seconds(3.5))
                try server.write(zone: "app 1 IN A 192.0.2.2\n")
                server.reload()
                try await observed.sees(["192.0.2.2:80"])
            }
        }
    }

    @Test("SRV records bring ports, weights and backups")
    func services() async throws {
        let zone = """
            _web._tcp 1 IN SRV 10 3 8001 b1
            _web._tcp 1 IN SRV 10 1 8002 b2
            _web._tcp 1 IN SRV 20 0 8003 b3
            b1 1 IN A 192.0.2.1
            b2 1 IN AAAA 2001:db8::2
            b3 1 IN A 192.0.2.3
            b3 1 IN AAAA 2001:db8::3
            """
        try await NameServerProcess.unbound(zone: zone) { server in
            let source = Self.source("_web._tcp.test", .service, at: server.address)
            try await Observed.following(source) { observed in
                let all = [
                    "192.0.2.1:8001", "192.0.2.3:8003", "[2001:db8::2]:8002", "[2001:db8::3]:8003",
                ]
                try await observed.sees(all)
                let backends = try #require(observed.latest?.backends)
                #expect(backends.map(\.weight) == [3, 1, 1, 1])
                #expect(backends.map(\.isBackup) == [false, true, false, true])
                #expect(observed.latest?.status.failure == nil)
                let fewer = zone.split(separator: "\n").filter { !$0.contains(" 10 ") }
                try server.write(zone: fewer.joined(separator: "\n"))
                server.reload()
                try await observed.sees(["192.0.2.3:8003", "[2001:db8::3]:8003"])
                #expect(observed.latest?.backends.map(\.isBackup) == [false, false])
            }
        }
    }

    @Test("Hundreds of backends come over TCP")
    func many() async throws {
        let records = (0..<600).map { "app 1 IN A 198.18.\($0 / 200).\($0 % 200)" }
        try await NameServerProcess.unbound(zone: records.joined(separator: "\n")) { server in
            let source = Self.source("app.test", .ipv4(port: 80, weight: nil), at: server.address)
            try await Observed.following(source) { observed in
                try await until("600 backends") { observed.latest?.backends.count == 600 }
                #expect(observed.latest?.status.failure == nil)
            }
        }
    }

    @Test("dnsmasq is understood as well")
    func dnsmasq() async throws {
        let lines = [
            "srv-host=_web._tcp.test,b1.test,8001,10,5",
            "srv-host=_web._tcp.test,b2.test,8002,20,5",
            "cname=www.test,app.test", "local-ttl=1",
        ]
        let hosts = """
            192.0.2.1 b1.test app.test
            2001:db8::1 app.test
            192.0.2.2 b2.test

            """
        try await NameServerProcess.dnsmasq(hosts: hosts, lines) { server in
            let addresses = Self.source(
                "www.test", .anyAddress(port: 80, weight: nil), at: server.address)
            let services = Self.source("_web._tcp.test", .service, at: server.address)
            try await Observed.following(addresses) { observed in
                try await Observed.following(services) { servicesObserved in
                    try await observed.sees(["192.0.2.1:80", "[2001:db8::1]:80"])
                    try await servicesObserved.sees(["192.0.2.1:8001", "192.0.2.2:8002"])
                    #expect(servicesObserved.latest?.backends.map(\.isBackup) == [false, true])
                    try server.write(hosts: hosts.replacing("192.0.2.1", with: "192.0.2.7"))
                    server.reload()
                    try await observed.sees(["192.0.2.7:80", "[2001:db8::1]:80"])
                    try await servicesObserved.sees(["192.0.2.2:8002", "192.0.2.7:8001"])
                }
            }
        }
    }
}
