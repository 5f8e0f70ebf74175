package import Primitives

/// Chooses by a hash of something that the client brings, so that it comes back to one backend.
package enum HashChoice {
    /// The place for a hash among `count`: the remainder, as in nginx's `ip_hash`; nil for none.
    ///
    /// Over the backends in turn, or the places of a `WeightedSequence`, it is a plain hash: one
    /// backend more or less moves nearly all clients. Over a `MaglevTable` it is a consistent one.
    @inlinable
    package static func place(of hash: UInt64, count: Int) -> Int? {
        guard count > 0 else { return nil }
        return Int(truncatingIfNeeded: hash % UInt64(truncatingIfNeeded: count))
    }

    /// The hash of a client's address, the same on all nodes.
    ///
    /// An IPv4 address that is mapped into IPv6 (RFC 4291, section 2.5.5.2) counts as IPv4.
    ///
    /// - Parameter ipv6Prefix: how many bits on the left of an IPv6 address count, 0...128. A site
    ///   has a /64 or more, in which clients change their address (RFC 8981).
    @inlinable
    package static func hash(of address: IPAddress, ipv6Prefix: Int = 64) -> UInt64 {
        if address.isIPv4 || (address.high == 0 && address.low >> 32 == 0xFFFF) {
            return mix(4, address.low & 0xFFFF_FFFF)
        }
        let high = address.high & leftBits(ipv6Prefix)
        let low = address.low & leftBits(ipv6Prefix - 64)
        return mix(mix(6, high), low)
    }

    /// The hash of a header, a cookie, a path or a server name, the same on all nodes.
    ///
    /// Eight bytes at a time, and then their number, through SplitMix64's finaliser, as in
    /// `StableHash`. Whoever knows `seed` can find keys that all lead to one backend; it may be a
    /// secret of the cluster.
    @inlinable
    package static func hash(of bytes: Span<UInt8>, seed: UInt64 = 0) -> UInt64 {
        var value = seed
        var word: UInt64 = 0
        for index in bytes.indices {
            word = word << 8 | UInt64(bytes[index])
            if index & 7 == 7 {
                value = mix(value, word)
                word = 0
            }
        }
        return mix(mix(value, word), UInt64(truncatingIfNeeded: bytes.count))
    }

    /// A 64-bit word of which the leftmost `count` bits are set.
    @inlinable
    package static func leftBits(_ count: Int) -> UInt64 {
        count <= 0 ? 0 : count >= 64 ? .max : .max << UInt64(64 - count)
    }

    @inlinable
    package static func mix(_ value: UInt64, _ word: UInt64) -> UInt64 {
        var mixed = (value ^ word) &+ 0x9E37_79B9_7F4A_7C15
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
