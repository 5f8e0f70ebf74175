import Membership
package import Primitives
package import Replication
package import Wire

/// What belongs to the whole cluster: the observed-remove map of shared records, and the
/// configuration document.
extension Gossip {
    /// Gives a shared key a value, in place of all that this node sees there.
    package mutating func setShared(
        _ key: RecordKey, value: [UInt8], at now: Instant, effects: inout [GossipEffect]
    ) throws(SharedError) {
        spreadShared(key, try shared.set(key, value: value, at: now), at: now, effects: &effects)
    }

    /// Removes a shared key, whoever set it.
    package mutating func removeShared(
        _ key: RecordKey, at now: Instant, effects: inout [GossipEffect]
    ) throws(SharedError) {
        spreadShared(key, try shared.remove(key, at: now), at: now, effects: &effects)
    }

    private mutating func spreadShared(
        _ key: RecordKey, _ changes: [SharedChange], at now: Instant,
        effects: inout [GossipEffect]
    ) {
        effects += changes.map(GossipEffect.sharedChanged)
        spreadOwn(key, .shared, at: now)
        flush(at: now, effects: &effects)
    }

    /// Replaces the configuration document of the cluster.
    package mutating func publish(
        document bytes: [UInt8], at now: Instant, effects: inout [GossipEffect]
    ) throws(SharedError) {
        guard let change = try document.publish(bytes) else { return }
        adopt(change, at: now, effects: &effects)
        flush(at: now, effects: &effects)
    }

    /// The shared records of a kind, as a file keeps them for `restoreShared`.
    package func sharedArchive(of kind: RecordKind) -> [UInt8] {
        RecordArchive.encode(shared.records(of: kind))
    }

    /// Takes in what an earlier life of this node had written down, before it joins: it holds
    /// unless the others know better.
    package mutating func restoreShared(
        _ archive: [UInt8], at now: Instant, effects: inout [GossipEffect]
    ) throws(WireError) {
        for record in try RecordArchive.decode(archive) where record.recordClass == .shared {
            effects += shared.merge(record, at: now).changes.map(GossipEffect.sharedChanged)
        }
    }

    /// What readers see of all shared keys of a kind, by key.
    package func sharedValues(of kind: RecordKind) -> [SharedValue] { shared.values(of: kind) }

    /// What readers see of one shared key.
    package func sharedValue(of key: RecordKey) -> SharedValue? { shared.value(of: key) }

    /// What is held of shared records besides values; see `SharedRecords.overhead`.
    package var sharedOverhead: (removals: Int, lives: Int) { shared.overhead }

    /// The configuration document that holds here; nil before the first.
    package var currentDocument: SharedDocument.Complete? { document.current }

    // MARK: - What comes in

    /// Takes in a record that belongs to the cluster. The answer is what its sender should hear.
    mutating func mergeShared(
        _ record: Record, ageMilliseconds: UInt64, at now: Instant, effects: inout [GossipEffect]
    ) -> [Part] {
        if record.key.kind == .document {
            return mergeDocument(record, at: now, effects: &effects)
        }
        let merge = shared.merge(record, at: now)
        effects += merge.changes.map(GossipEffect.sharedChanged)
        let name = RecordName(owner: record.owner.name, key: record.key)
        switch merge.verdict {
        case .news:
            notePropagation(.milliseconds(Int64(clamping: ageMilliseconds)), at: now)
            relay(name, .shared, at: now)
        case .known: noteHeard(name)
        case .outdated: break
        case .dead(let items): return items.map { Part($0) }
        case .refused: counters.recordsRefused += 1
        }
        return []
    }

    private mutating func mergeDocument(
        _ record: Record, at now: Instant, effects: inout [GossipEffect]
    ) -> [Part] {
        switch document.merge(record, at: now) {
        case .adopted(let change): adopt(change, at: now, effects: &effects)
        case .incomplete: return wanted(document.wants(at: now))
        case .known, .outdated: break
        case .refused: counters.recordsRefused += 1
        }
        return []
    }

    private mutating func adopt(
        _ change: DocumentChange, at now: Instant, effects: inout [GossipEffect]
    ) {
        effects.append(.documentChanged(change))
        relay(
            RecordName(owner: change.header.writer.name, key: DocumentHeader.key), .shared,
            at: now)
    }

    private func wanted(_ ids: [UInt64]) -> [Part] {
        stride(from: 0, to: ids.count, by: Part.wantLimit).map { start in
            .want(Array(ids[start..<min(start + Part.wantLimit, ids.count)]))
        }
    }

    /// Takes in what a comparison brings besides records.
    mutating func takeShared(_ part: Part, at now: Instant, effects: inout [GossipEffect]) {
        switch part {
        case .watermark(let watermark): shared.merge(watermark)
        case .dead(let entries):
            effects += shared.drop(entries).map(GossipEffect.sharedChanged)
        case .message, .record, .view, .gaugeView, .compare, .want: break
        }
    }

    // MARK: - What is due

    var nextSharedDeadline: Instant { min(shared.nextExpiry, document.nextDeadline) }

    /// Asks somebody for the chunks of a document that its first sender did not bring.
    mutating func fetchDocument(at now: Instant, effects: inout [GossipEffect]) {
        shared.expire(at: now)
        guard document.nextDeadline <= now else { return }
        let parts = wanted(document.wants(at: now))
        guard let peer = membership.randomPeers(1).first, !parts.isEmpty else { return }
        var builder = DatagramBuilder()
        for part in parts { builder.append(part) }
        send(builder, to: peer.address, effects: &effects)
    }

    // MARK: - Comparison

    /// What this node has of the cluster's own under an id, if it knows it.
    func sharedVersion(id: UInt64) -> DigestVersion? {
        if id == SharedDocument.digestID { return document.digestEntry?.version }
        return shared.version(id: id)
    }

    /// What is sent for an id.
    func sharedParts(id: UInt64) -> [Part] {
        if let record = document.record(id: id) { return [.record(record, ageMilliseconds: 0)] }
        return shared.items(id: id).map { Part($0) }
    }
}

extension Part {
    /// Ages of shared records do not travel: their versions order them, and they do not expire.
    init(_ item: SharedItem) {
        self =
            switch item {
            case .operation(let record): .record(record, ageMilliseconds: 0)
            case .watermark(let watermark): .watermark(watermark)
            case .dead(let entries): .dead(entries)
            }
    }
}
