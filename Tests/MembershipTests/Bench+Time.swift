import Membership
import Primitives

/// An effect, and how long after the start of its timeline it came.
struct TimedEffect {
    let after: Duration
    let effect: MembershipEffect
}

extension Bench {
    /// Lets time pass while those members, and nobody else, answer pings at once.
    @discardableResult
    func timeline(for duration: Duration, answering names: [String] = []) -> [TimedEffect] {
        let start = now
        let answering = Set(names.map(Self.address))
        var all: [TimedEffect] = []
        while membership.nextDeadline <= start + duration {
            now = max(now, membership.nextDeadline)
            var effects: [MembershipEffect] = []
            membership.tick(at: now, effects: &effects)
            for ping in effects.pings where answering.contains(ping.address) {
                effects += answer(ping)
            }
            all += effects.map { TimedEffect(after: now - start, effect: $0) }
        }
        now = start + duration
        return all
    }

    /// Stops the loop of the node: it misses its next deadline by so much.
    func stop(for duration: Duration) {
        now = max(now, membership.nextDeadline) + duration
    }

    @discardableResult
    func tick() -> [MembershipEffect] {
        var effects: [MembershipEffect] = []
        membership.tick(at: now, effects: &effects)
        return effects
    }

    @discardableResult
    func leave() -> [MembershipEffect] {
        var effects: [MembershipEffect] = []
        membership.leave(at: now, effects: &effects)
        return effects
    }
}

extension [TimedEffect] {
    var effects: [MembershipEffect] { map(\.effect) }

    /// When each ping to that member went out.
    func pings(to text: String) -> [Duration] {
        flatMap { item in [item.effect].datagrams(to: text).map { (item.after, $0) } }
            .filter { _, messages in
                messages.contains { if case .ping = $0 { true } else { false } }
            }
            .map(\.0)
    }

    /// When a member first went into that state.
    func first(_ state: MemberState, of text: String) -> Duration? {
        first { [$0.effect].states(of: text).contains(state) }?.after
    }

    /// When that member was first sent a message like that.
    func first(
        to text: String, where isWanted: (MembershipMessage) -> Bool
    ) -> Duration? {
        first { [$0.effect].datagrams(to: text).joined().contains(where: isWanted) }?.after
    }
}

extension Duration {
    /// Whether this is `other`, give or take a hundredth.
    func isAbout(_ other: Duration) -> Bool {
        abs((self - other).inSeconds) <= 0.01 * other.inSeconds
    }
}
