import Primitives

/// All known members but ourselves, found by name and by boot id.
///
/// Entries stay in the order of their arrival, so walking them is the same in every run. The sum
/// of fingerprints and the numbers by state are kept up with each change.
struct Roster: Sendable {
    struct Entry: Sendable {
        var member: Member
        /// When we last probed it or it probed us: whoever waits longest is probed next.
        var lastTurn: Instant
        /// The address from which it answered a ping of ours.
        var proven: SocketAddress?
        /// When it last came in, or came back.
        var presentSince: Instant
        /// Since when this life is known, and the one before it.
        var lifeSince: Instant
        var former: BootID?
        var lastAlarm: Instant?
        /// When it was last contacted as dead.
        var lastContact: Instant?
        /// When it last answered a ping of ours.
        var lastAnswer: Instant?
        /// Another running process of its name.
        var rival: Rival?
        /// How fast it answers our pings; nil before its first answer.
        var roundTrip: RoundTripTime?

        init(member: Member, lastTurn: Instant) {
            self.member = member
            self.lastTurn = lastTurn
            lifeSince = member.since
            presentSince = member.since
        }
    }

    private(set) var entries: [Entry] = []
    private(set) var fingerprint: UInt64 = 0
    private var indexByName: [NodeName: Int] = [:]
    private var indexByHash: [UInt64: Int] = [:]
    /// Current and former lives.
    private var indexByBoot: [BootID: Int] = [:]
    private var countByState = [Int](repeating: 0, count: MemberState.allCases.count)

    func count(_ state: MemberState) -> Int { countByState[Int(state.rawValue)] }

    var presentCount: Int { count(.alive) + count(.suspect) }

    func index(named name: NodeName) -> Int? { indexByName[name] }

    /// The member whose name has this stable hash.
    func index(hash: UInt64) -> Int? { indexByHash[hash] }

    /// The member that runs, or lately ran, under this boot id.
    func index(boot: BootID) -> Int? { indexByBoot[boot] }

    /// The member whose current life has this boot id.
    func index(current boot: BootID) -> Int? {
        guard let index = indexByBoot[boot], entries[index].member.identity.boot == boot else {
            return nil
        }
        return index
    }

    subscript(index: Int) -> Member { entries[index].member }

    /// Changes what is noted beside the claim; the claim itself changes by `replaceClaim`.
    mutating func note(_ index: Int, _ change: (inout Entry) -> Void) {
        change(&entries[index])
    }

    mutating func insert(_ member: Member, lastTurn: Instant) {
        indexByName[member.name] = entries.count
        indexByHash[member.name.stableHash] = entries.count
        indexByBoot[member.identity.boot] = entries.count
        entries.append(Entry(member: member, lastTurn: lastTurn))
        count(member.claim, by: 1)
    }

    /// Puts a stronger claim in place of the present one. `since` moves with the state or life.
    mutating func replaceClaim(_ index: Int, _ claim: Claim, now: Instant) {
        let old = entries[index].member.claim
        count(old, by: -1)
        count(claim, by: 1)
        entries[index].member.claim = claim
        if old.state != claim.state || old.identity != claim.identity {
            entries[index].member.since = now
        }
        if !old.state.isPresent || old.identity.boot != claim.identity.boot {
            entries[index].presentSince = now
        }
        guard old.identity.boot != claim.identity.boot else { return }
        if let older = entries[index].former { indexByBoot[older] = nil }
        entries[index].former = old.identity.boot
        entries[index].lifeSince = now
        entries[index].proven = nil
        entries[index].roundTrip = nil
        entries[index].lastAnswer = nil
        entries[index].rival = nil
        indexByBoot[claim.identity.boot] = index
    }

    /// Removes a member; the last entry takes its place.
    mutating func remove(_ index: Int) {
        let gone = entries[index]
        count(gone.member.claim, by: -1)
        forgetIndices(of: gone)
        let last = entries.removeLast()
        guard index < entries.count else { return }
        entries[index] = last
        indexByName[last.member.name] = index
        indexByHash[last.member.name.stableHash] = index
        indexByBoot[last.member.identity.boot] = index
        if let former = last.former { indexByBoot[former] = index }
    }

    private mutating func forgetIndices(of entry: Entry) {
        indexByName[entry.member.name] = nil
        indexByHash[entry.member.name.stableHash] = nil
        indexByBoot[entry.member.identity.boot] = nil
        if let former = entry.former { indexByBoot[former] = nil }
    }

    private mutating func count(_ claim: Claim, by step: Int) {
        countByState[Int(claim.state.rawValue)] += step
        fingerprint = step > 0 ? fingerprint &+ claim.fingerprint : fingerprint &- claim.fingerprint
    }
}
