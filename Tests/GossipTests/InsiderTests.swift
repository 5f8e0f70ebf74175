import Gossip
import Membership
import Primitives
import Replication
import Simulation
import Testing
import Wire

/// A member that holds the key and says anything at all. Goal: the node that hears it never traps,
/// stays alive in its own eyes, and sends no more than its limits allow.
@Suite("Insiders")
struct InsiderTests {
    @Test("An insider may say anything", arguments: 0..<16)
    func sweep(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let cluster = SimulatedCluster(2, seed: seed)
        cluster.startAll()
        cluster.run(for: .seconds(2))
        var gossip = try #require(cluster.gossip(0))
        var insider = Insider(seed: seed)
        var now = cluster.clock(of: 0)
        var effects: [GossipEffect] = []
        gossip.receive(
            datagram: insider.introduction, from: Insider.address, at: now, effects: &effects)
        for datagram in insider.answers(effects) {
            gossip.receive(datagram: datagram, from: Insider.address, at: now, effects: &effects)
        }
        for _ in 0..<300 {
            effects = []
            var builder = DatagramBuilder()
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                builder.append(insider.part(of: gossip, &random))
            }
            gossip.receive(
                datagram: insider.seal.seal(builder.bytes), from: Insider.address, at: now,
                effects: &effects)
            let sent = effects.compactMap { effect -> Int? in
                if case .send(let bytes, _) = effect { bytes.count } else { nil }
            }
            // One reply, a probe, a round of news, and the answer to a comparison.
            #expect(sent.count <= 1 + 12 + 3 + gossip.configuration.answerLimit)
            #expect(sent.allSatisfy { $0 <= Datagram.sizeMax })
            now = now + .milliseconds(Int.random(in: 0...300, using: &random))
            gossip.tick(at: now, effects: &effects)
            #expect(gossip.nextDeadline > now)
            let own = gossip.members.first?.state
            #expect(own == .alive || own == .refused, "an insider may claim our name")
        }
        #expect(gossip.counters.dropped(.malformed) == 0)
    }
}

/// A process with a key and a name, and no manners.
private struct Insider {
    static let address = SocketAddress(ip: IPAddress(ipv4: 0xC000_0202), port: 7946)

    var seal: Seal
    let identity: Identity

    init(seed: UInt64) {
        guard let name = NodeName("insider"),
            let key = GossipKey(bytes: [UInt8](repeating: 7, count: GossipKey.length)),
            let ring = KeyRing([key])
        else { preconditionFailure("a name and a key") }
        identity = Identity(name: name, boot: BootID(high: 9, low: seed), generation: 1)
        seal = Seal(cluster: SimulatedCluster.name, ring: ring, boot: identity.boot)
    }

    var introduction: [UInt8] {
        mutating get {
            var builder = DatagramBuilder()
            builder.append(.message(.ping(1)))
            builder.append(.message(.claim(claim(.alive, 0))))
            builder.append(.message(.padding(200)))
            return seal.seal(builder.bytes)
        }
    }

    /// Answers to the pings in what a node sent.
    mutating func answers(_ effects: [GossipEffect]) -> [[UInt8]] {
        var datagrams: [[UInt8]] = []
        for case .send(let bytes, Insider.address) in effects {
            var reader = Seal(
                cluster: SimulatedCluster.name, ring: ring, boot: BootID(high: 1, low: 1))
            guard let opened = try? reader.open(bytes),
                let parts = try? Datagram.decode(opened.plaintext.span)
            else { continue }
            for case .message(.ping(let sequence)) in parts {
                var builder = DatagramBuilder()
                builder.append(.message(.ack(sequence)))
                datagrams.append(seal.seal(builder.bytes))
            }
        }
        return datagrams
    }

    private var ring: KeyRing {
        guard let key = GossipKey(bytes: [UInt8](repeating: 7, count: GossipKey.length)),
            let ring = KeyRing([key])
        else { preconditionFailure("a key") }
        return ring
    }

    private func claim(_ state: MemberState, _ incarnation: UInt64) -> Claim {
        Claim(
            identity: identity, address: Self.address, incarnation: incarnation, state: state)
    }

    // MARK: - Anything

    private static func extreme(_ random: inout SeededRandom) -> UInt64 {
        [0, 1, 2, 1 << 59, 1 << 60][Int.random(in: 0..<5, using: &random)]
    }

    func part(of gossip: Gossip, _ random: inout SeededRandom) -> Part {
        let sequence = UInt32.random(in: 0...3, using: &random)
        let known = gossip.members[Int.random(in: 0..<gossip.members.count, using: &random)]
        switch Int.random(in: 0..<12, using: &random) {
        case 0: return .message(.ping(sequence))
        case 1: return .message(.ack(sequence))
        case 2: return .message(.pingRequest(sequence, target: known.identity.boot))
        case 3: return .message(.introduce)
        case 4: return .view(random.next())
        case 5: return .gaugeView(random.next())
        case 6: return .want((0..<20).map { _ in known.name.stableHash &+ random.next() % 2 })
        case 7: return .compare(.reliable, Self.range(&random))
        case 8: return .compare(.latestOnly, Self.range(&random))
        case 9: return .record(record(of: known, &random), ageMilliseconds: Part.ageMax)
        default: return .message(.claim(claim(about: known, &random)))
        }
    }

    private func claim(about known: Member, _ random: inout SeededRandom) -> Claim {
        var claim = known.claim
        let state = MemberState.allCases[Int.random(in: 0..<4, using: &random)]
        claim.incarnation = Self.extreme(&random)
        claim.state = state
        claim.accusers = state == .alive ? [] : [identity.name]
        if Int.random(in: 0..<8, using: &random) == 0,
            let name = NodeName("ghost-\(random.next() % 50)")
        {
            claim.identity = Identity(
                name: name, boot: BootID(high: random.next(), low: 1),
                generation: Self.extreme(&random))
        }
        return claim
    }

    private func record(of known: Member, _ random: inout SeededRandom) -> Record {
        Record(
            owner: known.identity,
            key: RecordKey(kind: .observation, id: random.next() % 5),
            version: Self.extreme(&random),
            recordClass: Bool.random(using: &random) ? .reliable : .latestOnly,
            payload: Bool.random(using: &random) ? nil : [1, 2, 3])
    }

    private static func range(_ random: inout SeededRandom) -> DigestRange {
        let bounds = [random.next(), random.next(), .min, .max].shuffled(using: &random)
        let (lower, upper) = (min(bounds[0], bounds[1]), max(bounds[0], bounds[1]))
        guard Bool.random(using: &random) else {
            return DigestRange(lower: lower, upper: upper, content: .fingerprint(random.next()))
        }
        let version = DigestVersion(generation: extreme(&random), counter: extreme(&random))
        let ids = Set((0..<9).map { _ in UInt64.random(in: lower...upper, using: &random) })
        let entries = ids.sorted().map { DigestEntry(id: $0, version: version) }
        return DigestRange(lower: lower, upper: upper, content: .entries(entries))
    }
}
