import Membership
import Primitives
import Replication
import Wire

/// The datagram that is being answered.
struct Request {
    let peer: Peer
    /// Its length in bytes, sealed.
    let size: Int
    /// The sum of its sender's view, if it says so.
    let view: UInt64?
    /// Whether it came with a handshake: then its sender may open nothing but another.
    var isHandshake = false
    /// The answer to that handshake, until it is sent.
    var answer: Handshake?
}

extension Gossip {
    /// Carries out what membership asks for: what is news first, so that datagrams take it along.
    mutating func carryOut(
        _ requests: [MembershipEffect], answering request: Request?, at now: Instant,
        effects: inout [GossipEffect]
    ) {
        note(requests, at: now, effects: &effects)
        transmit(requests, answering: request, at: now, effects: &effects)
        noteCutOff(effects: &effects)
    }

    /// The part of `carryOut` that sends nothing.
    mutating func note(
        _ requests: [MembershipEffect], at now: Instant, effects: inout [GossipEffect]
    ) {
        for request in requests {
            switch request {
            case .send: break
            case .spread(let name):
                spread.members.insert(name)
                repair.lastChange = now
            case .changed(let before, let after):
                effects.append(.memberChanged(from: before, to: after))
                for change in follow(after, at: now) { effects.append(.recordChanged(change)) }
                noteEpochs(from: before, to: after, at: now, effects: &effects)
            case .forgotten(let name):
                effects.append(.memberForgotten(name))
                withKeyEpochs(at: now, effects: &effects) {
                    $0.memberWent(name, at: now, effects: &$1)
                }
                for change in store.drop(owner: name) { effects.append(.recordChanged(change)) }
            case .renewed(let identity):
                store.renew(owner: identity, at: now)
                shared.renew(owner: identity)
                document.renew(owner: identity)
                for stored in store.records(of: identity.name) {
                    spreadOwn(stored.record.key, stored.record.recordClass, at: now)
                }
                effects.append(.renewed(identity))
            case .alarm(let alarm): effects.append(.alarm(alarm))
            case .departed(let count): effects.append(.departed(acknowledgements: count))
            }
        }
    }

    /// Tells the store what became of an owner.
    private mutating func follow(_ member: Member, at now: Instant) -> [RecordChange] {
        switch member.state {
        case .alive, .suspect: store.update(owner: member.identity, isLive: true, at: now)
        case .dead: store.update(owner: member.identity, isLive: false, at: now)
        case .left, .refused: store.drop(owner: member.name)
        }
    }

    /// The part of `carryOut` that sends.
    mutating func transmit(
        _ requests: [MembershipEffect], answering request: Request?, at now: Instant,
        effects: inout [GossipEffect]
    ) {
        var request = request
        for case .send(let messages, let address, let isReply) in requests {
            let isContact = messages.contains { if case .padding = $0 { true } else { false } }
            if isContact, keyEpochs.used > .file, !contactsUnderEpoch {
                sendHello(to: address, effects: &effects)
                continue
            }
            var limit = Datagram.plaintextMax
            if isReply, let request, !membership.isProven(request.peer) {
                limit = min(limit, request.size - Seal.overhead)
            }
            var builder = DatagramBuilder(limit: limit)
            if isReply, let answer = request?.answer {
                builder.append(answer)
                request?.answer = nil
            }
            for message in messages { builder.append(.message(message)) }
            if isContact, !contactsUnderEpoch { builder.append(keyEpochs.hello) }
            for message in messages {
                switch message {
                case .ping: builder.append(.view(view))
                case .ack:
                    // Whoever pinged compares: the ack has just proved our address to it.
                    let isSame = request?.view == nil || request?.view == view
                    builder.append(isSame ? .gaugeView(gaugeView) : .view(view))
                case .pingRequest, .relayedAck, .nack, .claim, .introduce, .padding: break
                }
            }
            fill(&builder, for: nil, at: now)
            let isHandshake = isReply && request?.isHandshake == true
            send(builder, to: address, isHandshake: isHandshake, effects: &effects)
        }
        if let request, let answer = request.answer {
            var builder = DatagramBuilder(limit: request.size - Seal.overhead)
            builder.append(answer)
            send(builder, to: request.peer.address, isHandshake: true, effects: &effects)
        }
    }

    /// Seals and sends one datagram, unless it is empty.
    mutating func send(
        _ builder: DatagramBuilder, to address: SocketAddress, isHandshake: Bool = false,
        effects: inout [GossipEffect]
    ) {
        guard !builder.isEmpty else { return }
        let datagram =
            isHandshake ? seal.sealHandshake(builder.bytes) : seal.seal(builder.bytes)
        counters.datagramsSent += 1
        counters.bytesSent += datagram.count
        budget.spend(datagram.count + Datagram.headerBytes)
        effects.append(.send(datagram, to: address))
    }

    // MARK: - News

    /// Sends a round of news, if one is due.
    mutating func flush(at now: Instant, effects: inout [GossipEffect]) {
        releaseGauges(at: now)
        guard !spread.isEmpty, now >= nextSpread else { return }
        guard budget.hasRoom(at: now) else {
            counters.deferrals += 1
            nextSpread = budget.nextRoom(after: now)
            return
        }
        nextSpread = now + configuration.spreadInterval
        let peers = membership.randomPeers(configuration.fanOut)
        guard !peers.isEmpty else {
            // Nobody to tell; whoever comes will compare.
            spread = SpreadQueues(capacity: configuration.queueCapacity)
            return
        }
        for peer in peers {
            var builder = DatagramBuilder()
            fill(&builder, for: peer.name, at: now)
            send(builder, to: peer.address, effects: &effects)
        }
    }

    /// Lets own gauges that changed out to be spread, at their capped rate.
    private mutating func releaseGauges(at now: Instant) {
        guard !changedGauges.isEmpty, now >= nextGauges else { return }
        nextGauges = now + configuration.gaugeInterval
        for key in changedGauges {
            spread.gauges.insert(RecordName(owner: identity.name, key: key))
        }
        changedGauges = []
    }

    /// Fills the room left in a datagram with news that is not about its receiver.
    private mutating func fill(
        _ builder: inout DatagramBuilder, for receiver: NodeName?, at now: Instant
    ) {
        guard !spread.isEmpty else { return }
        let sendLimit = sendLimit
        // Taken out while it is drawn from, since what the keys stand for is looked up meanwhile.
        var spread = SpreadQueues(capacity: 0)
        swap(&spread, &self.spread)
        defer { swap(&spread, &self.spread) }
        spread.members.draw(sendLimit: sendLimit) { name in
            guard let claim = membership.member(named: name)?.claim else { return .obsolete }
            guard name != receiver || claim.state != .alive else { return .passed }
            return builder.append(.message(.claim(claim))) ? .sent : .passed
        }
        func offer(_ name: RecordName) -> SpreadQueue<RecordName>.Offer {
            guard let part = part(for: name, at: now) else { return .obsolete }
            guard name.owner != receiver else { return .passed }
            return builder.append(part) ? .sent : .passed
        }
        spread.records.draw(sendLimit: sendLimit, offer: offer)
        spread.gauges.draw(sendLimit: sendLimit, offer: offer)
    }

    /// A record as it is sent now; nil when there is nothing to send under that name any more.
    private func part(for name: RecordName, at now: Instant) -> Part? {
        if let stored = store.record(owner: name.owner, key: name.key) {
            return stored.isStale ? nil : Part(stored, at: now)
        }
        let record =
            shared.record(owner: name.owner, key: name.key)
            ?? document.record(owner: name.owner, key: name.key)
        return record.map { .record($0, ageMilliseconds: 0) }
    }

    /// How often one node sends one item: enough rounds to reach all (SWIM, section 4.1).
    var sendLimit: Int {
        var digits = 1
        var rest = membership.presentCount
        while rest >= 10 {
            rest /= 10
            digits += 1
        }
        return configuration.sendFactor * digits
    }
}

extension Part {
    /// A record as it is sent now.
    init(_ stored: StoredRecord, at now: Instant) {
        let age = stored.age(at: now).nanoseconds / 1_000_000
        self = .record(stored.record, ageMilliseconds: UInt64(max(0, age)))
    }
}
