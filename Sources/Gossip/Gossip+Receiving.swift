import Membership
package import Primitives
import Replication
import Wire

extension Gossip {
    /// Takes in a datagram that came from `address`.
    package mutating func receive(
        datagram: [UInt8], from address: SocketAddress, at now: Instant,
        effects: inout [GossipEffect]
    ) {
        counters.datagramsReceived += 1
        counters.bytesReceived += datagram.count
        var isAuthentic = false
        do throws(DropReason) {
            let opened = try seal.open(datagram)
            isAuthentic = true
            let contents = try decode(opened.plaintext)
            if contents.handshake == nil {
                if opened.isHandshakeOnly { throw .retiredKey }
                keyEpochs.heard(under: opened.epoch, at: now)
            }
            let parts = opened.isHandshakeOnly ? [] : contents.parts
            var request = Request(
                peer: Peer(boot: opened.sender, address: address), size: datagram.count,
                view: Self.view(in: parts))
            var contact: SocketAddress?
            if let handshake = contents.handshake {
                request.isHandshake = true
                switch react(to: handshake, of: request, at: now, effects: &effects) {
                case .nothing: break
                case .answer(let answer): request.answer = answer
                case .contact: contact = address
                }
            }
            take(parts, of: request, at: now, effects: &effects)
            if let contact { reach(contact, at: now, effects: &effects) }
        } catch {
            counters.drop(error)
            guard error == .unknownKey || error == .retiredKey,
                let name = membership.name(at: address)
            else { return }
            withKeyEpochs(at: now, effects: &effects) {
                $0.notOpened(
                    from: name, size: datagram.count, isAuthentic: isAuthentic, at: now,
                    effects: &$1)
            }
        }
    }

    private func decode(_ plaintext: [UInt8]) throws(DropReason) -> Datagram.Contents {
        do throws(WireError) {
            return try Datagram.contents(of: plaintext.span)
        } catch {
            throw .malformed
        }
    }

    private static func view(in parts: [Part]) -> UInt64? {
        for case .view(let sum) in parts { return sum }
        return nil
    }

    private mutating func take(
        _ parts: [Part], of request: Request, at now: Instant, effects: inout [GossipEffect]
    ) {
        var requests: [MembershipEffect] = []
        let messages = parts.compactMap { part in
            if case .message(let message) = part { message } else { nil }
        }
        noteHeard(messages)
        membership.receive(messages, from: request.peer, at: now, effects: &requests)
        note(requests, at: now, effects: &effects)
        var corrections: [[Part]] = []
        for case .record(let record, let age) in parts {
            if record.recordClass == .shared {
                corrections.append(
                    mergeShared(record, ageMilliseconds: age, at: now, effects: &effects))
            } else {
                merge(record, ageMilliseconds: age, at: now, effects: &effects)
            }
        }
        correct(request.peer, corrections, effects: &effects)
        transmit(requests, answering: request, at: now, effects: &effects)
        noteCutOff(effects: &effects)
        compare(parts, of: request, at: now, effects: &effects)
        flush(at: now, effects: &effects)
    }

    /// Counts claims that we spread ourselves as sent: somebody else does too.
    private mutating func noteHeard(_ messages: [MembershipMessage]) {
        guard !spread.members.isEmpty, countsHeard else { return }
        let sendLimit = sendLimit
        for case .claim(let claim) in messages {
            guard let known = membership.member(named: claim.identity.name),
                known.claim.standing == claim.standing
            else { continue }
            spread.members.noteHeard(claim.identity.name, sendLimit: sendLimit)
        }
    }

    /// Tells whoever sent outdated records what became of them. What belongs to one record travels
    /// in one datagram, or its key might be without a value for a moment.
    private mutating func correct(
        _ peer: Peer, _ groups: [[Part]], effects: inout [GossipEffect]
    ) {
        guard membership.isProven(peer) else { return }
        var answer = AnswerBuilder(limit: configuration.answerLimit)
        for group in groups { answer.append(together: group) }
        for builder in answer.finished { send(builder, to: peer.address, effects: &effects) }
    }

    /// Counts a record that we spread ourselves as sent once more: somebody else does too.
    mutating func noteHeard(_ name: RecordName) {
        if countsHeard { spread.records.noteHeard(name, sendLimit: sendLimit) }
    }

    private var countsHeard: Bool {
        membership.presentCount >= configuration.feedbackMembersMin
    }

    private mutating func merge(
        _ record: Record, ageMilliseconds: UInt64, at now: Instant, effects: inout [GossipEffect]
    ) {
        let name = RecordName(owner: record.owner.name, key: record.key)
        let age = Duration.milliseconds(Int64(clamping: ageMilliseconds))
        switch store.merge(record, age: age, at: now) {
        case .news(let change):
            effects.append(.recordChanged(change))
            notePropagation(age, at: now)
            if record.key == KeyEpochRecord.key, let payload = record.payload,
                let published = try? KeyEpochRecord.decode(payload.span)
            {
                withKeyEpochs(at: now, effects: &effects) {
                    $0.memberPublished(record.owner.name, published, at: now, effects: &$1)
                }
            }
            relay(name, record.recordClass, at: now)
        case .overruled:
            relay(name, record.recordClass, at: now)
        case .refused: counters.recordsRefused += 1
        case .known where countsHeard:
            switch record.recordClass {
            case .reliable, .shared: noteHeard(name)
            case .latestOnly: spread.gauges.noteHeard(name, sendLimit: sendLimit)
            }
        case .known, .outdated, .strange: break
        }
    }

    /// Spreads what is news to us and so perhaps to others.
    mutating func relay(
        _ name: RecordName, _ recordClass: RecordClass, at now: Instant
    ) {
        switch recordClass {
        case .reliable, .shared:
            spread.records.insert(name)
            repair.lastChange = now
        case .latestOnly:
            // Where its owner reaches everybody in one round, relaying would only add bytes.
            if membership.presentCount > configuration.fanOut + 1 { spread.gauges.insert(name) }
        }
    }
}
