internal import Crypto
package import Membership

/// Wraps the keys of epochs for another node, so that neither the key of the file nor that of any
/// epoch opens them.
///
/// Each life of a node has a key pair of its own (X25519, RFC 7748) that is kept in memory only.
/// The key of a box is derived with HKDF (RFC 5869) from the shared secret of both lives, the two
/// public keys and everything that the `Rekey` says in the clear. That names the keys in the box by
/// their hashes, so one derived key encrypts one plaintext ever, and the nonce may be fixed.
package struct KeyExchange: Sendable {
    package static let publicKeyLength = 32
    /// How many bytes of secret a life needs.
    package static let secretLength = 32
    private static let tagLength = 16
    private static let salt = Array("skein rekey v1".utf8)
    private static let nonce = [UInt8](repeating: 0, count: 12)
    private static let zero = [UInt8](repeating: 0, count: 32)

    private let privateKey: Curve25519.KeyAgreement.PrivateKey
    package let publicKey: [UInt8]

    /// The exchange of a life with these random bytes, or nil unless they are `secretLength`.
    package init?(secret: [UInt8]) {
        guard secret.count == Self.secretLength,
            let key = try? Curve25519.KeyAgreement.PrivateKey(rawRepresentation: secret)
        else { return nil }
        privateKey = key
        publicKey = [UInt8](key.publicKey.rawRepresentation)
    }

    static func boxLength(keys count: Int) -> Int { count * GossipKey.length + tagLength }

    /// The keys of epochs, the greatest first, for the life with that public key. Nil when it is no
    /// public key: there are a few that would give everybody the same secret.
    package func wrap(
        _ keys: [EpochKey], used: KeyEpoch, maker: NodeName, ageMilliseconds: UInt64,
        for receiver: [UInt8]
    ) -> Rekey? {
        precondition((1...Rekey.epochLimit).contains(keys.count), "an answer has 1 to 4 keys")
        let open = Rekey(
            publicKey: publicKey, used: used, maker: maker,
            ageMilliseconds: min(ageMilliseconds, Rekey.ageMax), epochs: keys.map(\.epoch),
            box: [])
        return fill(open, with: keys.flatMap(\.key.bytes), for: receiver)
    }

    /// Puts bytes into the box.
    func fill(_ rekey: Rekey, with bytes: [UInt8], for receiver: [UInt8]) -> Rekey? {
        guard let key = boxKey(of: rekey, peer: receiver, receiver: receiver),
            let box = try? AES.GCM.seal(
                bytes, using: key, nonce: AES.GCM.Nonce(data: Self.nonce))
        else { return nil }
        return Rekey(
            publicKey: rekey.publicKey, used: rekey.used, maker: rekey.maker,
            ageMilliseconds: rekey.ageMilliseconds, epochs: rekey.epochs,
            box: [UInt8](box.ciphertext) + box.tag)
    }

    /// The keys in a `Rekey`, or nil when it was not made for this life by whoever it names, or
    /// names keys that it does not hold.
    package func open(_ rekey: Rekey) -> [EpochKey]? {
        let tagStart = rekey.box.count - Self.tagLength
        guard rekey.box.count == Self.boxLength(keys: rekey.epochs.count),
            let key = boxKey(of: rekey, peer: rekey.publicKey, receiver: publicKey),
            let box = try? AES.GCM.SealedBox(
                nonce: AES.GCM.Nonce(data: Self.nonce), ciphertext: rekey.box[..<tagStart],
                tag: rekey.box[tagStart...]),
            let plaintext = try? AES.GCM.open(box, using: key)
        else { return nil }
        let bytes = [UInt8](plaintext)
        var keys: [EpochKey] = []
        for (index, epoch) in rekey.epochs.enumerated() {
            let start = index * GossipKey.length
            guard epoch.number > 0,
                let key = GossipKey(bytes: Array(bytes[start..<start + GossipKey.length])),
                key.fingerprint == epoch.keyID
            else { return nil }
            keys.append(EpochKey(number: epoch.number, key: key))
        }
        return keys
    }

    private func boxKey(
        of rekey: Rekey, peer: [UInt8], receiver: [UInt8]
    ) -> SymmetricKey? {
        guard let peer = try? Curve25519.KeyAgreement.PublicKey(rawRepresentation: peer),
            let secret = try? privateKey.sharedSecretFromKeyAgreement(with: peer),
            // RFC 7748 section 6.1: a point of low order gives zero, whatever our key.
            !(secret == Self.zero)
        else { return nil }
        var info = WireWriter()
        info.write(rekey.publicKey)
        info.write(receiver)
        rekey.writeEnvelope(to: &info)
        return secret.hkdfDerivedSymmetricKey(
            using: SHA256.self, salt: Self.salt, sharedInfo: info.bytes,
            outputByteCount: GossipKey.length)
    }
}
