import DNSCodec
import Testing

@testable import ControlPlane

@Suite("How a lookup ends")
struct LookupTests {
    private static let owner = Sample.name("_app._tcp.test")

    private static func resolution(
        _ services: [RecordData.Service], additionals: [Record] = []
    ) -> Resolution {
        Resolution(
            records: services.map {
                Record(name: owner, timeToLive: 60, data: .service($0))
            }, name: owner, timeToLive: 60, additionals: additionals)
    }

    @Test("The addresses of targets come along, with their time to live, and no others")
    func additionals() {
        let service = Sample.service("a.test")
        let additionals = [
            Sample.addressRecord(Sample.name("A.test"), "192.0.2.1", seconds: 50),
            Sample.addressRecord(Sample.name("a.test"), "2001:db8::1", seconds: 40),
            Sample.addressRecord(Sample.name("b.test"), "192.0.2.9", seconds: 1),
        ]
        let result = LookupResult(Self.resolution([service], additionals: additionals))
        #expect(
            result
                == .found(
                    LookupAnswer(
                        services: [service],
                        targets: [
                            Sample.name("a.test"): [
                                Sample.ip("192.0.2.1"), Sample.ip("2001:db8::1"),
                            ]
                        ], timeToLive: .seconds(40))))
    }

    @Test("The root for a target says that there is no such service")
    func noService() {
        guard case .nothing = LookupResult(Self.resolution([Sample.service(".")])) else {
            Issue.record("found")
            return
        }
    }

    @Test("Addresses at which nobody can be are passed over")
    func unusable() {
        func result(_ addresses: String...) -> LookupResult {
            LookupResult(
                Resolution(
                    records: addresses.map { Sample.addressRecord(Self.owner, $0) },
                    name: Self.owner, timeToLive: 30, additionals: []))
        }
        let good = ["192.0.2.1", "127.0.0.1", "223.255.255.255", "2001:db8::1", "::1", "fe80::1"]
        for address in good {
            #expect(
                result("0.0.0.0", address)
                    == .found(
                        LookupAnswer(
                            addresses: [Sample.ip(address)], timeToLive: .seconds(30))))
        }
        let bad = ["0.0.0.0", "::", "224.0.0.1", "240.0.0.1", "255.255.255.255", "ff02::1"]
        for address in bad {
            guard case .nothing = result(address) else {
                Issue.record("\(address) was found")
                continue
            }
        }
    }

    @Test("Only the domain name system can say that there is nothing")
    func failures() {
        let question = Question(name: Self.owner, type: .a)
        let nothing: [ResolutionFailure] = [
            .noSuchName(Self.owner, timeToLive: nil), .noRecords(question, timeToLive: 5),
        ]
        let failed: [ResolutionFailure] = [
            .serversFailed(question, [Sample.address("192.0.2.1:53"): .closed]),
            .aliasesWithoutEnd(question), .cancelled, .invalidName("a..b"),
        ]
        for failure in nothing {
            #expect(LookupResult(failure) == .nothing(failure.description))
        }
        for failure in failed {
            #expect(LookupResult(failure) == .failed(failure.description))
        }
    }
}
