package import Membership
import Primitives

/// One value of a shared key.
package struct SharedValue: Hashable, Sendable {
    package let key: RecordKey
    /// Who set it.
    package let writer: Identity
    package let value: [UInt8]

    init?(_ operation: LiveOperation) {
        guard let value = operation.value else { return nil }
        key = operation.record.key
        writer = operation.record.owner
        self.value = value
    }
}

extension SharedRecords {
    /// The value of a key that all readers see.
    package func value(of key: RecordKey) -> SharedValue? {
        winner(of: key).flatMap(SharedValue.init)
    }

    /// All values of a key, that which readers see first. There are several while two nodes set it
    /// without knowledge of each other and nobody set it since.
    package func values(of key: RecordKey) -> [SharedValue] {
        (operations[key] ?? []).sorted(by: LiveOperation.outranks).compactMap(SharedValue.init)
    }

    /// What readers see of all keys of a kind, by key.
    package func values(of kind: RecordKind) -> [SharedValue] {
        operations.keys.filter { $0.kind == kind }.sorted().compactMap(value(of:))
    }

    /// The number of keys that have a value.
    package var keyCount: Int { operations.count }

    /// What is held besides values: removals that are being spread, and lives of writers. For
    /// metrics.
    package var overhead: (removals: Int, lives: Int) { (removals.count, context.lifeCount) }

    /// The live operations on all keys of a kind, to be merged again after a restart.
    package func records(of kind: RecordKind) -> [Record] {
        operations.keys.filter { $0.kind == kind }.sorted().flatMap { key in
            (operations[key] ?? []).map(\.record)
        }
    }

    // MARK: - For spreading and comparison

    /// The newest operation of a writer on a key, while it is live or a recent removal.
    package func record(owner name: NodeName, key: RecordKey) -> Record? {
        let slot = SharedSlot(owner: name, key: key)
        return operation(of: slot)?.record ?? removals[slot]
    }

    /// The sum of the fingerprints of all that digests list.
    package var fingerprint: UInt64 { sum &+ context.fingerprint }

    /// What this node has, sorted by id: live operations, and what it heard of each life.
    package var digestEntries: [DigestEntry] {
        var entries = context.digestEntries
        entries.reserveCapacity(entries.count + count)
        for present in operations.values { entries += present.map(\.entry) }
        entries.sort { $0.id < $1.id }
        return entries
    }

    /// What this node has under an id, listed or not; nil when it does not know that id, which is
    /// so for what is dead.
    package func version(id: UInt64) -> DigestVersion? {
        if let history = context.history(id: id) { return history.digestEntry?.version }
        return slots[id].flatMap { record(owner: $0.owner, key: $0.key)?.digestEntry.version }
    }

    /// What is sent for an id.
    package func items(id: UInt64) -> [SharedItem] {
        if let history = context.history(id: id) {
            return history.watermarks.map(SharedItem.watermark)
        }
        guard let slot = slots[id], let record = record(owner: slot.owner, key: slot.key) else {
            return []
        }
        return [.operation(record)]
    }

    func operation(of slot: SharedSlot) -> LiveOperation? {
        operations[slot.key]?.first { $0.record.owner.name == slot.owner }
    }

    func winner(of key: RecordKey) -> LiveOperation? {
        (operations[key] ?? []).min(by: LiveOperation.outranks)
    }
}
