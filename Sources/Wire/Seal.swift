internal import Crypto
package import Membership

/// Seals and opens datagrams, so that only holders of a cluster key take part.
///
///     version 1 | cluster 2 | key 2 | boot id 16 | counter 6 | ciphertext | tag 16
///
/// The cipher is AES-256-GCM. Each process seals with a key of its own, derived from a shared key,
/// the cluster's name and its boot id, under a nonce of boot id and counter; the counter never
/// repeats in a process and no two processes have one boot id, so no nonce is used twice under one
/// key. The header is authenticated too. Receivers remember which counters of each sender they saw,
/// so a datagram counts once.
///
/// The header's cluster and key are hashes: they only say early, and by name, why a datagram is of
/// no use.
///
/// The shared keys are those of the key file, which are epoch 0, and those of later epochs, which
/// come and go by `install`, `use` and `retire`; `KeyEpochs` decides when. Whatever epoch is in
/// use, handshakes are sealed with the first key of the file. Once epoch 0 is retired they are all
/// that may be taken from a datagram that such a key seals.
package struct Seal: Sendable {
    /// What `open` found.
    package struct Opened: Hashable, Sendable {
        /// The process that sealed it.
        package let sender: BootID
        package let plaintext: [UInt8]
        /// Whose key sealed it.
        package let epoch: KeyEpoch
        /// Whether nothing but a handshake may be taken from it.
        package let isHandshakeOnly: Bool
    }

    private struct Sender: Sendable {
        var window = ReplayWindow()
        /// Its key, derived from `keyed`.
        var key: SymmetricKey
        var keyed: GossipKey
        var lastUse: UInt64
    }

    package static let version: UInt8 = 1
    private static let tagLength = 16
    /// By how many bytes a datagram is longer than its plaintext.
    package static let overhead = SealHeader.length + tagLength
    /// Windows are kept for so many senders; then the one silent for longest is forgotten.
    package static let senderLimit = 4_096

    private let boot: BootID
    private let clusterTag: UInt16
    private var keys: SealKeys
    /// Our own keys, derived from that of the epoch in use and from the first of the file.
    private var sealingKey: SymmetricKey
    private var handshakeKey: SymmetricKey
    private var counter: UInt64 = 0
    private var senders: [BootID: Sender] = [:]
    private var uses: UInt64 = 0

    /// Seals as `boot` for the cluster of that name with the first key of the ring.
    package init(cluster: String, ring: KeyRing, boot: BootID) {
        self.boot = boot
        let hash = Array(SHA256.hash(data: Array("skein cluster ".utf8) + Array(cluster.utf8)))
        clusterTag = UInt16(hash[30]) << 8 | UInt16(hash[31])
        keys = SealKeys(ring, cluster: Array(cluster.utf8))
        handshakeKey = keys.file.own(of: boot)
        sealingKey = handshakeKey
    }

    // MARK: - Keys

    /// The epoch that this node seals with.
    package var used: KeyEpoch { keys.used }

    /// Goes on with other keys of the file. Epochs, replay windows and the counter stay.
    package mutating func replaceKeys(_ ring: KeyRing) {
        keys.replaceFile(ring)
        deriveOwnKeys()
    }

    /// Opens what that key seals from now on. Of more than `Rekey.epochLimit` epochs the least that
    /// is not in use is given up; an epoch that was retired stays so.
    package mutating func install(_ key: EpochKey) {
        keys.install(key)
    }

    /// Seals with the key of that epoch from now on; false when it is not installed.
    @discardableResult
    package mutating func use(_ epoch: KeyEpoch) -> Bool {
        guard keys.use(epoch) else { return false }
        deriveOwnKeys()
        return true
    }

    /// Forgets the keys of all epochs before that one, but not of the one in use. Of epoch 0
    /// handshakes remain.
    package mutating func retire(below epoch: KeyEpoch) {
        keys.retire(below: epoch)
    }

    private mutating func deriveOwnKeys() {
        handshakeKey = keys.file.own(of: boot)
        sealingKey = keys.sealing.own(of: boot)
    }

    // MARK: - Sealing

    /// The datagram of `plaintext`, longer by `overhead`.
    package mutating func seal(_ plaintext: [UInt8]) -> [UInt8] {
        seal(plaintext, with: sealingKey, id: keys.sealing.key.id)
    }

    /// The same with the first key of the file: for a datagram with a handshake, and for the answer
    /// to one.
    package mutating func sealHandshake(_ plaintext: [UInt8]) -> [UInt8] {
        seal(plaintext, with: handshakeKey, id: keys.file.key.id)
    }

    private mutating func seal(
        _ plaintext: [UInt8], with key: SymmetricKey, id: UInt16
    ) -> [UInt8] {
        precondition(counter < SealHeader.counterMax, "a process seals fewer than 2^48 datagrams")
        counter += 1
        let header = SealHeader(
            clusterTag: clusterTag, keyID: id, boot: boot, counter: counter)
        var datagram = header.bytes(capacity: plaintext.count + Self.overhead)
        do {
            let box = try AES.GCM.seal(
                plaintext, using: key, nonce: AES.GCM.Nonce(data: header.nonce()),
                authenticating: datagram)
            // One append of ciphertext and tag together: `Data` makes each of them dear.
            guard let combined = box.combined else { preconditionFailure("the nonce has 12 bytes") }
            datagram.append(contentsOf: combined.dropFirst(SealHeader.nonceLength))
            return datagram
        } catch {
            preconditionFailure("sealing needs a key and a nonce of the right length: \(error)")
        }
    }

    // MARK: - Opening

    /// Opens a datagram of another process, once.
    package mutating func open(_ datagram: [UInt8]) throws(DropReason) -> Opened {
        guard let version = datagram.first else { throw .short }
        guard version == Self.version else { throw .version }
        guard datagram.count >= Self.overhead else { throw .short }
        guard datagram.count <= Datagram.sizeMax else { throw .malformed }
        let header = SealHeader(of: datagram.span)
        guard header.clusterTag == clusterTag else { throw .foreignCluster }
        let known = senders.index(forKey: header.boot)
        var isForged = false
        for shared in keys.all where shared.key.id == header.keyID {
            let own = ownKey(of: header.boot, known: known, from: shared)
            guard let plaintext = decrypt(datagram, header, with: own) else {
                isForged = true
                continue
            }
            guard admit(header, known: known, own, shared.key) else { throw .replayed }
            return Opened(
                sender: header.boot, plaintext: plaintext, epoch: shared.epoch,
                isHandshakeOnly: shared.epoch == .file && keys.isFileRetired)
        }
        if isForged { throw .forged }
        throw keys.isRetired(id: header.keyID) ? .retiredKey : .unknownKey
    }

    private func ownKey(
        of boot: BootID, known: Dictionary<BootID, Sender>.Index?, from shared: SharedKey
    ) -> SymmetricKey {
        if let known {
            let sender = senders.values[known]
            if sender.keyed == shared.key { return sender.key }
        }
        return shared.own(of: boot)
    }

    private func decrypt(
        _ datagram: [UInt8], _ header: SealHeader, with key: SymmetricKey
    ) -> [UInt8]? {
        var combined = header.nonce(capacity: datagram.count)
        combined.append(contentsOf: datagram[SealHeader.length...])
        guard
            let box = try? AES.GCM.SealedBox(combined: combined),
            let plaintext = try? AES.GCM.open(
                box, using: key, authenticating: datagram[..<SealHeader.length])
        else { return nil }
        return Array(plaintext)
    }

    /// Remembers a counter that was authenticated; false when it came before.
    private mutating func admit(
        _ header: SealHeader, known: Dictionary<BootID, Sender>.Index?, _ own: SymmetricKey,
        _ key: GossipKey
    ) -> Bool {
        guard header.boot != boot else { return false }
        uses += 1
        guard let known else {
            makeRoom()
            var sender = Sender(key: own, keyed: key, lastUse: uses)
            let isNew = sender.window.admit(header.counter)
            senders[header.boot] = sender
            return isNew
        }
        senders.values[known].lastUse = uses
        if senders.values[known].keyed != key {
            senders.values[known].key = own
            senders.values[known].keyed = key
        }
        return senders.values[known].window.admit(header.counter)
    }

    private mutating func makeRoom() {
        guard senders.count >= Self.senderLimit else { return }
        let oldest = senders.min { $0.value.lastUse < $1.value.lastUse }
        if let oldest { senders[oldest.key] = nil }
    }
}
