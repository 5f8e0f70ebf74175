package import Membership
package import Primitives

/// Every record that this node knows, by owner and key, and what it publishes itself.
///
/// Records are written by one life of one owner and ordered by *(generation, boot id, version)*.
/// The store is told who lives (`update(owner:isLive:)`): with its owner's death, or new life, a
/// gauge goes at once, while an observation stays as the last known value, marked stale, until the
/// new life overwrites it or `ReplicationConfiguration.staleRetention` is over.
///
/// Removals are records without payload. They can be forgotten by time, without a watermark,
/// because there is one writer: whoever missed a removal still lists the record, its owner asks for
/// what it does not know, and removes it again.
package struct RecordStore: Sendable {
    package let configuration: ReplicationConfiguration
    package private(set) var owner: Identity

    private var shelves: [NodeName: Shelf]
    private var keys: [UInt64: (owner: NodeName, key: RecordKey)] = [:]
    private var sums = [UInt64](repeating: 0, count: RecordClass.allCases.count)
    /// The version given last by this life.
    private var version: UInt64 = 0
    /// The number of records of all owners, removals included.
    package private(set) var count = 0
    /// When `expire` has something to do.
    package private(set) var nextExpiry = Instant(nanoseconds: .max)

    /// A store that publishes in the name of `owner`.
    package init(configuration: ReplicationConfiguration, owner: Identity) {
        self.configuration = configuration
        self.owner = owner
        shelves = [owner.name: Shelf(identity: owner, isLive: true)]
    }

    // MARK: - Own records

    /// Publishes a value under `key`, in place of a former one.
    package mutating func set(
        _ key: RecordKey, _ recordClass: RecordClass, payload: [UInt8],
        extensions: [UInt8] = [], at now: Instant
    ) throws(RecordError) {
        guard payload.count <= configuration.payloadLimit else {
            throw .tooLarge(bytes: payload.count, limit: configuration.payloadLimit)
        }
        let shelf = shelves[owner.name]
        if shelf?[key] == nil, !hasRoom(for: owner.name) {
            throw .tooMany(limit: configuration.recordsPerOwner)
        }
        publish(key, recordClass, payload: payload, extensions: extensions, at: now)
    }

    /// Removes what this node published under `key`; the answer says whether there was anything.
    @discardableResult
    package mutating func remove(_ key: RecordKey, at now: Instant) -> Bool {
        guard let stored = shelves[owner.name]?[key], stored.record.payload != nil else {
            return false
        }
        publish(key, stored.record.recordClass, payload: nil, at: now)
        return true
    }

    /// Goes on in the name of a later generation of the owner: publishes all anew.
    package mutating func renew(owner identity: Identity, at now: Instant) {
        let own = records(of: owner.name)
        _ = take(owner.name)
        owner = identity
        shelves[identity.name] = Shelf(identity: identity, isLive: true)
        for stored in own {
            publish(
                stored.record.key, stored.record.recordClass, payload: stored.record.payload,
                at: now)
        }
    }

    private mutating func publish(
        _ key: RecordKey, _ recordClass: RecordClass, payload: [UInt8]?,
        extensions: [UInt8] = [], at now: Instant
    ) {
        version = min(version + 1, Record.versionMax)
        let record = Record(
            owner: owner, key: key, version: version, recordClass: recordClass, payload: payload,
            extensions: extensions)
        store(StoredRecord(record: record, origin: now, stored: now))
    }

    // MARK: - Records of others

    /// What a record that came in did to the store.
    package enum Merge: Hashable, Sendable {
        case news(RecordChange)
        case known
        /// We have a newer one, which the sender should hear.
        case outdated
        /// It was ours and wrong; what we published instead should be spread.
        case overruled
        /// Its owner's life is not known as alive; when it becomes known the record comes again.
        case strange
        /// There is no room for it.
        case refused
    }

    /// Takes in a record that its owner made `age` ago.
    package mutating func merge(_ record: Record, age: Duration, at now: Instant) -> Merge {
        if record.owner.name == owner.name {
            return record.owner == owner ? overrule(record, at: now) : .strange
        }
        guard let shelf = shelves[record.owner.name], shelf.isLive, shelf.identity == record.owner
        else { return .strange }
        let known = shelf[record.key]
        if let known, known.record.owner == record.owner {
            if known.record.version == record.version { return .known }
            if known.record.version > record.version { return .outdated }
        }
        guard known != nil || hasRoom(for: record.owner.name) else { return .refused }
        store(StoredRecord(record: record, origin: now - age, stored: now))
        return .news(
            RecordChange(
                owner: record.owner.name, key: record.key,
                kind: record.payload == nil ? .removed : .set))
    }

    /// Somebody has a record of this very life: if it is newer than ours, or forgotten by us, ours
    /// is published anew above it. There is no other writer to yield to.
    private mutating func overrule(_ record: Record, at now: Instant) -> Merge {
        let own = shelves[owner.name]?[record.key]
        if let own {
            if own.record.version > record.version { return .outdated }
            if own.record == record { return .known }
        }
        guard own != nil || hasRoom(for: owner.name) else { return .refused }
        version = max(version, record.version)
        publish(
            record.key, own?.record.recordClass ?? record.recordClass,
            payload: own?.record.payload, at: now)
        return .overruled
    }

    private func hasRoom(for name: NodeName) -> Bool {
        let records = shelves[name]?.records.count ?? 0
        return records < configuration.recordsPerOwner && count < configuration.recordLimit
    }

    // MARK: - Owners

    /// Hears that `identity` is the present life of its name and whether it is alive (or suspect).
    package mutating func update(
        owner identity: Identity, isLive: Bool, at now: Instant
    ) -> [RecordChange] {
        guard identity.name != owner.name else { return [] }
        guard var shelf = shelves.removeValue(forKey: identity.name) else {
            shelves[identity.name] = Shelf(identity: identity, isLive: isLive)
            return []
        }
        guard shelf.identity != identity || shelf.isLive != isLive else {
            shelves[identity.name] = shelf
            return []
        }
        shelf.identity = identity
        shelf.isLive = isLive
        let before = shelf.records
        shelf.records = []
        shelves[identity.name] = shelf
        var changes: [RecordChange] = []
        for stored in before {
            let isFresh = isLive && stored.record.owner == identity
            if let kind = reshelve(stored, isFresh: isFresh, at: now) {
                changes.append(
                    RecordChange(owner: identity.name, key: stored.record.key, kind: kind))
            }
        }
        return changes
    }

    /// Takes a record off and puts it back as fresh or stale, or not at all.
    private mutating func reshelve(
        _ stored: StoredRecord, isFresh: Bool, at now: Instant
    ) -> RecordChange.Kind? {
        account(for: stored, by: -1)
        var next = stored
        next.staleSince = isFresh ? nil : stored.staleSince ?? now
        guard isFresh || (stored.record.recordClass == .reliable && stored.record.payload != nil)
        else { return stored.record.payload == nil ? nil : .removed }
        put(next)
        switch (stored.isStale, next.isStale) {
        case (false, true): return .staled
        case (true, false): return .revived
        case (false, false), (true, true): return nil
        }
    }

    /// Drops everything of an owner that left, or that is forgotten.
    package mutating func drop(owner name: NodeName) -> [RecordChange] {
        guard name != owner.name else { return [] }
        return take(name).compactMap { stored in
            guard stored.record.payload != nil else { return nil }
            return RecordChange(owner: name, key: stored.record.key, kind: .removed)
        }
    }

    /// Takes everything of an owner off the shelves.
    private mutating func take(_ name: NodeName) -> [StoredRecord] {
        let records = shelves.removeValue(forKey: name)?.records ?? []
        for stored in records { account(for: stored, by: -1) }
        return records
    }

    /// Forgets old removals and values that were stale for too long.
    package mutating func expire(at now: Instant) -> [RecordChange] {
        guard now >= nextExpiry else { return [] }
        nextExpiry = Instant(nanoseconds: .max)
        var changes: [RecordChange] = []
        for name in shelves.keys.sorted() {
            guard let records = shelves[name]?.records,
                records.contains(where: { !$0.isListed })
            else { continue }
            shelves[name]?.records = []
            for stored in records {
                account(for: stored, by: -1)
                guard let end = end(of: stored), end <= now else {
                    put(stored)
                    continue
                }
                guard stored.record.payload != nil else { continue }
                changes.append(RecordChange(owner: name, key: stored.record.key, kind: .removed))
            }
        }
        return changes
    }

    private func end(of stored: StoredRecord) -> Instant? {
        if let staleSince = stored.staleSince { return staleSince + configuration.staleRetention }
        guard stored.record.payload == nil else { return nil }
        return stored.stored + configuration.removalRetention
    }

    // MARK: - Keeping the sums

    private mutating func store(_ stored: StoredRecord) {
        let name = stored.record.owner.name
        guard let (index, isPresent) = shelves[name]?.position(of: stored.record.key) else {
            return
        }
        if isPresent, let old = shelves[name]?.records.remove(at: index) {
            account(for: old, by: -1)
        }
        put(stored)
    }

    /// Puts a record where none of its key is.
    private mutating func put(_ stored: StoredRecord) {
        let name = stored.record.owner.name
        guard let (index, isPresent) = shelves[name]?.position(of: stored.record.key) else {
            return
        }
        assert(!isPresent, "a key holds one record")
        shelves[name]?.records.insert(stored, at: index)
        account(for: stored, by: 1)
        if let end = end(of: stored) { nextExpiry = min(nextExpiry, end) }
    }

    private mutating func account(for stored: StoredRecord, by step: Int) {
        let slot = Int(stored.record.recordClass.rawValue)
        let id = Record.digestID(owner: stored.record.owner.name, key: stored.record.key)
        count += step
        if step > 0 {
            sums[slot] &+= stored.fingerprint
            keys[id] = (stored.record.owner.name, stored.record.key)
        } else {
            sums[slot] &-= stored.fingerprint
            keys[id] = nil
        }
    }
}

// MARK: - Queries

extension RecordStore {
    /// The sum of the fingerprints of all live records of a class.
    package func fingerprint(of recordClass: RecordClass) -> UInt64 {
        sums[Int(recordClass.rawValue)]
    }

    package func record(owner name: NodeName, key: RecordKey) -> StoredRecord? {
        shelves[name]?[key]
    }

    /// All values of a kind, removals left out, by owner and then by key.
    package func records(of kind: RecordKind) -> [StoredRecord] {
        shelves.filter { !$0.value.records.isEmpty }.keys.sorted().flatMap { name in
            records(of: name).filter { $0.record.key.kind == kind }
        }
    }

    /// All values of one owner, removals left out, by key.
    package func records(of name: NodeName) -> [StoredRecord] {
        (shelves[name]?.records ?? []).filter { $0.record.payload != nil }
    }

    /// What this node has of a class, for digests, in no particular order.
    package func digestEntries(of recordClass: RecordClass) -> [DigestEntry] {
        var entries: [DigestEntry] = []
        for shelf in shelves.values {
            for stored in shelf.records
            where stored.isListed && stored.record.recordClass == recordClass {
                entries.append(stored.record.digestEntry)
            }
        }
        return entries
    }

    /// The record that a digest calls `id`, be it a removal or stale.
    package func record(id: UInt64) -> StoredRecord? {
        guard let (owner, key) = keys[id] else { return nil }
        return shelves[owner]?[key]
    }
}
