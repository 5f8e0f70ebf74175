internal import Crypto
package import Membership

/// Seals and opens datagrams, so that only holders of a cluster key take part.
///
///     version 1 | cluster 2 | key 2 | boot id 16 | counter 6 | ciphertext | tag 16
///
/// The cipher is AES-256-GCM. Each process seals with a key of its own, derived from the shared key
/// and its boot id, under a nonce of boot id and counter; the counter never repeats in a process
/// and no two processes have one boot id, so no nonce is used twice under one key. The header and
/// the cluster's name are authenticated too. Receivers remember which counters of each sender they
/// saw, so a datagram counts once.
///
/// The header's cluster and key are hashes: they only say early, and by name, why a datagram is of
/// no use.
package struct Seal: Sendable {
    /// What `open` found.
    package struct Opened: Hashable, Sendable {
        /// The process that sealed it.
        package let sender: BootID
        package let plaintext: [UInt8]
    }

    private struct Sender: Sendable {
        var window = ReplayWindow()
        /// Its key, derived from `keyed`.
        var key: SymmetricKey
        var keyed: GossipKey
        var lastUse: UInt64
    }

    package static let version: UInt8 = 1
    private static let headerLength = 27
    private static let tagLength = 16
    /// By how many bytes a datagram is longer than its plaintext.
    package static let overhead = headerLength + tagLength
    /// The counter has 48 bits: enough for 892 years at ten thousand datagrams a second.
    private static let counterMax: UInt64 = 1 << 48 - 1
    /// Windows are kept for so many senders; then the one silent for longest is forgotten.
    package static let senderLimit = 4_096

    private let boot: BootID
    private let cluster: [UInt8]
    private let clusterTag: [UInt8]
    private var ring: KeyRing
    private var sealingKey: SymmetricKey
    private var counter: UInt64 = 0
    private var senders: [BootID: Sender] = [:]
    private var uses: UInt64 = 0

    /// Seals as `boot` for the cluster of that name with the first key of the ring.
    package init(cluster: String, ring: KeyRing, boot: BootID) {
        self.boot = boot
        self.cluster = Array(cluster.utf8)
        clusterTag = Array(SHA256.hash(data: Array("skein cluster ".utf8) + self.cluster)).dropLast(
            SHA256.byteCount - 2)
        self.ring = ring
        sealingKey = ring.keys[0].derived(boot: Self.bytes(of: boot), cluster: self.cluster)
    }

    /// Goes on with other keys. Replay windows and the counter stay.
    package mutating func replaceKeys(_ ring: KeyRing) {
        self.ring = ring
        sealingKey = ring.keys[0].derived(boot: Self.bytes(of: boot), cluster: cluster)
    }

    /// The datagram of `plaintext`, longer by `overhead`.
    package mutating func seal(_ plaintext: [UInt8]) -> [UInt8] {
        precondition(counter < Self.counterMax, "a process seals fewer than 2^48 datagrams")
        counter += 1
        let header = header(key: ring.keys[0].id)
        do {
            let box = try AES.GCM.seal(
                plaintext, using: sealingKey, nonce: Self.nonce(header),
                authenticating: header + cluster)
            return header + box.ciphertext + box.tag
        } catch {
            preconditionFailure("sealing needs a key and a nonce of the right length: \(error)")
        }
    }

    /// Opens a datagram of another process, once.
    package mutating func open(_ datagram: [UInt8]) throws(DropReason) -> Opened {
        guard let version = datagram.first else { throw .short }
        guard version == Self.version else { throw .version }
        guard datagram.count >= Self.overhead else { throw .short }
        guard datagram.count <= Datagram.sizeMax else { throw .malformed }
        guard datagram[1...2].elementsEqual(clusterTag) else { throw .foreignCluster }
        let keyID = UInt16(datagram[3]) << 8 | UInt16(datagram[4])
        let candidates = ring.keys.filter { $0.id == keyID }
        guard !candidates.isEmpty else { throw .unknownKey }
        let sender = BootID(
            high: Self.number(datagram[5..<13]), low: Self.number(datagram[13..<21]))
        for key in candidates {
            let own = ownKey(of: sender, from: key)
            guard let plaintext = decrypt(datagram, with: own) else { continue }
            let counter = Self.number(datagram[21..<27])
            guard admit(counter, of: sender, own, key) else { throw .replayed }
            return Opened(sender: sender, plaintext: plaintext)
        }
        throw .forged
    }

    private func decrypt(_ datagram: [UInt8], with key: SymmetricKey) -> [UInt8]? {
        let header = datagram[..<Self.headerLength]
        let tag = datagram[(datagram.count - Self.tagLength)...]
        let ciphertext = datagram[Self.headerLength..<(datagram.count - Self.tagLength)]
        guard
            let nonce = try? Self.nonce(Array(header)),
            let box = try? AES.GCM.SealedBox(nonce: nonce, ciphertext: ciphertext, tag: tag),
            let plaintext = try? AES.GCM.open(box, using: key, authenticating: header + cluster)
        else { return nil }
        return Array(plaintext)
    }

    private func ownKey(of sender: BootID, from key: GossipKey) -> SymmetricKey {
        if let known = senders[sender], known.keyed == key { return known.key }
        return key.derived(boot: Self.bytes(of: sender), cluster: cluster)
    }

    /// Remembers a counter that was authenticated; false when it came before.
    private mutating func admit(
        _ counter: UInt64, of sender: BootID, _ own: SymmetricKey, _ key: GossipKey
    ) -> Bool {
        guard sender != boot else { return false }
        uses += 1
        if senders[sender] == nil, senders.count >= Self.senderLimit {
            let oldest = senders.min { $0.value.lastUse < $1.value.lastUse }
            if let oldest { senders[oldest.key] = nil }
        }
        var state = senders[sender] ?? Sender(key: own, keyed: key, lastUse: uses)
        let isNew = state.window.admit(counter)
        state.key = own
        state.keyed = key
        state.lastUse = uses
        senders[sender] = state
        return isNew
    }

    // MARK: - Header

    private func header(key: UInt16) -> [UInt8] {
        var writer = WireWriter()
        writer.write(Self.version)
        writer.write(clusterTag)
        writer.writeFixed(UInt64(key), count: 2)
        writer.write(boot)
        writer.writeFixed(counter, count: 6)
        return writer.bytes
    }

    /// The first half of the boot id's high word and the counter, twelve bytes in all.
    private static func nonce(_ header: [UInt8]) throws -> AES.GCM.Nonce {
        try AES.GCM.Nonce(data: header[5..<11] + header[21..<27])
    }

    private static func bytes(of boot: BootID) -> [UInt8] {
        var writer = WireWriter()
        writer.write(boot)
        return writer.bytes
    }

    private static func number(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        bytes.reduce(0) { $0 << 8 | UInt64($1) }
    }
}
