package import Membership
package import Primitives
package import Wire

/// Decides which key epochs a node has, which it seals with and which it gives up: key rotation
/// without a leader and without an operator, as pure code.
///
/// The keys of the key file admit a node to the cluster. What the members say to one another is
/// sealed with the key of an *epoch*; epoch 0 is the first key of the file, later ones are random.
/// Events and `now` go in, effects come out; `Seal` holds the keys.
///
/// ## How an epoch begins and ends
///
/// 1. *Install*: somebody draws a key (`rotate`) and publishes that it has it, as every member does
///    with the greatest epoch that it has, in one single-writer record. Whoever reads of a greater
///    epoch than its own asks a member that has it, by `Hello`, and is answered by a `Rekey`. So of
///    two rotations at once everybody ends with the greater.
/// 2. *Use*: once every member that is present has said that it has the epoch, and that held for
///    `KeyEpochsConfiguration.useDelay`, it is sealed with.
/// 3. *Retire*: once every member that is present has said that it uses it, and that held for
///    `retireDelay`, the epochs before it are forgotten.
///
/// Members that are dead, have left or are refused hold up nothing. A rotation begins when asked for
/// and when the epoch is older than `interval`; then it is the turn of the least name among those
/// present, and, each time `patience` is over, of the next.
///
/// ## Why no member that is present is cut off
///
/// A member opens what any epoch seals that it has and did not retire. Say that p seals with e and
/// q is a member that p holds present. When p began to use e, q had said that it has it. q forgets e
/// only after p, which q holds present too, has said that it uses a later one, and p says so after
/// it does it; the delay covers what is still on its way. So as long as two members hold each other
/// present each has what the other seals with. Records are relayed, so this needs no direct path.
///
/// The exceptions begin with views that differ, and end by handshake. They are: a member that was
/// held dead and went on (stopped, cut off), a node that starts with nothing but the key file, and
/// two halves that rotated each for itself. Handshakes are sealed with a key of the file, which all
/// have. They go out with every contact to a dead member or a seed (`hello`), to a member that
/// cannot be understood (`notOpened`) and to a member that has what we lack. Keys that a handshake
/// brings are used before all have them only when
///
/// - a member that is present already uses that epoch, and so had our word or holds us dead; or
/// - whoever else we heard of uses it, and nobody has spoken under ours for `silence`: the cluster
///   moved on without us, or we have only just begun.
///
/// Where a half of the cluster still talks among itself neither is so, and it changes over together.
///
/// ## What is read by whom
///
/// Keys of epochs never travel under another key of the cluster: each is wrapped for one life with
/// the shared secret of two key pairs that are in memory only (`KeyExchange`). Whoever recorded
/// everything and later gets the key file reads what was sealed with epoch 0, until the first
/// rotation ended, and the handshakes: public keys, numbers and hashes of keys, names. Later epochs
/// stay closed to it; the key of one epoch opens that epoch alone, and the secret of one life opens
/// only the keys that this life was sent or sent. Whoever has the file *now* and sends datagrams is
/// a member like any other: to shut it out, change the file everywhere and then rotate.
package struct KeyEpochs: Sendable {
    /// An epoch whose key this node has.
    struct Held: Sendable {
        let key: EpochKey
        let maker: NodeName
        let begun: Instant

        var epoch: KeyEpoch { key.epoch }
    }

    package let configuration: KeyEpochsConfiguration
    package let name: NodeName
    let exchange: KeyExchange
    /// Those after the first that are not retired, the greatest first; `Rekey.epochLimit` at most.
    var held: [Held] = []
    /// The epoch that this node seals with.
    package private(set) var used = KeyEpoch.file
    /// Epochs below are retired.
    package private(set) var floor = KeyEpoch.file
    var census = EpochCensus()
    /// The greatest epoch that somebody uses who is no present member.
    var hearsay = KeyEpoch.file
    /// When somebody last spoke under `used` or an epoch before it.
    var lastHeard: Instant?

    private let started: Instant
    private var published = EpochCensus.Entry()
    private var allHaveSince: Instant?
    private var allUseSince: Instant?
    private var nextAsk: Instant?
    private var asks: UInt64 = 0
    private var nextGreeting: Instant
    /// What came from members and was not opened since the last greeting.
    private var notOpenedBytes = 0
    private var nextRotation: Instant

    /// The epochs of a node that has the key file only. `secret` are `KeyExchange.secretLength`
    /// random bytes, new in every life.
    package init(
        configuration: KeyEpochsConfiguration, name: NodeName, secret: [UInt8], now: Instant
    ) {
        guard let exchange = KeyExchange(secret: secret) else {
            preconditionFailure("a life has \(KeyExchange.secretLength) bytes of secret")
        }
        self.configuration = configuration
        self.name = name
        self.exchange = exchange
        started = now
        nextGreeting = now
        nextRotation = now + configuration.interval
    }

    /// The greatest epoch that this node has.
    package var newest: KeyEpoch { held.first?.epoch ?? .file }

    /// Who began that epoch, nobody for that of the file, and how long ago.
    package var maker: NodeName? { held.first?.maker }
    package func age(at now: Instant) -> Duration { now - (held.first?.begun ?? started) }

    /// What to send to seeds, to dead members and where `KeyEpochEffect.greet` says, sealed for a
    /// handshake and with enough padding for an answer.
    package var hello: Handshake {
        .hello(Hello(publicKey: exchange.publicKey, newest: newest, used: used))
    }

    // MARK: - Time

    /// When `tick` must be called next, if nothing comes in before.
    package var nextDeadline: Instant {
        var deadline = nextRotation
        if let nextAsk { deadline = min(deadline, nextAsk) }
        if let allHaveSince { deadline = min(deadline, allHaveSince + configuration.useDelay) }
        if let allUseSince { deadline = min(deadline, allUseSince + configuration.retireDelay) }
        if let lastHeard, isAhead(hearsay) {
            deadline = min(deadline, lastHeard + configuration.silence)
        }
        return deadline
    }

    /// Does what is due at `now`. Calling it early or often does no harm.
    package mutating func tick(at now: Instant, effects: inout [KeyEpochEffect]) {
        advance(at: now, effects: &effects)
        ask(at: now, effects: &effects)
        wantRotation(at: now, effects: &effects)
    }

    /// Takes every step that what is known allows, and says so.
    mutating func advance(at now: Instant, effects: inout [KeyEpochEffect]) {
        beginUse(at: now, effects: &effects)
        endUse(at: now, effects: &effects)
        seek(at: now)
        let entry = EpochCensus.Entry(newest: newest, used: used)
        guard entry != published, let maker else { return }
        published = entry
        let record = KeyEpochRecord(newest: newest, maker: maker, used: used)
        effects.append(.publish(record.encode()))
    }

    private mutating func beginUse(at now: Instant, effects: inout [KeyEpochEffect]) {
        guard used < newest else { return allHaveSince = nil }
        if let ahead = held.first(where: { census.isUsed($0.epoch) })?.epoch, ahead > used {
            use(ahead, effects: &effects)
        }
        if isAhead(hearsay), lastHeard.map({ $0 + configuration.silence <= now }) ?? true {
            use(hearsay, effects: &effects)
        }
        guard used < newest, census.allHave(newest) else { return allHaveSince = nil }
        let since = allHaveSince ?? now
        allHaveSince = since
        guard since + configuration.useDelay <= now else { return }
        use(newest, effects: &effects)
    }

    /// Whether that epoch comes after ours and we could use it.
    private func isAhead(_ epoch: KeyEpoch) -> Bool {
        epoch > used && held.contains { $0.epoch == epoch }
    }

    private mutating func use(_ epoch: KeyEpoch, effects: inout [KeyEpochEffect]) {
        used = epoch
        allHaveSince = nil
        lastHeard = nil
        effects.append(.use(epoch))
    }

    private mutating func endUse(at now: Instant, effects: inout [KeyEpochEffect]) {
        guard used > floor, used == newest, census.allUse(used) else { return allUseSince = nil }
        let since = allUseSince ?? now
        allUseSince = since
        guard since + configuration.retireDelay <= now else { return }
        allUseSince = nil
        floor = used
        held.removeAll { $0.epoch < floor }
        effects.append(.retire(below: floor))
    }

    // MARK: - Asking

    /// Makes sure that a key that others have will be asked for. In a large cluster all read of it
    /// at once, so each waits a time of its own, up to half a second.
    private mutating func seek(at now: Instant) {
        guard census.greatestNewest > newest else { return nextAsk = nil }
        guard nextAsk == nil else { return }
        let spread = Int64(min(census.count, 256)) * 2
        let delay = Int64(truncatingIfNeeded: name.stableHash >> 32) % max(spread, 1)
        asks = 0
        nextAsk = now + .milliseconds(delay)
    }

    private mutating func ask(at now: Instant, effects: inout [KeyEpochEffect]) {
        guard let due = nextAsk, due <= now else { return }
        asks += 1
        var seed = StableHash()
        seed.combine(name.stableHash)
        seed.combine(asks)
        guard let holder = census.holder(after: newest, seed: seed.value) else {
            return nextAsk = nil
        }
        nextAsk = now + configuration.askInterval
        effects.append(.greet(holder))
    }

    /// A datagram of so many bytes came from the address of a member, be it dead, that was dropped
    /// for its key (`DropReason.unknownKey`, `.retiredKey`). One of us missed something.
    ///
    /// `isAuthentic` tells that a key of the file did seal it. Otherwise anybody may have sent it in
    /// the member's name, and must have sent as many bytes as the greeting has.
    package mutating func notOpened(
        from name: NodeName, size: Int, isAuthentic: Bool, at now: Instant,
        effects: inout [KeyEpochEffect]
    ) {
        notOpenedBytes = min(notOpenedBytes + size, configuration.greetingSize)
        guard now >= nextGreeting, isAuthentic || notOpenedBytes >= configuration.greetingSize
        else { return }
        notOpenedBytes = 0
        nextGreeting = now + configuration.askInterval
        effects.append(.greet(name))
    }

    // MARK: - Rotation

    /// Begins a new epoch with that random key of 32 bytes.
    package mutating func rotate(
        key bytes: [UInt8], at now: Instant, effects: inout [KeyEpochEffect]
    ) throws(KeyEpochError) {
        guard let key = GossipKey(bytes: bytes) else { throw .wrongLength(bytes: bytes.count) }
        guard used == newest else { throw .underWay(newest) }
        guard newest.number < .max else { throw .exhausted }
        hold(
            Held(key: EpochKey(number: newest.number + 1, key: key), maker: name, begun: now),
            at: now, effects: &effects)
        advance(at: now, effects: &effects)
    }

    private mutating func wantRotation(at now: Instant, effects: inout [KeyEpochEffect]) {
        guard nextRotation <= now else { return }
        let turn = configuration.interval + configuration.patience * census.rank(of: name)
        if used == newest, age(at: now) >= turn { effects.append(.keyWanted) }
        nextRotation = now + configuration.patience
    }

    /// Takes in a key.
    mutating func hold(_ new: Held, at now: Instant, effects: inout [KeyEpochEffect]) {
        guard new.epoch > used, !held.contains(where: { $0.epoch == new.epoch }) else { return }
        let place = held.firstIndex { $0.epoch < new.epoch } ?? held.count
        held.insert(new, at: place)
        if held.count > Rekey.epochLimit,
            let least = held.lastIndex(where: { $0.epoch != used })
        {
            held.remove(at: least)
        }
        effects.append(.install(new.key))
        if place == 0 {
            allHaveSince = nil
            nextRotation = max(new.begun + configuration.interval, now)
        }
    }
}

// MARK: - Members

extension KeyEpochs {
    /// A member is present, in a life that was not present before, and published `record` or
    /// nothing yet.
    package mutating func memberCame(
        _ member: NodeName, record: KeyEpochRecord?, at now: Instant,
        effects: inout [KeyEpochEffect]
    ) {
        guard member != name else { return }
        census.set(member, EpochCensus.Entry(record))
        advance(at: now, effects: &effects)
    }

    /// A member died, left, or is refused.
    package mutating func memberWent(
        _ member: NodeName, at now: Instant, effects: inout [KeyEpochEffect]
    ) {
        census.remove(member)
        advance(at: now, effects: &effects)
    }

    /// A member that is present published `record`.
    package mutating func memberPublished(
        _ member: NodeName, _ record: KeyEpochRecord, at now: Instant,
        effects: inout [KeyEpochEffect]
    ) {
        guard census[member] != nil else { return }
        census.set(member, EpochCensus.Entry(record))
        advance(at: now, effects: &effects)
    }

    /// A datagram without a handshake was opened that this epoch sealed.
    package mutating func heard(under epoch: KeyEpoch, at now: Instant) {
        if epoch <= used { lastHeard = now }
    }
}

extension EpochCensus.Entry {
    init(_ record: KeyEpochRecord?) {
        self.init(newest: record?.newest ?? .file, used: record?.used ?? .file)
    }
}
