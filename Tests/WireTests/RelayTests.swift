import Membership
import Primitives
import Replication
import Testing
import Wire

/// What a later release says of members and in records goes through this one unharmed.
@Suite("Relaying unknown fields")
struct RelayTests {
    /// A datagram with one claim or record, and behind its known fields these bytes.
    private func datagram(_ part: Part, extensions: [UInt8]) -> [UInt8] {
        var builder = DatagramBuilder()
        builder.append(part)
        var bytes = builder.bytes
        // The length is the one or two bytes behind the type.
        let lengthSize = bytes[1] < 0x80 ? 1 : 2
        let body = bytes[(1 + lengthSize)...] + extensions
        bytes = [bytes[0]]
        if body.count < 0x80 {
            bytes.append(UInt8(body.count))
        } else {
            bytes += [UInt8(body.count & 0x7F) | 0x80, UInt8(body.count >> 7)]
        }
        return bytes + body
    }

    private var claim: Claim {
        var random = SeededRandom(seed: 1)
        var claim = Samples.claim(&random)
        claim.extensions = []
        return claim
    }

    private var record: Record {
        var random = SeededRandom(seed: 2)
        let sample = Samples.record(&random, payloadMax: 100)
        return Record(
            owner: sample.owner, key: sample.key, version: sample.version,
            recordClass: sample.recordClass, payload: sample.payload)
    }

    private static let fields: [UInt8] = [7, 3, 1, 2, 3, 200, 0, 7, 1, 9]

    @Test("A claim with unknown fields is written again byte by byte")
    func claims() throws {
        let bytes = datagram(.message(.claim(claim)), extensions: Self.fields)
        let parts = try Datagram.decode(bytes.span)
        guard case .message(.claim(let relayed)) = parts.first else {
            Issue.record("no claim")
            return
        }
        #expect(relayed.extensions == Self.fields)
        #expect(relayed.standing == claim.standing, "they are no part of the standing")
        #expect(relayed.fingerprint == claim.fingerprint)
        var builder = DatagramBuilder()
        builder.append(.message(.claim(relayed)))
        #expect(builder.bytes == bytes)
    }

    @Test("A record with unknown fields is written again byte by byte, but for its age")
    func records() throws {
        let bytes = datagram(.record(record, ageMilliseconds: 5), extensions: Self.fields)
        let parts = try Datagram.decode(bytes.span)
        guard case .record(let relayed, 5) = parts.first else {
            Issue.record("no record")
            return
        }
        #expect(relayed.extensions == Self.fields)
        #expect(relayed.digestEntry == record.digestEntry)
        var builder = DatagramBuilder()
        builder.append(.record(relayed, ageMilliseconds: 5))
        #expect(builder.bytes == bytes)
        var older = DatagramBuilder()
        older.append(.record(relayed, ageMilliseconds: 6))
        #expect(zip(older.bytes, bytes).count { $0 != $1 } == 1)
    }

    @Test(
        "Extensions that are no fields, or too long, are refused",
        arguments: [
            ([1], .truncated), ([1, 2, 0], .truncated), ([1, 0x80, 0], .malformedNumber),
            ([UInt8](repeating: 0, count: 129), .invalid(.extensions)),
            ([9, 127] + [UInt8](repeating: 5, count: 127), .invalid(.extensions)),
        ] as [([UInt8], WireError)])
    func malformed(extensions: [UInt8], error: WireError) {
        for part in [Part.message(.claim(claim)), .record(record, ageMilliseconds: 5)] {
            let bytes = datagram(part, extensions: extensions)
            #expect(throws: error) { try Datagram.decode(bytes.span) }
        }
    }

    @Test("128 bytes of extensions are taken")
    func longest() throws {
        let extensions = [9, 126] + [UInt8](repeating: 5, count: 126)
        for part in [Part.message(.claim(claim)), .record(record, ageMilliseconds: 5)] {
            let bytes = datagram(part, extensions: extensions)
            #expect(try Datagram.decode(bytes.span).count == 1)
        }
    }

    @Test("A record that would not fit a datagram when it is older is refused")
    func growing() throws {
        func bytes(payload count: Int) -> [UInt8] {
            let long = Record(
                owner: record.owner, key: record.key, version: 1, recordClass: .reliable,
                payload: [UInt8](repeating: 1, count: count))
            var builder = DatagramBuilder()
            #expect(builder.append(.record(long, ageMilliseconds: 0)) == true)
            return builder.bytes
        }
        let room = Datagram.plaintextMax - bytes(payload: 1_000).count
        let fits = try Datagram.decode(bytes(payload: 1_000 + room - 4).span)
        guard case .record(let record, _) = fits.first else {
            Issue.record("no record")
            return
        }
        var builder = DatagramBuilder()
        #expect(builder.append(.record(record, ageMilliseconds: Part.ageMax)) == true)
        let grown = bytes(payload: 1_000 + room - 3)
        #expect(throws: WireError.invalid(.payload)) { try Datagram.decode(grown.span) }
    }

    @Test("A claim names the release of its member, among fields that it does not know")
    func release() throws {
        let own = try #require(ClaimExtensions.bytes(release: "1.4.0-rc.2+ü"))
        var claim = claim
        #expect(claim.release == nil)
        claim.extensions = own
        #expect(claim.release == "1.4.0-rc.2+ü")
        claim.extensions = [7, 2, 1, 1] + own + [9, 0]
        #expect(claim.release == "1.4.0-rc.2+ü")
        #expect(ClaimExtensions.bytes(release: "") == nil)
        #expect(ClaimExtensions.bytes(release: String(repeating: "x", count: 33)) == nil)
        #expect(ClaimExtensions.bytes(release: String(repeating: "x", count: 32))?.count == 34)
    }

    @Test(
        "A release that is none is not read",
        arguments: [
            [1, 0], [1, 33] + [UInt8](repeating: 0x61, count: 33), [1, 2, 0xFF, 0xFE],
            [1, 5, 0x61],
            [1], [2, 1, 0x61], [],
        ] as [[UInt8]])
    func noRelease(extensions: [UInt8]) {
        var claim = claim
        claim.extensions = extensions
        #expect(claim.release == nil)
    }
}
