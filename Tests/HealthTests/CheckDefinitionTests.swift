import Health
import Primitives
import Testing

@Suite("Check definitions")
struct CheckDefinitionTests {
    private static func http(
        path: String = "/health", host: String? = "a.example", codes: String = "200-299",
        port: UInt16? = 9000, interval: Duration = .milliseconds(500),
        timeout: Duration = .milliseconds(400), healthy: Int = 2, unhealthy: Int = 3
    ) -> CheckDefinition {
        CheckDefinition(
            probe: .http(
                CheckDefinition.HTTPRequest(
                    path: path, host: host, successCodes: SuccessCodes(codes) ?? .ok)),
            port: port, interval: interval, timeout: timeout,
            healthyThreshold: healthy, unhealthyThreshold: unhealthy)
    }

    private static let tcp = CheckDefinition(
        probe: .tcp, port: nil, interval: .seconds(30), timeout: .seconds(5),
        healthyThreshold: 2, unhealthyThreshold: 3)

    @Test("A number is the same in every process: these were computed by another program")
    func stableNumbers() {
        #expect(Self.tcp.id.description == "9ad6b7d3e39fd2f9")
        #expect(Self.http().id.description == "00e90fbf8ea26d85")
    }

    @Test("Every field makes another number")
    func everyFieldCounts() {
        let variants = [
            Self.tcp, Self.http(), Self.http(path: "/"), Self.http(host: nil),
            Self.http(host: ""), Self.http(codes: "200"), Self.http(port: nil),
            Self.http(port: 9001), Self.http(interval: .seconds(1)),
            Self.http(timeout: .seconds(1)), Self.http(healthy: 3), Self.http(unhealthy: 2),
            // The same characters, cut differently.
            Self.http(path: "/healtha", host: ".example"),
        ]
        #expect(Set(variants.map(\.id)).count == variants.count)
    }

    @Test("Codes that mean the same make the same number")
    func sameCodes() {
        #expect(Self.http(codes: "200,201").id == Self.http(codes: "201,200-200").id)
    }

    @Test("The port of the check replaces the backend's")
    func target() throws {
        let backend = try #require(SocketAddress("192.0.2.1:80"))
        #expect(Self.tcp.target(for: backend) == backend)
        #expect(Self.http().target(for: backend) == SocketAddress("192.0.2.1:9000"))
    }
}
