import Membership
import Primitives
import Testing

@testable import Wire

/// Keys of epochs travel wrapped, and only to whom they are for.
@Suite("Handshakes")
struct HandshakeTests {
    private func roundTrip(_ handshake: Handshake) throws -> Datagram.Contents {
        var builder = DatagramBuilder()
        #expect(builder.append(handshake) == true)
        return try Datagram.contents(of: builder.bytes.span)
    }

    @Test("Handshakes come back as they went", arguments: 0..<50)
    func codec(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let receiver = Samples.exchange(&random)
        for handshake in [
            Handshake.hello(Samples.hello(&random)),
            .rekey(Samples.rekey(&random, for: receiver)),
        ] {
            #expect(try roundTrip(handshake) == Datagram.Contents(handshake: handshake))
        }
    }

    @Test("A handshake stands beside other parts, and the first of several counts")
    func beside() throws {
        var random = SeededRandom(seed: 3)
        let (first, second) = (Samples.hello(&random), Samples.hello(&random))
        var builder = DatagramBuilder()
        builder.append(.message(.ping(1)))
        builder.append(.hello(first))
        builder.append(.message(.padding(9)))
        builder.append(.hello(second))
        let contents = try Datagram.contents(of: builder.bytes.span)
        #expect(contents.handshake == .hello(first))
        #expect(contents.parts == [.message(.ping(1)), .message(.padding(9))])
        #expect(try Datagram.decode(builder.bytes.span) == contents.parts)
    }

    @Test("Every proper prefix of a handshake is refused", arguments: [true, false])
    func prefixes(isHello: Bool) {
        var random = SeededRandom(seed: 4)
        let rekey = Samples.rekey(&random, for: Samples.exchange(&random))
        var builder = DatagramBuilder()
        builder.append(isHello ? .hello(Samples.hello(&random)) : .rekey(rekey))
        for length in 1..<builder.bytes.count {
            #expect(throws: WireError.self) {
                try Datagram.contents(of: Array(builder.bytes[..<length]).span)
            }
        }
    }

    private static let zeroKey = [UInt8](repeating: 0, count: 32)
    private static let epochOne: [UInt8] = [1, 0, 0, 0, 0, 0, 0, 0, 9]

    @Test(
        "Handshakes that say what cannot be are refused",
        arguments: [
            // It seals with an epoch after the newest that it has.
            ([14, 42] + zeroKey + [0] + epochOne, .invalid(.keyEpoch)),
            // Keys of no epoch, of five, of epoch 0, and of one twice.
            ([15, 38] + zeroKey + [0, 1, 0x61, 0, 0, 0], .invalid(.keyEpoch)),
            ([15, 37] + zeroKey + [0, 1, 0x61, 0, 5], .invalid(.keyEpoch)),
            ([15, 38] + zeroKey + [0, 1, 0x61, 0, 1, 0], .invalid(.keyEpoch)),
            ([15, 55] + zeroKey + [0, 1, 0x61, 0, 2] + epochOne + epochOne, .invalid(.keyEpoch)),
            // No room for the box.
            ([15, 46] + zeroKey + [0, 1, 0x61, 0, 1] + epochOne, .truncated),
        ] as [([UInt8], WireError)])
    func malformed(bytes: [UInt8], error: WireError) {
        #expect(throws: error) { try Datagram.contents(of: bytes.span) }
    }

    @Test("An answer takes no more bytes than announced", arguments: 1...Rekey.epochLimit)
    func length(count: Int) throws {
        var random = SeededRandom(seed: 5)
        let keys = (0..<count).map { _ in Samples.epochKey(&random) }
        let name = try #require(NodeName(String(repeating: "n", count: NodeName.lengthMax)))
        let rekey = try #require(
            Samples.exchange(&random).wrap(
                keys.sorted { $0.epoch > $1.epoch },
                used: KeyEpoch(number: .max, keyID: .max), maker: name, ageMilliseconds: .max,
                for: Samples.exchange(&random).publicKey))
        var builder = DatagramBuilder(limit: Rekey.lengthMax(keys: count, maker: name))
        #expect(builder.append(.rekey(rekey)) == true)
    }

    @Test("X25519 (RFC 7748 section 6.1)")
    func vector() throws {
        let alice: [UInt8] = [
            0x77, 0x07, 0x6d, 0x0a, 0x73, 0x18, 0xa5, 0x7d, 0x3c, 0x16, 0xc1, 0x72, 0x51, 0xb2,
            0x66, 0x45, 0xdf, 0x4c, 0x2f, 0x87, 0xeb, 0xc0, 0x99, 0x2a, 0xb1, 0x77, 0xfb, 0xa5,
            0x1d, 0xb9, 0x2c, 0x2a,
        ]
        let publicKey: [UInt8] = [
            0x85, 0x20, 0xf0, 0x09, 0x89, 0x30, 0xa7, 0x54, 0x74, 0x8b, 0x7d, 0xdc, 0xb4, 0x3e,
            0xf7, 0x5a, 0x0d, 0xbf, 0x3a, 0x0d, 0x26, 0x38, 0x1a, 0xf4, 0xeb, 0xa4, 0xa9, 0x8e,
            0xaa, 0x9b, 0x4e, 0x6a,
        ]
        #expect(try #require(KeyExchange(secret: alice)).publicKey == publicKey)
        #expect(KeyExchange(secret: Array(alice.dropLast())) == nil)
    }

    @Test("Only the life that keys are wrapped for gets them")
    func wrapped() throws {
        var random = SeededRandom(seed: 6)
        let (from, to, other) = (
            Samples.exchange(&random), Samples.exchange(&random), Samples.exchange(&random)
        )
        let keys = [Samples.epochKey(&random), Samples.epochKey(&random)].sorted {
            $0.epoch > $1.epoch
        }
        let name = Samples.name(&random)
        let rekey = try #require(
            from.wrap(
                keys, used: keys[1].epoch, maker: name, ageMilliseconds: 7, for: to.publicKey))
        #expect(to.open(rekey) == keys)
        #expect(other.open(rekey) == nil)
        #expect(rekey.epochs == keys.map(\.epoch))
        #expect(rekey.box.prefix(32) != keys[0].key.bytes[...], "they are encrypted")
        let again = from.wrap(
            keys, used: keys[1].epoch, maker: name, ageMilliseconds: 7, for: to.publicKey)
        #expect(again == rekey, "equal words give equal bytes, so no nonce serves two plaintexts")
        let later = from.wrap(
            keys, used: keys[1].epoch, maker: name, ageMilliseconds: 8, for: to.publicKey)
        #expect(later?.box.prefix(64) != rekey.box.prefix(64), "and other words another key")
    }

    @Test("Whatever is changed in an answer, it is not opened")
    func changed() throws {
        var random = SeededRandom(seed: 7)
        let to = Samples.exchange(&random)
        let rekey = Samples.rekey(&random, for: to)
        var builder = DatagramBuilder()
        builder.append(.rekey(rekey))
        #expect(to.open(rekey) != nil)
        for bit in 0..<builder.bytes.count * 8 {
            var bytes = builder.bytes
            bytes[bit / 8] ^= 1 << UInt8(bit % 8)
            guard case .rekey(let changed) = (try? Datagram.contents(of: bytes.span))?.handshake
            else { continue }
            // Of the key the highest bit has no meaning (RFC 7748 section 5), but it is bound.
            #expect(to.open(changed) == nil, "bit \(bit)")
        }
    }

    @Test("Other keys than are named, and keys for a key spelt otherwise, are not taken")
    func misnamed() throws {
        var random = SeededRandom(seed: 9)
        let (from, to) = (Samples.exchange(&random), Samples.exchange(&random))
        let (key, other) = (Samples.epochKey(&random), Samples.epochKey(&random))
        let name = Samples.name(&random)
        let honest = try #require(
            from.wrap(
                [key], used: .file, maker: name, ageMilliseconds: 0, for: to.publicKey))
        #expect(to.open(honest) == [key])
        let wrong = try #require(from.fill(honest, with: other.key.bytes, for: to.publicKey))
        #expect(to.open(wrong) == nil)
        // The highest bit of a public key has no meaning (RFC 7748 section 5), so the secret is
        // the same; what was sent is bound nevertheless.
        let alias = to.publicKey.dropLast() + [to.publicKey[31] ^ 0x80]
        let aliased = try #require(from.fill(honest, with: key.key.bytes, for: Array(alias)))
        #expect(to.open(aliased) == nil)
    }

    @Test("Nothing is wrapped for a public key that gives everybody one secret")
    func lowOrder() {
        var random = SeededRandom(seed: 8)
        let from = Samples.exchange(&random)
        for first: UInt8 in [0, 1] {
            let point = [first] + [UInt8](repeating: 0, count: 31)
            let rekey = from.wrap(
                [Samples.epochKey(&random)], used: .file, maker: Samples.name(&random),
                ageMilliseconds: 0, for: point)
            #expect(rekey == nil)
        }
    }
}
