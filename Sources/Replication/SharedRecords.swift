package import Membership
package import Primitives

/// The records that belong to the cluster and not to the life of a writer: an observed-remove map
/// from keys to values that every node writes and every node keeps.
///
/// A change is a `Record` of its writer's newest life whose payload is a `SharedOperation`. One
/// writer holds one place for each key. Values that were set without knowledge of each other are
/// all kept; readers see the one of greatest *(generation, version, writer)*, and the next change
/// supersedes them all. Whether the writer is alive does not matter here, nor what time it is.
///
/// An operation is unknown, live or dead on a node, and only ever moves on in this order; two nodes
/// that compare end with the greater of both for every operation, so all end with the same
/// (Shapiro and others, "Conflict-free Replicated Data Types", 2011). Records carry changes fast,
/// and they may be lost; comparison carries the rest:
///
/// - Digests list live operations, and for each life of a writer what was heard of it.
/// - A live operation that the other side does not know is sent and taken in. One that the other
///   side knows as dead is refused, and its sender told (`SharedMerge.Verdict.dead`): a peer that
///   is behind is reset, not merged.
/// - What was heard of a life travels as a `Watermark`, which is believed by whoever holds the same
///   of that life as live. So nothing remains of a removed key but a number within a range: no
///   tombstone waits for a time, or for members that may never come back, and no node decides that
///   what it has not heard of is dead.
package struct SharedRecords: Sendable {
    package let configuration: SharedConfiguration
    package private(set) var owner: Identity

    /// The live operations of each key, at most one of each writer name.
    var operations: [RecordKey: [LiveOperation]] = [:]
    /// By the id that digests use, of live operations and recent removals.
    var slots: [UInt64: SharedSlot] = [:]
    var context: CausalContext
    var removals: RecentRemovals
    /// The version of this life's newest operation.
    var version: UInt64 = 0
    /// The sum of the fingerprints of the live operations.
    private(set) var sum: UInt64 = 0
    /// The number of live operations.
    package private(set) var count = 0

    /// No records. The generation of `owner` must be greater than in all its former lives.
    package init(configuration: SharedConfiguration, owner: Identity) {
        self.configuration = configuration
        self.owner = owner
        context = CausalContext(limits: configuration, ownLife: Life(owner))
        removals = RecentRemovals(
            limit: configuration.removalLimit, retention: configuration.removalRetention)
    }

    /// Goes on in the name of a later generation of the owner.
    package mutating func renew(owner identity: Identity) {
        owner = identity
        version = 0
        context.ownLife = Life(identity)
    }

    // MARK: - Own changes

    /// Gives `key` a value in place of all that this node sees there. The record to spread is
    /// `record(owner:key:)` of this node; there is none if the value was the same already.
    package mutating func set(
        _ key: RecordKey, value: [UInt8], at now: Instant
    ) throws(SharedError) -> [SharedChange] {
        guard key.kind != .document else { throw .reservedKind }
        guard value.count <= configuration.valueLimit else {
            throw .tooLarge(bytes: value.count, limit: configuration.valueLimit)
        }
        let present = operations[key] ?? []
        if present.count == 1, present[0].value == value { return [] }
        guard !present.isEmpty || operations.count < configuration.keyLimit else {
            throw .tooMany(limit: configuration.keyLimit)
        }
        guard present.contains(where: { $0.record.owner == owner }) || hasRoom(for: Life(owner))
        else { throw .tooMany(limit: configuration.operationsPerLife) }
        return try issue(key, value: value, at: now)
    }

    /// Removes `key`, and all that this node sees there. The record to spread is
    /// `record(owner:key:)` of this node; there is none if the key had no value.
    package mutating func remove(
        _ key: RecordKey, at now: Instant
    ) throws(SharedError) -> [SharedChange] {
        guard operations[key] != nil else { return [] }
        return try issue(key, value: nil, at: now)
    }

    private mutating func issue(
        _ key: RecordKey, value: [UInt8]?, at now: Instant
    ) throws(SharedError) -> [SharedChange] {
        guard version < Record.versionMax else { throw .exhausted }
        version += 1
        let before = winner(of: key)
        let operation = SharedOperation(value: value, covers: covers(for: key, value: value))
        let record = Record(
            owner: owner, key: key, version: version, recordClass: .shared,
            payload: operation.encode(limit: configuration.payloadLimit))
        for present in operations[key] ?? [] { bury(present.dot, of: key) }
        if value == nil {
            context.note(Dot(record))
            keep(removal: record, at: now)
        } else {
            insert(LiveOperation(record))
        }
        return change(of: key, from: before)
    }

    /// What an operation of ours supersedes: all values of its key, and then what these superseded
    /// in their turn, the newest first. So whoever gets only the last of several quick changes does
    /// not show an earlier one that comes late.
    private func covers(for key: RecordKey, value: [UInt8]?) -> [Dot] {
        let present = (operations[key] ?? []).sorted(by: LiveOperation.outranks)
        var dots = present.map(\.dot)
        var inherited = present.flatMap(\.covers)
        if let removal = removals[SharedSlot(owner: owner.name, key: key)] {
            inherited += LiveOperation(removal).covers
        }
        for dot in inherited where !dots.contains(dot) { dots.append(dot) }
        return value == nil ? dots : Array(dots.prefix(configuration.coverLimit))
    }

    /// Forgets removals that were kept long enough to be spread.
    package mutating func expire(at now: Instant) {
        for slot in removals.expire(at: now) { forget(slot) }
    }

    /// When `expire` has something to do.
    package var nextExpiry: Instant { removals.nextExpiry }

    // MARK: - Keeping the sums

    func hasRoom(for life: Life) -> Bool {
        count < configuration.operationLimit
            && context.liveCount(of: life) < configuration.operationsPerLife
    }

    /// Puts a value where its writer has none; the answer is false when there is no room.
    @discardableResult
    mutating func insert(_ operation: LiveOperation) -> Bool {
        guard context.bear(operation.dot, fingerprint: operation.entry.fingerprint) else {
            return false
        }
        let slot = SharedSlot(operation.record)
        removals.remove(slot)
        operations[slot.key, default: []].append(operation)
        slots[operation.entry.id] = slot
        sum &+= operation.entry.fingerprint
        count += 1
        return true
    }

    /// Makes an operation on that key dead, whether it is live or not heard of.
    mutating func bury(_ dot: Dot, of key: RecordKey) {
        guard let index = operations[key]?.firstIndex(where: { $0.dot == dot }),
            let operation = operations[key]?.remove(at: index)
        else {
            context.note(dot)
            return
        }
        if operations[key]?.isEmpty == true { operations[key] = nil }
        slots[operation.entry.id] = nil
        sum &-= operation.entry.fingerprint
        count -= 1
        context.bury(dot)
    }

    /// Keeps a removal for a time, to be spread.
    mutating func keep(removal record: Record, at now: Instant) {
        let slot = SharedSlot(record)
        slots[record.digestEntry.id] = slot
        for dropped in removals.insert(record, at: now) { forget(dropped) }
    }

    private mutating func forget(_ slot: SharedSlot) {
        slots[Record.digestID(owner: slot.owner, key: slot.key)] = nil
    }
}

/// A value as the map holds it.
struct LiveOperation: Hashable, Sendable {
    let record: Record
    let entry: DigestEntry
    let dot: Dot

    init(_ record: Record) {
        self.record = record
        entry = record.digestEntry
        dot = Dot(record)
    }

    var value: [UInt8]? { operation?.value }
    var covers: [Dot] { operation?.covers ?? [] }

    /// It was readable when it came.
    private var operation: SharedOperation? {
        record.payload.flatMap { try? SharedOperation.decode($0) }
    }

    /// Whether readers see `left` rather than `right`.
    static func outranks(_ left: LiveOperation, _ right: LiveOperation) -> Bool {
        (left.entry.version, left.record.owner.name)
            > (right.entry.version, right.record.owner.name)
    }
}
