import DNSCodec
import Primitives
import Testing

@testable import ControlPlane

@Suite("What SRV records mean for a pool")
struct ServiceMappingTests {
    @Test(
        "Weights keep their proportions",
        arguments: [
            ([1, 3], [1, 3]), ([0, 10], [1, 10]), ([0, 0], [1, 1]), ([256, 1], [256, 1]),
            ([512, 256, 1], [256, 128, 1]), ([65_535, 0], [256, 1]), ([1_000, 500], [256, 128]),
            ([], []),
        ] as [([UInt16], [Int])])
    func weights(given: [UInt16], expected: [Int]) {
        #expect(ServiceMapping.weights(given) == expected)
    }

    @Test("The lowest priority number that has an address serves, the others are backups")
    func priorities() {
        let services = [
            Sample.service("c", priority: 30), Sample.service("b", priority: 20, weight: 7),
            Sample.service("a", priority: 10),
        ]
        let addresses = ["b": ["192.0.2.2", "2001:db8::2"], "c": ["192.0.2.3"]]
        let backends = ServiceMapping.backends(services) { target in
            (addresses[target.description] ?? []).map(Sample.ip)
        }
        #expect(
            backends == [
                DiscoveredBackend(
                    address: Sample.address("192.0.2.2:80"), weight: 7, isBackup: false),
                DiscoveredBackend(
                    address: Sample.address("[2001:db8::2]:80"), weight: 7, isBackup: false),
                DiscoveredBackend(
                    address: Sample.address("192.0.2.3:80"), weight: 1, isBackup: true),
            ])
    }

    @Test("A target may stand there with several ports, but never with port 0")
    func ports() {
        let services = [80, 81, 0].map { Sample.service("a", port: $0) }
        let backends = ServiceMapping.backends(services) { _ in [Sample.ip("192.0.2.1")] }
        #expect(backends.map(\.address.port) == [80, 81])
    }
}
