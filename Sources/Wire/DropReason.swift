/// Why a datagram was dropped. Dropped datagrams change nothing and are counted, by reason.
package enum DropReason: Int, Error, Hashable, Sendable, CaseIterable {
    /// It has not even a header and a tag.
    case short
    /// It is of a wire version that this release does not speak.
    case version
    /// It is of another cluster.
    case foreignCluster
    /// It is sealed with a key that is not in the ring.
    case unknownKey
    /// The seal does not hold: made without the key, or changed on the way.
    case forged
    /// It came before, is too old to tell, or is one of our own.
    case replayed
    /// The seal holds but the content does not follow the format, or is longer than any datagram.
    case malformed
    /// It is sealed with a key that is used no more: of an epoch that was retired, or, without a
    /// handshake in it, of the key file after epoch 0 was.
    case retiredKey
}
