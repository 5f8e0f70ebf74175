package import Membership
package import Wire

/// The times of `KeyEpochs`.
package struct KeyEpochsConfiguration: Hashable, Sendable {
    /// How long an epoch lasts before the cluster rotates by itself.
    package var interval: Duration = .seconds(24 * 3_600)
    /// How long nobody may be missing before an epoch that all have is used.
    package var useDelay: Duration = .seconds(2)
    /// How long after all use an epoch those before it are retired: datagrams may be in flight.
    package var retireDelay: Duration = .seconds(10)
    /// How long nobody must have spoken under our epoch before the word of a stranger is enough to
    /// believe that the cluster moved on.
    package var silence: Duration = .seconds(3)
    /// How often a key that others have is asked for, and how often at most a member is greeted
    /// because it cannot be understood.
    package var askInterval: Duration = .seconds(1)
    /// No datagram with a `hello` is longer than this, in bytes.
    package var greetingSize = 320
    /// After how long without a rotation the member next by name takes its turn.
    package var patience: Duration = .seconds(60)

    package init() {}
}

/// What whoever drives `KeyEpochs` is asked to do, in order.
package enum KeyEpochEffect: Hashable, Sendable {
    /// `Seal.install`
    case install(EpochKey)
    /// `Seal.use`
    case use(KeyEpoch)
    /// `Seal.retire`
    case retire(below: KeyEpoch)
    /// Publish this as the payload of the record `KeyEpochRecord.key`, reliably.
    case publish([UInt8])
    /// Send this member `KeyEpochs.hello`, sealed for a handshake.
    case greet(NodeName)
    /// It is time for a new epoch: draw 32 random bytes and call `rotate`.
    case keyWanted
}

/// Why a rotation did not begin.
package enum KeyEpochError: Error, Hashable, Sendable {
    /// A key has `GossipKey.length` bytes.
    case wrongLength(bytes: Int)
    /// A rotation is under way; it ends when all members that are present have the key.
    case underWay(KeyEpoch)
    /// There are no higher numbers.
    case exhausted
}

extension KeyEpochError: CustomStringConvertible {
    /// One line for the operator.
    package var description: String {
        switch self {
        case .wrongLength(let bytes):
            "a key has \(GossipKey.length) bytes, not \(bytes)"
        case .underWay(let epoch):
            "a change to key epoch \(epoch.number) is under way; wait until all nodes use it"
        case .exhausted: "there are no higher key epochs"
        }
    }
}
