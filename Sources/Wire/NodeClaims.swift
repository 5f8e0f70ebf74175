package import Replication

/// What one node holds, and wants, of the connections that a backend may have from all nodes.
package struct BackendClaim: Hashable, Sendable {
    /// `StableHash` of the backend's pool and address, as in its gauges.
    package var backend: UInt64
    package var open: UInt32
    package var limit: UInt32
    package var wanted: UInt32
    /// The number that the wish was given, smaller for an earlier one; 0 without a wish.
    package var ticket: UInt32

    package init(
        backend: UInt64, open: UInt32, limit: UInt32, wanted: UInt32, ticket: UInt32
    ) {
        self.backend = backend
        self.open = open
        self.limit = limit
        self.wanted = wanted
        self.ticket = ticket
    }
}

/// The payloads of claim records: as many claims each as fit, behind the number of the round that
/// they are of, so that a claim which stays the same can still be told again.
package enum NodeClaims {
    /// The longest claim: a hash and four numbers.
    private static let claimLengthMax = 8 + 4 * 5
    private static let roundLengthMax = 10

    /// Packs the claims, in order of their backends, into payloads of at most `limit` bytes.
    package static func encode(
        _ claims: [BackendClaim], round: UInt64, limit: Int
    ) -> [[UInt8]] {
        precondition(limit >= roundLengthMax + claimLengthMax, "a payload holds at least one claim")
        var payloads: [[UInt8]] = []
        var writer = WireWriter()
        writer.writeNumber(round)
        for claim in claims.sorted(by: { $0.backend < $1.backend }) {
            if writer.count + claimLengthMax > limit {
                payloads.append(writer.bytes)
                writer = WireWriter()
                writer.writeNumber(round)
            }
            writer.writeFixed(claim.backend, count: 8)
            writer.writeNumber(UInt64(claim.open))
            writer.writeNumber(UInt64(claim.limit))
            writer.writeNumber(UInt64(claim.wanted))
            writer.writeNumber(UInt64(claim.ticket))
        }
        if !claims.isEmpty { payloads.append(writer.bytes) }
        return payloads
    }

    package static func decode(_ bytes: Span<UInt8>) throws(WireError) -> [BackendClaim] {
        var reader = WireReader(end: bytes.count)
        _ = try reader.readNumber(bytes)
        var claims: [BackendClaim] = []
        let most = UInt64(UInt32.max)
        while !reader.isAtEnd {
            let backend = try reader.readFixed(bytes, count: 8)
            let open = try reader.readNumber(bytes, most: most, .gauges)
            let limit = try reader.readNumber(bytes, most: most, .gauges)
            let wanted = try reader.readNumber(bytes, most: most, .gauges)
            let ticket = try reader.readNumber(bytes, most: most, .gauges)
            if let last = claims.last, last.backend >= backend { throw .invalid(.gauges) }
            claims.append(
                BackendClaim(
                    backend: backend, open: UInt32(open), limit: UInt32(limit),
                    wanted: UInt32(wanted), ticket: UInt32(ticket)))
        }
        return claims
    }
}

extension RecordKind {
    /// What a node holds and wants of connections that are limited for the whole cluster.
    package static let claims = RecordKind(rawValue: 6)
}
