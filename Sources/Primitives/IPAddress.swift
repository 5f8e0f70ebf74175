/// An IPv4 or IPv6 address.
///
/// Text follows RFC 5952 for IPv6. Parsing is strict: four decimal octets without leading zeros,
/// or the forms of RFC 4291 section 2.2; scopes (`%eth0`) are not accepted.
package struct IPAddress: BitwiseCopyable, Hashable, Sendable {
    /// The first eight bytes in network order; zero for IPv4.
    package let high: UInt64
    /// The last eight bytes in network order; the four octets for IPv4.
    package let low: UInt64
    package let isIPv4: Bool

    package init(ipv4 octets: UInt32) {
        high = 0
        low = UInt64(octets)
        isIPv4 = true
    }

    package init(ipv6High high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
        isIPv4 = false
    }

    package static let anyIPv4 = IPAddress(ipv4: 0)
    package static let loopbackIPv4 = IPAddress(ipv4: 0x7F00_0001)

    /// Whether this is `0.0.0.0` or `::`, which a listener uses for every local address.
    package var isUnspecified: Bool { high == 0 && low == 0 }

    /// The address that `text` spells, or nil when it spells none.
    package init?(_ text: some StringProtocol) {
        let bytes = Array(text.utf8)
        if bytes.contains(UInt8(ascii: ":")) {
            guard let groups = Self.ipv6Groups(bytes) else { return nil }
            self.init(
                ipv6High: groups[0..<4].reduce(0) { $0 << 16 | UInt64($1) },
                low: groups[4..<8].reduce(0) { $0 << 16 | UInt64($1) })
        } else {
            guard let octets = Self.ipv4Octets(bytes[...]) else { return nil }
            self.init(ipv4: octets)
        }
    }

    private static func ipv4Octets(_ bytes: ArraySlice<UInt8>) -> UInt32? {
        let parts = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var octets: UInt32 = 0
        for part in parts {
            guard (1...3).contains(part.count), let first = part.first else { return nil }
            guard part.count == 1 || first != UInt8(ascii: "0") else { return nil }
            var value: UInt32 = 0
            for byte in part {
                guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
                value = value * 10 + UInt32(byte - UInt8(ascii: "0"))
            }
            guard value <= 255 else { return nil }
            octets = octets << 8 | value
        }
        return octets
    }

    private static func ipv6Groups(_ bytes: [UInt8]) -> [UInt16]? {
        guard bytes.count <= 45 else { return nil }
        let colon = UInt8(ascii: ":")
        guard let gap = firstDoubleColon(bytes) else {
            guard let groups = hexGroups(bytes[...]), groups.count == 8 else { return nil }
            return groups
        }
        let head = bytes[..<gap]
        let tail = bytes[(gap + 2)...]
        guard tail.first != colon, firstDoubleColon(Array(tail)) == nil else { return nil }
        guard let left = head.isEmpty ? [] : hexGroups(head, mayEndInIPv4: false),
            let right = tail.isEmpty ? [] : hexGroups(tail),
            left.count + right.count <= 7
        else { return nil }
        return left + Array(repeating: 0, count: 8 - left.count - right.count) + right
    }

    private static func firstDoubleColon(_ bytes: [UInt8]) -> Int? {
        bytes.indices.dropLast().first {
            bytes[$0] == UInt8(ascii: ":") && bytes[$0 + 1] == UInt8(ascii: ":")
        }
    }

    private static func hexGroups(
        _ bytes: ArraySlice<UInt8>, mayEndInIPv4: Bool = true
    ) -> [UInt16]? {
        let parts = bytes.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        var groups: [UInt16] = []
        for (index, part) in parts.enumerated() {
            if mayEndInIPv4, index == parts.count - 1, part.contains(UInt8(ascii: ".")) {
                guard let octets = ipv4Octets(part) else { return nil }
                groups.append(UInt16(octets >> 16))
                groups.append(UInt16(octets & 0xFFFF))
                continue
            }
            guard (1...4).contains(part.count) else { return nil }
            var value: UInt16 = 0
            for byte in part {
                guard let digit = hexDigit(byte) else { return nil }
                value = value << 4 | digit
            }
            groups.append(value)
        }
        return groups
    }

    private static func hexDigit(_ byte: UInt8) -> UInt16? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt16(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt16(byte - UInt8(ascii: "a") + 10)
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt16(byte - UInt8(ascii: "A") + 10)
        default: nil
        }
    }
}

extension IPAddress: CustomStringConvertible {
    package var description: String {
        if isIPv4 {
            return "\(low >> 24 & 255).\(low >> 16 & 255).\(low >> 8 & 255).\(low & 255)"
        }
        let groups = (0..<8).map { index in
            UInt16(truncatingIfNeeded: (index < 4 ? high : low) >> UInt64(48 - index % 4 * 16))
        }
        if high == 0, low >> 32 == 0xFFFF {
            return "::ffff:" + IPAddress(ipv4: UInt32(truncatingIfNeeded: low)).description
        }
        let zeros = Self.longestRunOfZeros(groups)
        func text(_ range: Range<Int>) -> String {
            groups[range].map { String($0, radix: 16) }.joined(separator: ":")
        }
        guard zeros.count > 1 else { return text(0..<8) }
        return text(0..<zeros.lowerBound) + "::" + text(zeros.upperBound..<8)
    }

    private static func longestRunOfZeros(_ groups: [UInt16]) -> Range<Int> {
        var best = 0..<0
        var start: Int?
        for index in 0...groups.count {
            if index < groups.count, groups[index] == 0 {
                start = start ?? index
            } else if let first = start {
                if index - first > best.count { best = first..<index }
                start = nil
            }
        }
        return best
    }
}

extension IPAddress: Comparable {
    package static func < (left: IPAddress, right: IPAddress) -> Bool {
        (left.isIPv4 ? 0 : 1, left.high, left.low) < (right.isIPv4 ? 0 : 1, right.high, right.low)
    }
}
