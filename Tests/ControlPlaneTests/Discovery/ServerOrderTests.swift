import Primitives
import Testing

@testable import ControlPlane

@Suite("The order of name servers")
struct ServerOrderTests {
    private static let servers = ["192.0.2.1:53", "192.0.2.2:53", "192.0.2.3:53"]
        .map(Sample.address)

    private static func time(_ seconds: Int) -> Instant { .zero + .seconds(seconds) }

    @Test("Servers that failed come last, for a minute")
    func failures() {
        let (a, b, c) = (Self.servers[0], Self.servers[1], Self.servers[2])
        var order = ServerOrder()
        #expect(order.sorted(Self.servers, now: Self.time(0)) == [a, b, c])
        order.failed(b, now: Self.time(0))
        order.failed(a, now: Self.time(1))
        #expect(order.sorted(Self.servers, now: Self.time(2)) == [c, b, a])
        #expect(order.sorted(Self.servers, now: Self.time(60)) == [b, c, a])
        #expect(order.sorted(Self.servers, now: Self.time(61)) == [a, b, c])
        order.failed(c, now: Self.time(62))
        order.answered(c)
        #expect(order.sorted(Self.servers, now: Self.time(63)) == [a, b, c])
    }
}
