import Health
import Primitives
import Testing

@Suite("Check definitions")
struct CheckDefinitionTests {
    private static func http(_ change: (inout Probe.HTTPRequest) -> Void = { _ in })
        -> CheckDefinition
    {
        var request = Probe.HTTPRequest(
            path: "/health", host: "a.example", successCodes: SuccessCodes([200...299]))
        change(&request)
        return CheckDefinition(
            probe: .http(request), port: 9000,
            timing: CheckTiming(interval: .milliseconds(500), timeout: .milliseconds(400)))
    }

    private static func https(_ change: (inout Probe.TLSSettings) -> Void = { _ in })
        -> CheckDefinition
    {
        var tls = Probe.TLSSettings()
        change(&tls)
        return http { $0.tls = tls }
    }

    private static func tcp(_ change: (inout CheckTiming) -> Void = { _ in }) -> CheckDefinition {
        var timing = CheckTiming()
        change(&timing)
        return CheckDefinition(probe: .tcp(Probe.TCPExchange()), timing: timing)
    }

    @Test("A number is the same in every process: these were computed by another program")
    func stableNumbers() {
        #expect(Self.tcp().id.description == "9ad6b7d3e39fd2f9")
        #expect(Self.http().id.description == "00e90fbf8ea26d85")
        let rich = Self.http {
            $0.tls = Probe.TLSSettings(
                isVerified: false, serverName: "b.example",
                clientCertificate: Probe.CertificateFiles(certificate: "/c.pem", key: "/k.pem"))
            $0.method = "HEAD"
            $0.headers = [Probe.Header(name: "X-Check", value: "1")]
        }
        #expect(rich.id.description == "399e7834ba299c8e")
    }

    @Test("Every field makes another number")
    func everyFieldCounts() {
        let variants = [
            Self.http(), Self.http { $0.path = "/" }, Self.http { $0.host = nil },
            Self.http { $0.host = "" }, Self.http { $0.successCodes = .ok },
            Self.http { $0.method = "HEAD" }, Self.http { $0.expectedBody = "" },
            Self.http { $0.expectedBody = "ok" },
            Self.http { $0.headers = [Probe.Header(name: "a", value: "b")] },
            Self.http { $0.headers = [Probe.Header(name: "ab", value: "")] },
            // The same characters, cut differently.
            Self.http {
                $0.path = "/healtha"
                $0.host = ".example"
            },
            Self.https(), Self.https { $0.isVerified = false },
            Self.https { $0.serverName = "a" }, Self.https { $0.authorities = "a" },
            Self.https {
                $0.clientCertificate = Probe.CertificateFiles(certificate: "a", key: "b")
            },
            Self.https {
                $0.clientCertificate = Probe.CertificateFiles(certificate: "ab", key: "")
            },
        ]
        #expect(Set(variants.map(\.id)).count == variants.count)
    }

    @Test("Every number of the timing and the port make another number")
    func timingCounts() {
        let variants = [
            Self.tcp(), Self.tcp { $0.interval = .seconds(31) },
            Self.tcp { $0.fastInterval = .seconds(1) }, Self.tcp { $0.timeout = .seconds(1) },
            Self.tcp { $0.healthyThreshold = 3 }, Self.tcp { $0.unhealthyThreshold = 2 },
            Self.tcp { $0.initialDelay = .seconds(1) }, Self.tcp { $0.jitter = .seconds(1) },
            CheckDefinition(probe: .tcp(Probe.TCPExchange()), port: 1),
            CheckDefinition(probe: .tcp(Probe.TCPExchange()), port: 2),
        ]
        #expect(Set(variants.map(\.id)).count == variants.count)
    }

    @Test("Every kind of probe, and each of its fields, makes another number")
    func everyProbeCounts() {
        let probes: [Probe] = [
            .tcp(Probe.TCPExchange()), .tcp(Probe.TCPExchange(send: [1])),
            .tcp(Probe.TCPExchange(expect: [1])), .tcp(Probe.TCPExchange(send: [1, 0])),
            .http(Probe.HTTPRequest()), .http(Probe.HTTPRequest(tls: Probe.TLSSettings())),
            .grpc(Probe.GRPCRequest()), .grpc(Probe.GRPCRequest(tls: Probe.TLSSettings())),
            .grpc(Probe.GRPCRequest(service: "a")), .grpc(Probe.GRPCRequest(host: "a")),
            .postgresql(Probe.PostgreSQLStartup()),
            .postgresql(Probe.PostgreSQLStartup(user: "a")),
            .postgresql(Probe.PostgreSQLStartup(database: "a")),
            .redis(Probe.RedisPing()), .redis(Probe.RedisPing(passwordFile: "a")),
            .exec(Probe.Command(arguments: ["/a", "b"])),
            .exec(Probe.Command(arguments: ["/ab"])),
            .exec(Probe.Command(arguments: ["/a", "b c"])),
            .exec(Probe.Command(arguments: ["/a", "b", "c"])),
        ]
        #expect(Set(probes.map { CheckDefinition(probe: $0).id }).count == probes.count)
    }

    @Test("Codes that mean the same make the same number")
    func sameCodes() {
        let split = Self.http { $0.successCodes = SuccessCodes([201...201, 200...200]) }
        let joined = Self.http { $0.successCodes = SuccessCodes([200...201]) }
        #expect(split.id == joined.id)
    }

    @Test("The port of the check replaces the backend's")
    func target() throws {
        let backend = try #require(SocketAddress("192.0.2.1:80"))
        #expect(Self.tcp().target(for: backend) == backend)
        #expect(Self.http().target(for: backend) == SocketAddress("192.0.2.1:9000"))
    }
}
