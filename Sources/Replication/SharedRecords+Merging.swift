import Membership
package import Primitives

extension SharedRecords {
    /// Takes in an operation of another node.
    ///
    /// Its effect does not depend on whether its writer is known or alive, nor on what came before:
    /// operations may come late, twice and in any order.
    package mutating func merge(_ record: Record, at now: Instant) -> SharedMerge {
        guard record.key.kind != .document, (1...Record.versionMax).contains(record.version),
            let payload = record.payload, payload.count <= configuration.payloadLimit,
            let operation = try? SharedOperation.decode(payload),
            (operation.value?.count ?? 0) <= configuration.valueLimit
        else { return SharedMerge(verdict: .refused(.malformed), changes: []) }
        let before = winner(of: record.key)
        let arrival = LiveOperation(record)
        for dot in operation.covers where dot != arrival.dot { bury(dot, of: record.key) }
        let verdict = take(arrival, isRemoval: operation.value == nil, at: now)
        return SharedMerge(verdict: verdict, changes: change(of: record.key, from: before))
    }

    /// Finds out what an operation is to this node, and holds it if it is news.
    private mutating func take(
        _ arrival: LiveOperation, isRemoval: Bool, at now: Instant
    ) -> SharedMerge.Verdict {
        let (record, dot) = (arrival.record, arrival.dot)
        if let held = self.record(owner: record.owner.name, key: record.key)?.digestEntry.version {
            if held == arrival.entry.version { return .known }
            if held > arrival.entry.version {
                context.note(dot)
                return .outdated
            }
        }
        // Its writer made it in place of its former value, even if it does not say so.
        if let former = operation(of: SharedSlot(record)) { bury(former.dot, of: record.key) }
        if context.isDead(dot) { return isRemoval ? .known : .dead(correction(of: arrival)) }
        // One operation is not about two keys.
        if context.isLive(dot) { return .refused(.malformed) }
        goOn(above: dot)
        if isRemoval {
            guard context.note(dot) else { return .refused(.full) }
            keep(removal: record, at: now)
            return .news
        }
        guard hasRoom(for: dot.life), insert(arrival) else { return .refused(.full) }
        return .news
    }

    /// Nobody but us writes in this life. If there are operations of it that we do not know, its
    /// generation was used before; ours go on above them.
    private mutating func goOn(above dot: Dot) {
        if dot.life == Life(owner) { version = max(version, dot.version) }
    }

    /// What to tell the sender of a dead operation. What is live comes first, so that the sender's
    /// key has a value all the time.
    private func correction(of dead: LiveOperation) -> [SharedItem] {
        let live = winner(of: dead.record.key).map { [SharedItem.operation($0.record)] } ?? []
        return live + [.dead([dead.entry])]
    }

    /// Drops operations that another node knows as dead.
    package mutating func drop(_ dead: [DigestEntry]) -> [SharedChange] {
        var changes: [SharedChange] = []
        for entry in dead {
            guard let slot = slots[entry.id], let held = operation(of: slot),
                held.entry.version == entry.version
            else { continue }
            let before = winner(of: slot.key)
            bury(held.dot, of: slot.key)
            changes += change(of: slot.key, from: before)
        }
        return changes
    }

    /// Takes in what another node has heard of a life. The answer is false if it holds others of
    /// that life as live than this node does: then operations are missing or dead on one side, and
    /// comparison brings the watermark again after those.
    @discardableResult
    package mutating func merge(_ watermark: Watermark) -> Bool {
        guard watermark.isWellFormed else { return false }
        if let last = watermark.seen.last {
            goOn(above: Dot(life: watermark.life, version: last.upperBound))
        }
        return context.merge(watermark)
    }

    /// What became of a key whose readers saw `before`.
    func change(of key: RecordKey, from before: LiveOperation?) -> [SharedChange] {
        let after = winner(of: key)
        guard before?.dot != after?.dot, before?.value != after?.value else { return [] }
        let kind: SharedChange.Kind =
            before == nil ? .added : after == nil ? .removed : .changed
        return [SharedChange(key: key, kind: kind)]
    }
}
