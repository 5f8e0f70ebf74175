import Primitives
import Replication
import Wire

extension FuzzSubject {
    /// Bytes that the subject reads, to begin with.
    func samples(seed: UInt64) -> [[UInt8]] {
        var random = SeededRandom(seed: seed)
        return (0..<3).flatMap { _ in
            switch self {
            case .datagram: Self.datagrams(&random)
            case .observation: [(try? Samples.observation(&random).encode()) ?? []]
            case .gauges: NodeGauges.encode(Samples.gauges(&random), limit: 300)
            case .keyEpochRecord: [Samples.keyEpochRecord(&random).encode()]
            case .sharedOperation: [Samples.sharedOperation(&random).encode(limit: 1_000)]
            case .sharedBackend: [(try? Samples.sharedBackend(&random).encode()) ?? []]
            case .claims:
                NodeClaims.encode(
                    Samples.backendClaims(20, &random), round: random.next(), limit: 300)
            case .sealed: [Samples.bytes(60, &random)]
            case .keyFile: [Self.keyFile(&random)]
            }
        }
    }

    /// Each kind of part alone, each handshake, and a datagram of several.
    private static func datagrams(_ random: inout SeededRandom) -> [[UInt8]] {
        var datagrams: [[UInt8]] = []
        var together = DatagramBuilder()
        for kind in 0..<Samples.partKinds {
            var builder = DatagramBuilder()
            builder.append(
                kind == 8
                    ? .record(Samples.record(&random, payloadMax: 60), ageMilliseconds: 9)
                    : Samples.part(kind, &random))
            datagrams.append(builder.bytes)
            if kind < 9 { together.append(Samples.part(kind, &random)) }
        }
        let rekey = Samples.rekey(&random, for: Samples.exchange(&random))
        for handshake in [Handshake.hello(Samples.hello(&random)), .rekey(rekey)] {
            var builder = DatagramBuilder()
            builder.append(handshake)
            datagrams.append(builder.bytes)
        }
        return datagrams + [together.bytes]
    }

    private static func keyFile(_ random: inout SeededRandom) -> [UInt8] {
        let keys = (0..<3).map { _ in Samples.epochKey(&random).key.base64 }
        return Array("# keys\n\(keys[0]) # first\n\n \(keys[1])\t\r\n\(keys[2])\n".utf8)
    }
}
