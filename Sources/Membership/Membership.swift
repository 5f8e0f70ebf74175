package import Primitives

/// Who is in the cluster, as one node sees it: SWIM with most of Lifeguard, as pure code.
///
/// Messages, addresses and `now` go in; effects come out. Nothing here reads a clock, opens a
/// socket or draws a number that the seed does not determine, so a run can be repeated exactly.
///
/// ## Words
///
/// - *Member*: a node known by name. *Life*: one run of its control process, told apart by boot id
///   and generation. *Address*: only an attribute of a life.
/// - *Claim*: evidence that a life is alive, suspect, dead or has left, at an incarnation.
/// - *Incarnation*: a number that a life raises to refute what others claim of it.
/// - *Probe*: an attempt to hear from a member. *Helper*: a member asked to ping as well.
/// - *Accuser*: a member whose own probe failed. *Confirmation*: an accuser after the first.
/// - *Contact*: a ping to a dead member, or to a seed that has not answered yet.
///
/// ## The order of evidence
///
/// Claims about one name are ordered by `Standing`: generation, then boot id, then incarnation,
/// then state, where
///
///     alive(i) < suspect(i) < dead(i) < left(i) < refused(i) < alive(i + 1)
///
/// A view keeps the greatest standing that it ever heard and that is the whole merge: it is a
/// maximum, so late, repeated and reordered gossip changes nothing. A claim of a higher
/// incarnation is taken in even when the state stays the same (dead(1), then dead(10)), or a
/// stale alive(2) would bring the member back. Only accusers of equal claims are united.
///
/// ## How a crash is noticed
///
/// Each period the member without contact for longest is probed: pings repeated under one number,
/// then helpers as well, then it is accused. A helper's ping is a probe of its own, and a helper
/// whose probe fails accuses too. A suspicion starts long and each accuser shortens it; in a real
/// crash the helpers agree and it is short, in bad luck of one node they do not and it is long.
/// While it lasts the accusers go on pinging, with the claim, so the suspect hears of it at once.
///
/// ## Deviations from the papers
///
/// From SWIM (Das, Gupta and Motivala, 2002):
/// - Targets are not taken from a shuffled list but by age: whoever neither probed us nor was probed
///   by us for longest. New members get a random age. It visits everybody within N - 1 periods,
///   where the list needs up to 2N - 3, and it halves the gap between contacts of a pair.
/// - Pings are repeated within a probe, which replaces the TCP ping that implementations added.
/// - Death can be refuted. Dead members are contacted for ever, slower and slower, so partitions
///   of any length heal; only leaving is final, for that life.
/// - Identity has a life. A restarted node outranks what was said of its former life, at once and
///   from any address.
///
/// From Lifeguard (Dadgar, Phillips and Currey, 2018):
/// - Only a failed probe of one's own makes an accuser; a rumour passed on keeps its accusers.
/// - Helpers confirm, so a confirmation takes one probe time-out rather than a turn of the
///   schedule.
/// - Nobody who could confirm (two nodes) gives a suspicion of middle length, not the shortest.
/// - A node whose loop was stopped does not count the time that it missed, so processes stopped
///   and continued do not accuse the healthy.
///
/// ## Loops
///
/// At most one datagram answers a datagram, and an answer asks for an answer only when it has a
/// ping to prove an address or a claim of strictly greater standing; so exchanges end.
package struct Membership: Sendable {
    package let configuration: MembershipConfiguration
    /// What this node claims about itself.
    package internal(set) var ownClaim: Claim
    /// When this node's own state last changed.
    let started: Instant

    var random: SeededRandom
    var health: LocalHealth
    var roster = Roster()
    var probes: [Probe] = []
    var suspicions: [Suspicion] = []
    var contacts: Contacts
    var departure: Departure?
    var nextPeriod: Instant
    var nextForgetting: Instant
    var outcomes = RecentOutcomes()
    /// Whether this node was isolated (most of its probes failed together) and still is, as far as
    /// it knows: burying the others does not end it, an answer of most does.
    /// What it finds out about anything else meanwhile is as doubtful.
    package internal(set) var isCutOff = false
    /// Whether none of a few members answered since somebody last did, and when that last ended.
    var isSilenced = false
    var lastSilence: Instant?
    /// For how long our loop stood still last, and until when.
    var lastStop = Duration.zero
    var lastStopEnd: Instant?
    /// When others last held us dead.
    var lastDeath: Death?
    var credibility = Credibility()
    /// Protocol periods so far.
    var periods: UInt64 = 0
    /// How many members there were when all turns were drawn last.
    var shuffledCount = 0
    var lastTwinAlarm: Instant?
    /// Why this node takes no part although it runs.
    var refusal: Refusal?
    var lastLimitAlarm: Instant?

    /// A view that knows only this node.
    ///
    /// `address` is where other nodes reach it, and `extensions` what it says of itself besides; see
    /// `ClaimExtensions`. The generation in `identity` must be greater than
    /// in any former life; `seed` decides every random choice.
    package init(
        configuration: MembershipConfiguration, identity: Identity, address: SocketAddress,
        extensions: [UInt8] = [], seed: UInt64, now: Instant
    ) {
        self.configuration = configuration
        ownClaim = Claim(
            identity: identity, address: address, incarnation: 0, state: .alive,
            extensions: extensions)
        started = now
        random = SeededRandom(seed: seed)
        health = LocalHealth(scoreMax: configuration.healthScoreMax)
        nextPeriod = now + configuration.period * random.unitInterval()
        nextForgetting = .distantFuture
        contacts = Contacts(interval: configuration.contactIntervalMinimum)
    }

    /// When `tick` must be called next, if nothing comes in before.
    package var nextDeadline: Instant {
        var deadline = min(ownDeadline, nextForgetting, contacts.deadline)
        if let refusal { deadline = min(deadline, refusal.retryAt) }
        return deadline
    }

    /// The earliest of those deadlines that stand still while our own loop does.
    private var ownDeadline: Instant {
        var deadline = nextPeriod
        for probe in probes { deadline = min(deadline, probe.deadline) }
        for suspicion in suspicions { deadline = min(deadline, suspicion.deadline) }
        if let departure { deadline = min(deadline, departure.deadline) }
        return deadline
    }

    /// Does what is due at `now`. Calling it early or often does no harm.
    package mutating func tick(at now: Instant, effects: inout [MembershipEffect]) {
        absorbLag(at: now)
        beginPeriod(at: now, effects: &effects)
        advanceProbes(at: now, effects: &effects)
        endSuspicions(at: now, effects: &effects)
        makeContacts(at: now, effects: &effects)
        forgetLeft(at: now, effects: &effects)
        endDeparture(at: now, effects: &effects)
        retryAfterRefusal(at: now, effects: &effects)
        checkInvariants()
    }

    /// Time in which our own loop stood still is no evidence against anybody: answers may wait
    /// unread. So when the loop comes late, every deadline moves by as much.
    mutating func absorbLag(at now: Instant) {
        // Only what moves below is looked at, or one stop would be counted for every datagram.
        let lag = now - ownDeadline
        guard lag > configuration.lagTolerance else { return }
        health.lagged()
        if lag >= configuration.stopMinimum { (lastStop, lastStopEnd) = (lag, now) }
        nextPeriod = nextPeriod + lag
        for index in probes.indices { probes[index].postpone(by: lag) }
        for index in suspicions.indices {
            suspicions[index].started = suspicions[index].started + lag
            suspicions[index].deadline = suspicions[index].deadline + lag
        }
        departure?.postpone(by: lag)
    }
}

extension Membership {
    package var identity: Identity { ownClaim.identity }

    /// Every known member, this node first, then in the order of arrival.
    package var members: [Member] {
        [ownMember] + roster.entries.map(\.member)
    }

    /// Calls `body` with every claim there is, this node's own first.
    package func forEachClaim(_ body: (Claim) -> Void) {
        body(ownClaim)
        for index in roster.entries.indices { body(roster.entries[index].member.claim) }
    }

    private var ownMember: Member {
        Member(claim: ownClaim, since: departure?.started ?? started)
    }

    package func member(named name: NodeName) -> Member? {
        if name == identity.name { return ownMember }
        return roster.index(named: name).map { roster[$0] }
    }

    /// The name of another member that is reached there, whatever its state.
    package func name(at address: SocketAddress) -> NodeName? {
        let index = roster.entries.indices.first {
            roster.entries[$0].member.claim.address == address
        }
        return index.map { roster[$0].name }
    }

    /// The member whose name has this stable hash.
    package func member(hash: UInt64) -> Member? {
        if hash == identity.name.stableHash { return ownMember }
        return roster.index(hash: hash).map { roster[$0] }
    }

    /// The member whose present life has this boot id.
    package func member(boot: BootID) -> Member? {
        if boot == identity.boot { return ownMember }
        return roster.index(current: boot).map { roster[$0] }
    }

    /// Whether `peer` answered a ping of this life of ours from that address.
    package func isProven(_ peer: Peer) -> Bool {
        guard let index = roster.index(current: peer.boot) else { return false }
        return roster.entries[index].proven == peer.address
    }

    /// Members alive or suspect, this node included.
    package var presentCount: Int {
        roster.presentCount + (ownClaim.state.isPresent ? 1 : 0)
    }

    /// Up to `count` members that are alive or suspect, chosen at random.
    package mutating func randomPeers(_ count: Int) -> [Member] {
        pick(count) { $0.state.isPresent }
    }

    mutating func pick(_ count: Int, where isWanted: (Member) -> Bool) -> [Member] {
        // Among many, most draws hit somebody wanted and new; looking at all would cost more.
        if roster.entries.count > 8 * count, let drawn = draw(count, where: isWanted) {
            return drawn
        }
        var candidates = roster.entries.indices.filter { isWanted(roster[$0]) }
        for index in 0..<min(count, candidates.count) {
            candidates.swapAt(index, Int.random(in: index..<candidates.count, using: &random))
        }
        return candidates.prefix(count).map { roster[$0] }
    }

    /// Draws `count` different members at random, or gives up when too few seem wanted.
    private mutating func draw(_ count: Int, where isWanted: (Member) -> Bool) -> [Member]? {
        var drawn: [Int] = []
        for _ in 0..<4 * count {
            let index = Int.random(in: 0..<roster.entries.count, using: &random)
            guard !drawn.contains(index), isWanted(roster[index]) else { continue }
            drawn.append(index)
            if drawn.count == count { return drawn.map { roster[$0] } }
        }
        return nil
    }

    /// The sum of the fingerprints of all claims: equal in all nodes when nothing is in flight.
    package var fingerprint: UInt64 { roster.fingerprint &+ ownClaim.fingerprint }

    /// Lifeguard's local health: 0 when well, at most `MembershipConfiguration.healthScoreMax`.
    package var healthScore: Int { health.score }
}
