import Membership
import Primitives
import Testing

@testable import Wire

/// Which keys a node seals with and accepts while epochs come and go.
@Suite("Seal and key epochs")
struct SealEpochTests {
    private static func seal(_ ring: KeyRing = Samples.ring(1), boot: UInt64) -> Seal {
        Seal(cluster: "c", ring: ring, boot: BootID(high: boot, low: boot))
    }

    private var from = Self.seal(boot: 1)
    private var to = Self.seal(boot: 2)

    private static func key(_ number: UInt32, _ byte: UInt8) -> EpochKey {
        EpochKey(number: number, key: Samples.key(byte))
    }

    private let first = Self.key(1, 101)
    private let second = Self.key(2, 102)

    private enum Outcome: Equatable {
        case opened(KeyEpoch)
        case handshakeOnly
        case dropped(DropReason)
    }

    private func outcome(_ datagram: [UInt8], _ seal: inout Seal) -> Outcome {
        do throws(DropReason) {
            let opened = try seal.open(datagram)
            return opened.isHandshakeOnly ? .handshakeOnly : .opened(opened.epoch)
        } catch {
            return .dropped(error)
        }
    }

    @Test("Without epochs everything is as the key file says")
    mutating func epochZero() {
        #expect(from.used == .file)
        #expect(outcome(from.seal([1]), &to) == .opened(.file))
        #expect(outcome(from.sealHandshake([1]), &to) == .opened(.file))
    }

    @Test("Installed, used, retired: nothing that is used is ever not understood")
    mutating func rotation() {
        to.install(first)
        from.install(first)
        #expect(outcome(from.seal([1]), &to) == .opened(.file), "installed, not used")
        #expect(from.use(first.epoch) == true)
        #expect(outcome(from.seal([1]), &to) == .opened(first.epoch))
        #expect(outcome(to.seal([1]), &from) == .opened(.file), "the other is not so far yet")
        to.use(first.epoch)
        to.retire(below: first.epoch)
        #expect(outcome(from.seal([1]), &to) == .opened(first.epoch))
        #expect(outcome(from.sealHandshake([1]), &to) == .handshakeOnly)
        #expect(outcome(to.seal([1]), &from) == .opened(first.epoch))
        from.install(second)
        from.use(second.epoch)
        #expect(outcome(from.seal([1]), &to) == .dropped(.unknownKey))
        to.install(second)
        to.use(second.epoch)
        to.retire(below: second.epoch)
        #expect(outcome(from.seal([1]), &to) == .opened(second.epoch))
    }

    @Test("What a retired epoch sealed is dropped by that name, and does not come back")
    mutating func retired() {
        for key in [first, second] {
            from.install(key)
            to.install(key)
        }
        from.use(first.epoch)
        let late = from.seal([1])
        to.use(second.epoch)
        #expect(outcome(from.seal([1]), &to) == .opened(first.epoch))
        to.retire(below: second.epoch)
        #expect(outcome(late, &to) == .dropped(.retiredKey))
        to.install(first)
        #expect(outcome(late, &to) == .dropped(.retiredKey))
        #expect(to.use(first.epoch) == false)
        #expect(to.use(.file) == false)
        #expect(to.used == second.epoch)
    }

    @Test("The epoch in use is never retired, and none is used that is not installed")
    mutating func clamped() {
        from.retire(below: first.epoch)
        #expect(outcome(to.seal([1]), &from) == .opened(.file))
        #expect(from.use(first.epoch) == false)
        from.install(first)
        from.use(first.epoch)
        to.install(first)
        from.retire(below: second.epoch)
        #expect(outcome(from.seal([1]), &to) == .opened(first.epoch))
    }

    @Test("One counter and one replay window serve all keys")
    mutating func replays() {
        from.install(first)
        to.install(first)
        let before = from.seal([1])
        from.use(first.epoch)
        let after = from.seal([1])
        let handshake = from.sealHandshake([1])
        for (datagram, epoch) in [(after, first.epoch), (before, .file), (handshake, .file)] {
            #expect(outcome(datagram, &to) == .opened(epoch))
            #expect(outcome(datagram, &to) == .dropped(.replayed))
        }
    }

    @Test("Of more than four epochs the least that is not in use is given up")
    mutating func bounded() {
        let keys = (1...6).map { Self.key($0, UInt8($0) + 100) }
        to.install(keys[0])
        to.use(keys[0].epoch)
        for key in keys { to.install(key) }
        let understood = keys.map { key in
            var from = Self.seal(boot: UInt64(key.epoch.number) + 10)
            from.install(key)
            from.use(key.epoch)
            return outcome(from.seal([1]), &to) == .opened(key.epoch)
        }
        #expect(understood == [true, false, false, true, true, true])
    }

    @Test("Another key file changes handshakes, and epochs not at all")
    mutating func replacedFile() {
        from.install(first)
        from.use(first.epoch)
        to.install(first)
        to.use(first.epoch)
        to.retire(below: first.epoch)
        from.replaceKeys(Samples.ring(2, 1))
        #expect(outcome(from.seal([1]), &to) == .opened(first.epoch))
        #expect(outcome(from.sealHandshake([1]), &to) == .dropped(.unknownKey))
        to.replaceKeys(Samples.ring(1, 2))
        #expect(outcome(from.sealHandshake([1]), &to) == .handshakeOnly)
        #expect(outcome(from.seal([1]), &to) == .opened(first.epoch))
    }

    @Test("The key file alone opens nothing that an epoch sealed")
    mutating func fileAlone() {
        from.install(first)
        from.use(first.epoch)
        #expect(outcome(from.seal([1]), &to) == .dropped(.unknownKey))
        // Nor does the key of another epoch under the right id.
        var datagram = from.seal([1])
        let id = Samples.key(1).id
        datagram[3] = UInt8(id >> 8)
        datagram[4] = UInt8(truncatingIfNeeded: id)
        #expect(outcome(datagram, &to) == .dropped(.forged))
    }

    @Test("Epochs are ordered by number, then by key")
    func order() {
        let epochs = [
            KeyEpoch.file, KeyEpoch(number: 1, keyID: 5), KeyEpoch(number: 1, keyID: 6),
            KeyEpoch(number: 2, keyID: 0),
        ]
        #expect(epochs.reversed().sorted() == epochs)
        #expect(first.epoch < second.epoch)
        #expect(Self.key(1, 7).epoch != first.epoch, "two keys of one number are two epochs")
    }
}
