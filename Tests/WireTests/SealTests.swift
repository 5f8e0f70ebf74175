import Membership
import Primitives
import Testing
import Wire

/// Who may speak. Each test seals with one `Seal` and opens with another.
@Suite("Seal")
struct SealTests {
    private static let sender = BootID(high: 0x1122_3344_5566_7788, low: 9)

    private func seal(
        _ ring: KeyRing = Samples.ring(1), cluster: String = "c",
        boot: BootID = SealTests.sender
    ) -> Seal {
        Seal(cluster: cluster, ring: ring, boot: boot)
    }

    private func receiver(_ ring: KeyRing = Samples.ring(1), cluster: String = "c") -> Seal {
        seal(ring, cluster: cluster, boot: BootID(high: 3, low: 4))
    }

    /// Why `seal` refuses a datagram, or nil if it opens it.
    private func refusal(_ datagram: [UInt8], _ seal: inout Seal) -> DropReason? {
        do throws(DropReason) {
            _ = try seal.open(datagram)
            return nil
        } catch {
            return error
        }
    }

    @Test("What is sealed opens to the same bytes and names its sender", arguments: [0, 1, 1_157])
    func opens(length: Int) throws {
        var (from, to) = (seal(), receiver())
        let plaintext = (0..<length).map { UInt8(truncatingIfNeeded: $0) }
        let datagram = from.seal(plaintext)
        #expect(datagram.count == length + Seal.overhead)
        let opened = try to.open(datagram)
        #expect(opened.plaintext == plaintext)
        #expect(opened.sender == SealTests.sender)
    }

    @Test("No two datagrams are alike, be their plaintexts equal")
    func fresh() {
        var from = seal()
        let datagrams = Set((0..<100).map { _ in from.seal([1, 2, 3]) })
        #expect(datagrams.count == 100)
        // Another process with the same key and counter encrypts differently too.
        var other = seal(boot: BootID(high: 0x1122_3344_5566_7788, low: 10))
        var first = seal()
        #expect(first.seal([0, 0, 0, 0]).suffix(20) != other.seal([0, 0, 0, 0]).suffix(20))
    }

    @Test("Wrong key, wrong cluster, other version, too short, too long")
    func reasons() {
        var from = seal()
        let datagram = from.seal([1])
        var other = receiver(Samples.ring(2))
        #expect(refusal(datagram, &other) == .unknownKey)
        var foreign = receiver(cluster: "d")
        #expect(refusal(datagram, &foreign) == .foreignCluster)
        var to = receiver()
        #expect(refusal([], &to) == .short)
        #expect(refusal([2] + datagram.dropFirst(), &to) == .version)
        #expect(refusal(Array(datagram.prefix(Seal.overhead - 1)), &to) == .short)
        let long = [UInt8](repeating: 1, count: Datagram.sizeMax + 1)
        #expect(refusal(long, &to) == .malformed)
        #expect(refusal(datagram, &to) == nil, "none of these did harm")
    }

    @Test("A cluster of the same key with a forged header is still foreign")
    func clusterIsBound() {
        var from = seal(cluster: "d")
        var datagram = from.seal([1])
        var own = seal(cluster: "c")
        datagram.replaceSubrange(1...2, with: own.seal([1])[1...2])
        var to = receiver()
        #expect(refusal(datagram, &to) == .forged)
    }

    @Test("Every flipped bit is noticed")
    func bitFlips() {
        var from = seal()
        let datagram = from.seal([10, 20, 30])
        var to = receiver()
        for bit in 0..<datagram.count * 8 {
            var changed = datagram
            changed[bit / 8] ^= 1 << UInt8(bit % 8)
            let reason = refusal(changed, &to)
            switch bit / 8 {
            case 0: #expect(reason == .version)
            case 1...2: #expect(reason == .foreignCluster)
            case 3...4: #expect(reason == .unknownKey)
            default: #expect(reason == .forged)
            }
        }
        #expect(refusal(datagram, &to) == nil)
    }

    @Test("Every truncation is noticed")
    func truncations() {
        var from = seal()
        let datagram = from.seal([10, 20, 30])
        var to = receiver()
        for length in 0..<datagram.count {
            let reason = refusal(Array(datagram.prefix(length)), &to)
            #expect(reason == (length < Seal.overhead ? .short : .forged))
        }
    }

    @Test("A datagram counts once, and late ones count while the window remembers")
    func replays() {
        var (from, to) = (seal(), receiver())
        let datagrams = (0..<100).map { _ in from.seal([1]) }
        #expect(refusal(datagrams[0], &to) == nil)
        #expect(refusal(datagrams[0], &to) == .replayed)
        #expect(refusal(datagrams[80], &to) == nil)
        #expect(refusal(datagrams[79], &to) == nil)
        #expect(refusal(datagrams[79], &to) == .replayed)
        #expect(refusal(datagrams[17], &to) == nil, "63 behind the newest")
        #expect(refusal(datagrams[16], &to) == .replayed, "64 behind it")
        #expect(refusal(datagrams[99], &to) == nil)
        #expect(refusal(datagrams[80], &to) == .replayed)
    }

    @Test("Each process has a window of its own, and our own datagrams are none")
    func senders() {
        var (first, to) = (seal(), receiver())
        var second = seal(boot: BootID(high: 7, low: 7))
        #expect(refusal(first.seal([1]), &to) == nil)
        #expect(refusal(second.seal([1]), &to) == nil)
        let own = to.seal([1])
        #expect(refusal(own, &to) == .replayed)
    }

    @Test("Keys rotate without a gap: added, moved to the front, removed")
    func rotation() {
        var (from, to) = (seal(), receiver())
        var missed = receiver()
        to.replaceKeys(Samples.ring(1, 2))
        #expect(refusal(from.seal([1]), &to) == nil, "the old key is accepted from the ring")
        from.replaceKeys(Samples.ring(2, 1))
        let datagram = from.seal([1])
        #expect(refusal(datagram, &to) == nil)
        #expect(refusal(datagram, &to) == .replayed, "windows outlive keys")
        #expect(refusal(from.seal([1]), &missed) == .unknownKey)
        to.replaceKeys(Samples.ring(2))
        #expect(refusal(from.seal([1]), &to) == nil)
        var stale = seal(boot: BootID(high: 8, low: 8))
        #expect(refusal(stale.seal([1]), &to) == .unknownKey)
    }

    @Test("Random bytes are never opened", arguments: 0..<4)
    func noise(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var to = receiver()
        for _ in 0..<1_000 {
            let length = Int.random(in: 0...200, using: &random)
            var bytes = (0..<length).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            if Bool.random(using: &random), !bytes.isEmpty { bytes[0] = Seal.version }
            #expect(refusal(bytes, &to) != nil)
        }
    }
}
