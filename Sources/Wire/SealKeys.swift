internal import Crypto
import Membership

/// A shared key that a `Seal` accepts.
struct SharedKey: Sendable {
    let key: GossipKey
    let epoch: KeyEpoch
    /// The key and the cluster's name in one: the first step of HKDF (RFC 5869 section 2.2), made
    /// once for all processes.
    private let extracted: SymmetricKey

    init(_ key: GossipKey, of epoch: KeyEpoch, cluster: [UInt8]) {
        self.key = key
        self.epoch = epoch
        extracted = SymmetricKey(
            data: HKDF<SHA256>.extract(
                inputKeyMaterial: SymmetricKey(data: key.bytes), salt: cluster))
    }

    /// The key with which one process seals: derived with HKDF, so counters of two processes may be
    /// equal without a nonce being used twice.
    func own(of boot: BootID) -> SymmetricKey {
        var info = WireWriter()
        info.write(Array("skein gossip v1 ".utf8))
        info.write(boot)
        return HKDF<SHA256>.expand(
            pseudoRandomKey: extracted, info: info.bytes, outputByteCount: GossipKey.length)
    }
}

/// The shared keys that a `Seal` accepts, and the epoch that it seals with.
struct SealKeys: Sendable {
    private let cluster: [UInt8]
    /// Those of the epochs after the first, the greatest first, and then those of the file.
    private(set) var all: [SharedKey]
    private(set) var used = KeyEpoch.file
    /// Epochs below are retired.
    private var floor = KeyEpoch.file
    /// The ids of the keys retired last, to tell them from foreign ones.
    private var retired: [UInt16] = []

    init(_ ring: KeyRing, cluster: [UInt8]) {
        self.cluster = cluster
        all = ring.keys.map { SharedKey($0, of: .file, cluster: cluster) }
    }

    var isFileRetired: Bool { floor > .file }

    func isRetired(id: UInt16) -> Bool { retired.contains(id) }

    private var epochCount: Int { all.count { $0.epoch > .file } }

    /// The first key of the file.
    var file: SharedKey { all[epochCount] }

    /// The key of the epoch in use.
    var sealing: SharedKey { all.first { $0.epoch == used } ?? file }

    mutating func replaceFile(_ ring: KeyRing) {
        all.removeLast(all.count - epochCount)
        all += ring.keys.map { SharedKey($0, of: .file, cluster: cluster) }
    }

    mutating func install(_ key: EpochKey) {
        guard key.epoch >= floor, !all.contains(where: { $0.epoch == key.epoch }) else { return }
        let place = all.firstIndex { $0.epoch < key.epoch } ?? all.count
        all.insert(SharedKey(key.key, of: key.epoch, cluster: cluster), at: place)
        guard epochCount > Rekey.epochLimit,
            let least = all[..<epochCount].lastIndex(where: { $0.epoch != used })
        else { return }
        all.remove(at: least)
    }

    /// False when the epoch is not installed.
    mutating func use(_ epoch: KeyEpoch) -> Bool {
        guard all.contains(where: { $0.epoch == epoch }), epoch > .file || !isFileRetired else {
            return false
        }
        used = epoch
        return true
    }

    mutating func retire(below epoch: KeyEpoch) {
        floor = max(floor, min(epoch, used))
        for old in all where old.epoch > .file && old.epoch < floor { retired.append(old.key.id) }
        retired = retired.suffix(Rekey.epochLimit)
        all.removeAll { $0.epoch > .file && $0.epoch < floor }
    }
}
