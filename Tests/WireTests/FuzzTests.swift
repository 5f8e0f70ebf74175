import Membership
import Primitives
import Replication
import Testing
import Wire

/// Bytes that are nearly right. Goal: decoding gives parts or throws, and never traps; what it
/// gives can be written again and read back the same.
@Suite("Malformed input")
struct FuzzTests {
    /// Eight times 25,000 mutants of valid datagrams.
    @Test("Decoding survives 200,000 mutants", arguments: 0..<8)
    func mutants(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var corpus: [[UInt8]] = []
        for kind in 0..<Samples.partKinds * 2 {
            var builder = DatagramBuilder(limit: 200)
            builder.append(Samples.part(kind % Samples.partKinds, &random))
            if kind >= Samples.partKinds {
                builder.append(Samples.part(Int.random(in: 0..<5, using: &random), &random))
            }
            if !builder.isEmpty { corpus.append(builder.bytes) }
        }
        var decoded = 0
        for _ in 0..<25_000 {
            guard var bytes = corpus.randomElement(using: &random) else { return }
            for _ in 0..<Int.random(in: 1...3, using: &random) { mutate(&bytes, &random) }
            guard let parts = try? Datagram.decode(bytes.span) else { continue }
            decoded += 1
            if decoded % 16 == 0 { expectStable(parts) }
        }
        #expect(decoded > 1_000, "mutants that all fail early test little")
    }

    private func expectStable(_ parts: [Part]) {
        var builder = DatagramBuilder()
        let written = parts.filter { builder.append($0) }
        #expect((try? Datagram.decode(builder.bytes.span)) == written)
    }

    private func mutate(_ bytes: inout [UInt8], _ random: inout SeededRandom) {
        guard !bytes.isEmpty else { return }
        let index = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<6, using: &random) {
        case 0: bytes[index] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        case 1: bytes[index] = [0, 1, 0x7F, 0x80, 0xFF][Int.random(in: 0..<5, using: &random)]
        case 2: bytes.removeLast(bytes.count - index)
        case 3: bytes.insert(UInt8(truncatingIfNeeded: random.next()), at: index)
        case 4: bytes.remove(at: index)
        default: bytes += bytes[index...].prefix(64)
        }
    }

    @Test("Payloads of records survive mutants too")
    func payloads() throws {
        var random = SeededRandom(seed: 77)
        let observation = BackendObservation(
            backend: "api|192.0.2.1:80", check: 5, status: .down, reason: 3, text: "refused")
        let gauges = (0..<4).map {
            BackendGauge(backend: $0, openConnections: 300, requests: 70_000)
        }
        let corpus = [try observation.encode()] + NodeGauges.encode(gauges, limit: 1_000)
        var refused = 0
        for _ in 0..<10_000 {
            guard var bytes = corpus.randomElement(using: &random) else { return }
            mutate(&bytes, &random)
            if (try? BackendObservation.decode(bytes.span)) == nil { refused += 1 }
            if (try? NodeGauges.decode(bytes.span)) == nil { refused += 1 }
        }
        #expect(refused > 5_000)
    }
}
