import Membership
package import Primitives
import Replication
package import Wire

extension Gossip {
    /// The epoch that this node seals with, and the greatest that it has.
    package var keyEpoch: (used: KeyEpoch, newest: KeyEpoch) { (keyEpochs.used, keyEpochs.newest) }

    /// Begins a new key epoch with that random key; see `KeyEpochs`.
    package mutating func rotate(
        key: [UInt8], at now: Instant, effects: inout [GossipEffect]
    ) throws(KeyEpochError) {
        var requests: [KeyEpochEffect] = []
        try keyEpochs.rotate(key: key, at: now, effects: &requests)
        carryOut(requests, at: now, effects: &effects)
    }

    mutating func withKeyEpochs(
        at now: Instant, effects: inout [GossipEffect],
        _ body: (inout KeyEpochs, inout [KeyEpochEffect]) -> Void
    ) {
        var requests: [KeyEpochEffect] = []
        body(&keyEpochs, &requests)
        carryOut(requests, at: now, effects: &effects)
    }

    private mutating func carryOut(
        _ requests: [KeyEpochEffect], at now: Instant, effects: inout [GossipEffect]
    ) {
        for request in requests {
            switch request {
            case .install(let key): seal.install(key)
            case .use(let epoch):
                seal.use(epoch)
                // Who is dead to us because it uses that epoch can be reached from now on.
                membership.hastenContacts(at: now)
            case .retire(let epoch): seal.retire(below: epoch)
            case .publish(let payload):
                try? set(
                    KeyEpochRecord.key, .reliable, payload: payload, at: now, effects: &effects)
            case .greet(let name):
                guard let address = member(named: name)?.address else { continue }
                sendHello(to: address, effects: &effects)
            case .keyWanted: effects.append(.keyWanted)
            }
        }
    }

    /// Tells who is present.
    mutating func noteEpochs(
        from before: Member?, to after: Member, at now: Instant, effects: inout [GossipEffect]
    ) {
        let wasPresent = before?.state.isPresent == true && before?.identity == after.identity
        guard after.state.isPresent != wasPresent else { return }
        let stored = store.record(owner: after.name, key: KeyEpochRecord.key)
        let payload = stored.flatMap { $0.isStale ? nil : $0.record.payload }
        let record = payload.flatMap { try? KeyEpochRecord.decode($0.span) }
        withKeyEpochs(at: now, effects: &effects) { epochs, requests in
            if after.state.isPresent {
                epochs.memberCame(after.name, record: record, at: now, effects: &requests)
            } else {
                epochs.memberWent(after.name, at: now, effects: &requests)
            }
        }
    }

    mutating func react(
        to handshake: Handshake, of request: Request, at now: Instant,
        effects: inout [GossipEffect]
    ) -> KeyEpochs.Reaction {
        let name = membership.member(boot: request.peer.boot)?.name
        var reaction = KeyEpochs.Reaction.nothing
        withKeyEpochs(at: now, effects: &effects) { epochs, requests in
            reaction = epochs.receive(
                handshake, from: name, limit: request.size - Seal.overhead, at: now,
                effects: &requests)
        }
        return reaction
    }

    /// A hello and nothing else, which is all that may be said under a key of the file.
    mutating func sendHello(to address: SocketAddress, effects: inout [GossipEffect]) {
        var builder = DatagramBuilder()
        builder.append(keyEpochs.hello)
        builder.append(.message(.padding(configuration.membership.contactPadding)))
        send(builder, to: address, isHandshake: true, effects: &effects)
    }

    /// Gets in touch with whoever is at an address and can open what we seal.
    mutating func reach(
        _ address: SocketAddress, at now: Instant, effects: inout [GossipEffect]
    ) {
        var requests: [MembershipEffect] = []
        membership.reach(address, at: now, effects: &requests)
        contactsUnderEpoch = true
        carryOut(requests, answering: nil, at: now, effects: &effects)
        contactsUnderEpoch = false
    }
}
