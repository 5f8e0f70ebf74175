import Membership
import Primitives
import Replication
import Wire

extension Gossip {
    /// Takes in what a datagram says of its sender's view as a whole, and answers it.
    mutating func compare(
        _ parts: [Part], of request: Request, at now: Instant, effects: inout [GossipEffect]
    ) {
        guard membership.isProven(request.peer) else {
            return challenge(parts, of: request, at: now, effects: &effects)
        }
        let isAnswer = parts.contains { part in
            if case .message(.ack) = part { true } else { false }
        }
        for part in parts {
            switch part {
            case .view(let sum) where sum == view:
                noteParity(with: request.peer, effects: &effects)
            case .gaugeView where isAnswer:
                // Who answers with this sum had the view that our ping spoke of.
                noteParity(with: request.peer, effects: &effects)
            default: takeShared(part, at: now, effects: &effects)
            }
        }
        guard budget.hasRoom(at: now) else {
            counters.deferrals += 1
            return
        }
        var answer = AnswerBuilder(limit: configuration.answerLimit)
        for part in parts {
            switch part {
            case .message, .record, .watermark, .dead: break
            case .view(let sum):
                guard isAnswer, sum != view, beginsRepair(at: now) else { continue }
                counters.repairs += 1
                open(.reliable, in: &answer)
            case .gaugeView(let sum):
                guard sum != gaugeView, spread.gauges.isEmpty, changedGauges.isEmpty,
                    repair.beginsGaugeRepair(at: now, configuration)
                else { continue }
                counters.repairs += 1
                open(.latestOnly, in: &answer)
            case .compare(let recordClass, let range):
                reply(to: range, of: recordClass, at: now, in: &answer)
            case .want(let ids):
                for id in ids { append(id, at: now, to: &answer) }
            }
        }
        for builder in answer.finished {
            send(builder, to: request.peer.address, effects: &effects)
        }
    }

    /// Whether a comparison may begin. A node that is not ready yet does not wait for calm.
    private mutating func beginsRepair(at now: Instant) -> Bool {
        repair.beginsRepair(at: now, configuration, isUrgent: readiness == .syncing)
    }

    /// Comparing costs more bytes than an unproven peer may have; it is asked to prove itself,
    /// unless it said something else that was answered already.
    private mutating func challenge(
        _ parts: [Part], of request: Request, at now: Instant, effects: inout [GossipEffect]
    ) {
        let isComparing = parts.allSatisfy { part in
            switch part {
            case .compare, .want: true
            case .message, .record, .view, .gaugeView, .watermark, .dead: false
            }
        }
        guard isComparing, !parts.isEmpty else { return }
        var requests: [MembershipEffect] = []
        membership.challenge(request.peer, at: now, effects: &requests)
        carryOut(requests, answering: request, at: now, effects: &effects)
    }

    private mutating func open(_ recordClass: RecordClass, in answer: inout AnswerBuilder) {
        for range in Reconciliation.opening(digest(of: recordClass)) {
            answer.append(.compare(recordClass, range))
        }
    }

    private mutating func reply(
        to range: DigestRange, of recordClass: RecordClass, at now: Instant,
        in answer: inout AnswerBuilder
    ) {
        let own = digest(of: recordClass)
        let result = Reconciliation.answer(
            to: [range], own: own,
            version: { id in
                store.record(id: id)?.record.digestEntry.version
                    ?? claim(id: id)?.digestEntry.version ?? sharedVersion(id: id)
            })
        for range in result.ranges { answer.append(.compare(recordClass, range)) }
        for start in stride(from: 0, to: result.wants.count, by: Part.wantLimit) {
            let end = min(start + Part.wantLimit, result.wants.count)
            answer.append(.want(Array(result.wants[start..<end])))
        }
        for id in result.offers { append(id, at: now, to: &answer) }
    }

    /// Appends the item that digests call `id`.
    private func append(_ id: UInt64, at now: Instant, to answer: inout AnswerBuilder) {
        if let stored = store.record(id: id), !stored.isStale {
            answer.append(Part(stored, at: now))
        } else if let claim = claim(id: id) {
            answer.append(.message(.claim(claim)))
        } else {
            for part in sharedParts(id: id) { answer.append(part) }
        }
    }

    private func claim(id: UInt64) -> Claim? {
        membership.member(hash: id)?.claim
    }

    /// What this node has of a class, sorted by id. Members count among the reliable.
    private mutating func digest(of recordClass: RecordClass) -> [DigestEntry] {
        switch recordClass {
        case .reliable, .shared:
            let sum = view
            if let known = digests.reliable.entries(at: sum) { return known }
            var entries = store.digestEntries(of: .reliable) + shared.digestEntries
            if let entry = document.digestEntry { entries.append(entry) }
            membership.forEachClaim { claim in
                if claim.state != .left { entries.append(claim.digestEntry) }
            }
            return digests.reliable.replace(with: entries, at: sum)
        case .latestOnly:
            let sum = gaugeView
            if let known = digests.latestOnly.entries(at: sum) { return known }
            return digests.latestOnly.replace(with: store.digestEntries(of: recordClass), at: sum)
        }
    }
}

/// The digest of each class, as it was made last.
struct Digests: Sendable {
    var reliable = Digest()
    var latestOnly = Digest()
}

/// A digest, sorted by id, with the sum of the view that it was made of: the same sum, the same
/// entries. A comparison asks for it a dozen times while nothing changes.
struct Digest: Sendable {
    private var sum: UInt64?
    private var entries: [DigestEntry] = []

    func entries(at sum: UInt64) -> [DigestEntry]? { sum == self.sum ? entries : nil }

    mutating func replace(with unsorted: [DigestEntry], at sum: UInt64) -> [DigestEntry] {
        entries = unsorted.sorted { $0.id < $1.id }
        self.sum = sum
        return entries
    }
}

/// Packs the parts of an answer into datagrams, up to a number of them; what does not fit is left
/// to the next comparison.
struct AnswerBuilder {
    private let limit: Int
    private var builders: [DatagramBuilder] = []

    init(limit: Int) {
        self.limit = limit
    }

    var finished: [DatagramBuilder] { builders }

    mutating func append(_ part: Part) { append(together: [part]) }

    /// Appends parts to one datagram, all or none.
    mutating func append(together parts: [Part]) {
        guard !parts.isEmpty else { return }
        if var last = builders.last, parts.allSatisfy({ last.append($0) }) {
            builders[builders.count - 1] = last
            return
        }
        guard builders.count < limit else { return }
        var next = DatagramBuilder()
        if parts.allSatisfy({ next.append($0) }) { builders.append(next) }
    }
}
