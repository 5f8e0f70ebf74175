import Balancing
import Primitives
import Testing

@Suite("Choice by hash")
struct HashChoiceTests {
    private func address(_ text: String) throws -> IPAddress { try #require(IPAddress(text)) }

    private func hash(_ text: String, seed: UInt64 = 0) -> UInt64 {
        let bytes = Array(text.utf8)
        return HashChoice.hash(of: bytes.span, seed: seed)
    }

    @Test("Of an IPv6 address the left part counts")
    func prefix() throws {
        let one = try address("2001:db8:1:2::1")
        let neighbour = try address("2001:db8:1:2:ffff::7")
        let other = try address("2001:db8:1:3::1")
        #expect(HashChoice.hash(of: one) == HashChoice.hash(of: neighbour))
        #expect(HashChoice.hash(of: one) != HashChoice.hash(of: other))
        #expect(
            HashChoice.hash(of: one, ipv6Prefix: 128)
                != HashChoice.hash(of: neighbour, ipv6Prefix: 128))
        // 2 and 3 differ in the 64th bit only.
        #expect(
            HashChoice.hash(of: one, ipv6Prefix: 63) == HashChoice.hash(of: other, ipv6Prefix: 63))
        #expect(
            HashChoice.hash(of: one, ipv6Prefix: 80)
                != HashChoice.hash(of: neighbour, ipv6Prefix: 80))
        #expect(
            HashChoice.hash(of: one, ipv6Prefix: 0)
                == HashChoice.hash(of: try address("fe80::1"), ipv6Prefix: 0))
    }

    @Test("An IPv4 address counts whole, mapped into IPv6 or not")
    func mapped() throws {
        let plain = try address("192.0.2.7")
        #expect(
            HashChoice.hash(of: plain) == HashChoice.hash(of: try address("::ffff:192.0.2.7")))
        #expect(HashChoice.hash(of: plain) != HashChoice.hash(of: try address("192.0.2.8")))
        #expect(HashChoice.hash(of: plain) != HashChoice.hash(of: try address("::192.0.2.7")))
    }

    @Test("Neighbouring addresses spread evenly", arguments: [2, 3, 7, 64])
    func spread(count: Int) throws {
        var hits = [Int](repeating: 0, count: count)
        for address in 0..<UInt32(count * 500) {
            let hash = HashChoice.hash(of: IPAddress(ipv4: 0x0A00_0000 + address))
            hits[try #require(HashChoice.place(of: hash, count: count))] += 1
        }
        #expect(ChiSquare(hits, shares: hits.map { _ in 1 }).isPlausible)
    }

    @Test("Keys spread evenly, and the seed makes other ones meet")
    func keys() throws {
        var hits = [Int](repeating: 0, count: 16)
        for key in 0..<16_000 {
            hits[try #require(HashChoice.place(of: hash("session=\(key)"), count: 16))] += 1
        }
        #expect(ChiSquare(hits, shares: hits.map { _ in 1 }).isPlausible)
        let together = (0..<4_000).map(String.init).filter { hash($0) % 16 == 3 }
        let still = together.count { hash($0, seed: 99) % 16 == 3 }
        #expect(still < together.count / 8)
    }

    @Test("Keys that differ in length or in zeros only differ")
    func lengths() {
        let zeros = (0...40).map { count in
            let bytes = [UInt8](repeating: 0, count: count)
            return HashChoice.hash(of: bytes.span)
        }
        #expect(Set(zeros).count == zeros.count)
        #expect(hash("abcdefgh") != hash("abcdefg"))
    }

    @Test("The hash is the same in every release")
    func stable() throws {
        #expect(hash("") == 12_035_550_249_420_947_055)
        #expect(HashChoice.hash(of: try address("192.0.2.7")) == 10_358_181_783_053_371_142)
    }

    @Test("Without places there is no choice")
    func empty() {
        #expect(HashChoice.place(of: 7, count: 0) == nil)
        #expect(HashChoice.place(of: .max, count: 10) == 5)
    }

    @Test(
        "The hash of a key is the same in every release",
        arguments: [
            ("", 0xA706_DD2F_4D19_7E6F), ("0123456789", 0xC267_E9E9_F9BA_CA51),
            ("/api/users", 0x65DA_C78D_AD57_1F2D),
        ] as [(String, UInt64)])
    func releases(key: String, expected: UInt64) {
        // Computed apart from this code, by the definition.
        let bytes = Array(key.utf8)
        #expect(HashChoice.hash(of: bytes.span) == expected)
    }
}
