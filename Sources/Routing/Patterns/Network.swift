package import Primitives

/// A network of clients: `192.0.2.0/24`, `2001:db8::/32`, or one address.
package struct Network: Hashable, Sendable {
    /// Its lowest address.
    package let address: IPAddress
    /// How many bits on the left are given: 0...32, or 0...128 for IPv6.
    package let bits: Int

    /// The network that `text` spells (RFC 4632 section 3.1, RFC 4291 section 2.3).
    package init(_ text: String) throws(PatternError) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, let address = IPAddress(first) else {
            throw .network(text)
        }
        let width = address.isIPv4 ? 32 : 128
        guard let bits = parts.count == 1 ? width : Self.number(parts[1]), bits <= width else {
            throw .network(text)
        }
        let lowest = Self.lowest(of: address, bits: bits)
        guard lowest == address else { throw .networkBits(meant: "\(lowest)/\(bits)") }
        self.address = address
        self.bits = bits
    }

    /// Whether `client` is in the network. An IPv4 address that is mapped into IPv6 (RFC 4291
    /// section 2.5.5.2) counts as IPv4.
    package func contains(_ client: IPAddress) -> Bool {
        let isMapped = !client.isIPv4 && client.high == 0 && client.low >> 32 == 0xFFFF
        let seen = isMapped ? IPAddress(ipv4: UInt32(truncatingIfNeeded: client.low)) : client
        return seen.isIPv4 == address.isIPv4 && Self.lowest(of: seen, bits: bits) == address
    }

    private static func number(_ text: Substring) -> Int? {
        guard (1...3).contains(text.utf8.count), text.utf8.allSatisfy(\.isDigit),
            text == "0" || !text.hasPrefix("0")
        else { return nil }
        return Int(text)
    }

    private static func lowest(of address: IPAddress, bits: Int) -> IPAddress {
        if address.isIPv4 {
            return IPAddress(
                ipv4: UInt32(truncatingIfNeeded: address.low & leftBits(bits + 32)))
        }
        return IPAddress(
            ipv6High: address.high & leftBits(bits), low: address.low & leftBits(bits - 64))
    }

    private static func leftBits(_ count: Int) -> UInt64 {
        count <= 0 ? 0 : count >= 64 ? .max : .max << UInt64(64 - count)
    }
}

extension Network: CustomStringConvertible {
    package var description: String { "\(address)/\(bits)" }
}
