import Primitives
import Testing

@Suite("Addresses")
struct AddressTests {
    @Test(
        "Text that spells an address comes back in its canonical form",
        arguments: [
            ("127.0.0.1", "127.0.0.1"), ("255.255.255.255", "255.255.255.255"),
            ("0.0.0.0", "0.0.0.0"), ("::", "::"), ("::1", "::1"), ("1::", "1::"),
            ("2001:DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1"),
            ("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"),
            ("::ffff:192.0.2.1", "::ffff:192.0.2.1"), ("64:ff9b::192.0.2.33", "64:ff9b::c000:221"),
            ("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"),
        ])
    func canonical(text: String, expected: String) {
        #expect(IPAddress(text)?.description == expected)
    }

    @Test(
        "Text that spells no address is refused",
        arguments: [
            "", "1", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "1.2.3.4 ", "a.b.c.d", ":",
            ":::",
            "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2::3", "12345::", "::g", "fe80::1%eth0",
            "1.2.3.4::", "1:2:3:4:5:6:7::8",
        ])
    func refused(text: String) {
        #expect(IPAddress(text) == nil)
    }

    @Test(
        "A socket address needs a port, and brackets for IPv6",
        arguments: [
            ("127.0.0.1:80", "127.0.0.1:80"), ("[::1]:65535", "[::1]:65535"), ("1.2.3.4", nil),
            ("1.2.3.4:", nil), ("1.2.3.4:65536", nil), ("1.2.3.4:+80", nil), ("::1:80", nil),
            ("[1.2.3.4]:80", nil), (":80", nil), ("localhost:80", nil),
        ] as [(String, String?)])
    func socketAddress(text: String, expected: String?) {
        #expect(SocketAddress(text)?.description == expected)
    }

    @Test("Every address survives a round trip through text", arguments: UInt64(0)..<64)
    func roundTrip(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        for _ in 0..<200 {
            // Sparse words, so that runs of zeros of every length appear.
            let high = random.next() & random.next() & random.next() & random.next()
            let low = random.next() & random.next() & random.next() & random.next()
            let six = IPAddress(ipv6High: high, low: low)
            #expect(IPAddress(six.description) == six)
            let four = IPAddress(ipv4: UInt32(truncatingIfNeeded: low))
            #expect(IPAddress(four.description) == four)
        }
    }
}
