package import Membership
package import Primitives
package import Wire

extension KeyEpochs {
    /// What a handshake calls for.
    package enum Reaction: Hashable, Sendable {
        case nothing
        /// Send this to where the handshake came from, sealed for a handshake.
        case answer(Handshake)
        /// Its sender can open what we seal: get in touch as with a seed, under the epoch in use.
        case contact
    }

    /// Takes in a handshake that a process sealed; `member` is its name if it is a known member,
    /// whatever its state. An answer to it takes at most `limit` bytes of plaintext.
    package mutating func receive(
        _ handshake: Handshake, from member: NodeName?, limit: Int, at now: Instant,
        effects: inout [KeyEpochEffect]
    ) -> Reaction {
        switch handshake {
        case .hello(let hello):
            note(newest: hello.newest, used: hello.used, of: member)
            advance(at: now, effects: &effects)
            guard hello.newest > newest else { return answer(hello, limit: limit, at: now) }
            return .answer(self.hello)
        case .rekey(let rekey):
            guard let keys = exchange.open(rekey), let newest = rekey.epochs.first else {
                return .nothing
            }
            take(keys, of: rekey, at: now, effects: &effects)
            note(newest: newest, used: rekey.used, of: member)
            advance(at: now, effects: &effects)
            return used > .file && rekey.epochs.contains(used) ? .contact : .nothing
        }
    }

    /// A record says it once and for all, a handshake may come late: it only adds to what is known
    /// of a present member.
    private mutating func note(newest: KeyEpoch, used: KeyEpoch, of member: NodeName?) {
        if let member, var entry = census[member] {
            entry.newest = max(entry.newest, newest)
            entry.used = max(entry.used, used)
            census.set(member, entry)
        } else {
            hearsay = max(hearsay, used)
        }
    }

    private mutating func take(
        _ keys: [EpochKey], of rekey: Rekey, at now: Instant, effects: inout [KeyEpochEffect]
    ) {
        let age = Duration.milliseconds(Int64(clamping: rekey.ageMilliseconds))
        for (index, key) in keys.enumerated() {
            // Only of the first is it told when it began, and the others are on their way out.
            let begun = index == 0 ? now - age : now
            hold(Held(key: key, maker: rekey.maker, begun: begun), at: now, effects: &effects)
        }
    }

    /// The keys for somebody who has no more than we have: the newest, that in use, and others as
    /// far as they fit.
    private func answer(_ hello: Hello, limit: Int, at now: Instant) -> Reaction {
        guard let newest = held.first else { return .nothing }
        var chosen = [newest]
        chosen += held.dropFirst().filter { $0.epoch == used }
        chosen += held.dropFirst().filter { $0.epoch != used }
        while Rekey.lengthMax(keys: chosen.count, maker: newest.maker) > limit {
            guard chosen.popLast() != nil, !chosen.isEmpty else { return .nothing }
        }
        let keys = chosen.map(\.key).sorted { $0.epoch > $1.epoch }
        let milliseconds = age(at: now).nanoseconds / 1_000_000
        let rekey = exchange.wrap(
            keys, used: used, maker: newest.maker,
            ageMilliseconds: UInt64(clamping: milliseconds), for: hello.publicKey)
        return rekey.map { .answer(.rekey($0)) } ?? .nothing
    }
}
