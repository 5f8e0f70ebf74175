import Primitives
import Replication
import Testing
import Wire

@Suite("Claims to connections, as bytes")
struct NodeClaimsTests {
    private func decode(_ payloads: [[UInt8]]) throws -> [BackendClaim] {
        var claims: [BackendClaim] = []
        for payload in payloads { claims += try NodeClaims.decode(payload.span) }
        return claims
    }

    @Test("Claims come back in order of their backends, however many payloads they take")
    func roundTrip() throws {
        var random = SeededRandom(seed: 3)
        for limit in [38, 39, 100, 1_000] {
            for count in [0, 1, 2, 36, 200] {
                let claims = Samples.backendClaims(count, &random)
                let round = Samples.number(&random)
                let payloads = NodeClaims.encode(claims, round: round, limit: limit)
                #expect(payloads.allSatisfy { $0.count <= limit })
                let expected = claims.sorted { $0.backend < $1.backend }
                #expect(try decode(payloads) == expected, "\(count) in \(limit)")
                #expect(payloads.isEmpty == claims.isEmpty)
            }
        }
    }

    @Test("A payload is filled before the next one begins: 36 small claims take one of 1,000 bytes")
    func packing() {
        let claims = (0..<200).map {
            BackendClaim(backend: $0, open: 9, limit: 9, wanted: 0, ticket: 0)
        }
        let payloads = NodeClaims.encode(claims, round: 1, limit: 1_000)
        #expect(payloads.map(\.count) == [973, 973, 457], "12 bytes each behind the round")
    }

    @Test("The largest numbers fit, and each field is its own")
    func extremes() throws {
        let most = BackendClaim(
            backend: .max, open: .max, limit: .max, wanted: .max, ticket: .max)
        let payloads = NodeClaims.encode([most], round: .max, limit: 38)
        #expect(payloads.map(\.count) == [38])
        #expect(try decode(payloads) == [most])
        let each = BackendClaim(backend: 1, open: 2, limit: 3, wanted: 4, ticket: 5)
        #expect(try decode(NodeClaims.encode([each], round: 6, limit: 38)) == [each])
    }

    @Test("The same claims in another round are other bytes, and the same claims")
    func rounds() throws {
        let claims = [BackendClaim(backend: 1, open: 2, limit: 3, wanted: 0, ticket: 0)]
        let first = NodeClaims.encode(claims, round: 1, limit: 1_000)
        let second = NodeClaims.encode(claims, round: 2, limit: 1_000)
        #expect(first != second && first == NodeClaims.encode(claims, round: 1, limit: 1_000))
        #expect(try decode(first) == decode(second))
    }

    @Test("Cut short at any byte it is an error, or says less by whole claims")
    func truncation() throws {
        let claims = (1...3).map {
            BackendClaim(backend: $0, open: 300, limit: 70_000, wanted: 1, ticket: 1 << 31)
        }
        let bytes = NodeClaims.encode(claims, round: 1_000, limit: 1_000)[0]
        // Behind the round, which takes two, each claim takes 8 + 2 + 3 + 1 + 5.
        #expect(bytes.count == 2 + 3 * 19)
        for length in 0..<bytes.count {
            let cut = Array(bytes.prefix(length))
            if length >= 2, (length - 2) % 19 == 0 {
                let expected = Array(claims.prefix((length - 2) / 19))
                #expect(try decode([cut]) == expected)
            } else {
                #expect(throws: WireError.truncated, "\(length)") {
                    try decode([cut])
                }
            }
        }
    }

    @Test("Numbers above 32 bits, and backends twice or out of order, are errors")
    func limits() throws {
        let id: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 9]
        let tooBig: [UInt8] = [0x80, 0x80, 0x80, 0x80, 0x10]
        for field in 0..<4 {
            var numbers = [[UInt8]](repeating: [1], count: 4)
            #expect(try decode([[1] + id + numbers.joined()]).count == 1)
            numbers[field] = tooBig
            #expect(throws: WireError.invalid(.gauges), "\(field)") {
                try decode([[1] + id + numbers.joined()])
            }
        }
        for next: UInt8 in [8, 9] {
            let second: [UInt8] = [0, 0, 0, 0, 0, 0, 0, next, 1, 1, 1, 1]
            #expect(throws: WireError.invalid(.gauges), "\(next) behind 9") {
                try decode([[1] + id + [1, 1, 1, 1] + second])
            }
        }
    }
}
