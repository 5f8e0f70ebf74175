import Primitives
import Testing

@testable import ControlPlane

@Suite("The news of a source")
struct DiscoveryLedgerTests {
    private static func time(_ seconds: Int) -> Instant { .zero + .seconds(seconds) }

    @Test("Each change and each failure is told once")
    func once() {
        var ledger = DiscoveryLedger()
        let (a, b) = (Sample.backends("192.0.2.1:80")[0], Sample.backends("192.0.2.2:80")[0])
        var update = ledger.note(nil, failure: "down", now: Self.time(0))
        #expect(update.news == [.failing("down")] && update.backends == [])
        #expect(update.status.lastSuccess == nil)
        update = ledger.note(nil, failure: "down", now: Self.time(1))
        #expect(update.news == [])
        update = ledger.note([b, a], failure: nil, now: Self.time(2))
        #expect(update.news == [.changed(added: [a, b], removed: []), .recovered])
        #expect(update.backends == [a, b])
        #expect(update.status.failure == nil && update.status.failingSince == nil)
        update = ledger.note([a, b], failure: nil, now: Self.time(3))
        #expect(update.news == [])
        update = ledger.note(nil, failure: "down", now: Self.time(4))
        #expect(update.news == [.failing("down")] && update.backends == [a, b])
        update = ledger.note([a], failure: "half", now: Self.time(5))
        #expect(update.news == [.changed(added: [], removed: [b]), .failing("half")])
        #expect(update.status.lastSuccess == Self.time(3))
        #expect(update.status.failingSince == Self.time(4))
        #expect(update.status.failure == "half")
    }

    @Test("A backend with another weight is told as removed and added")
    func changedWeight() {
        var ledger = DiscoveryLedger()
        let old = Sample.backends("192.0.2.1:80", weight: 1)
        let new = Sample.backends("192.0.2.1:80", weight: 2)
        _ = ledger.note(old, failure: nil, now: .zero)
        let update = ledger.note(new, failure: nil, now: .zero)
        #expect(update.news == [.changed(added: new, removed: old)])
    }

    @Test("An address stands once, and there are never too many")
    func limits() {
        var ledger = DiscoveryLedger()
        let twice = [
            DiscoveredBackend(address: Sample.address("192.0.2.1:80"), weight: 5),
            DiscoveredBackend(address: Sample.address("192.0.2.1:80"), weight: 6),
        ]
        #expect(ledger.note(twice, failure: nil, now: .zero).backends == [twice[0]])
        let many = (1...10_001).map { number in
            DiscoveredBackend(
                address: SocketAddress(ip: IPAddress(ipv4: UInt32(number)), port: 80))
        }
        let update = ledger.note(many.reversed(), failure: nil, now: .zero)
        #expect(update.backends == Array(many.dropLast()))
        #expect(update.status.failure?.hasPrefix("10001 backends") == true)
    }
}
