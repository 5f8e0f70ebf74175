import Membership
import Primitives

/// One `Membership`, named `me` unless its place on the ring matters, and what a test says to it.
/// Other members are named by letters; the letter gives their address and, with the generation,
/// their boot id.
final class Bench {
    var membership: Membership
    static let start = Instant(nanoseconds: 5_000_000_000)
    var now = Bench.start

    init(
        seed: UInt64 = 1, named text: String = "me",
        adjust: (inout MembershipConfiguration) -> Void = { _ in }
    ) {
        var configuration = MembershipConfiguration()
        adjust(&configuration)
        membership = Membership(
            configuration: configuration, identity: Self.identity(text),
            address: Self.address(text), seed: seed, now: now)
    }

    static func name(_ text: String) -> NodeName {
        guard let name = NodeName(text) else { preconditionFailure("\(text) is no name") }
        return name
    }

    static func identity(_ text: String, generation: UInt64 = 1, boot: UInt64 = 0) -> Identity {
        Identity(
            name: name(text),
            boot: BootID(high: StableHash(of: text).value, low: generation << 8 | boot),
            generation: generation)
    }

    static func address(_ text: String) -> SocketAddress {
        let low = UInt32(truncatingIfNeeded: StableHash(of: text).value & 0xFF_FFFF)
        return SocketAddress(ip: IPAddress(ipv4: 0x0A00_0000 | low), port: 7946)
    }

    static func peer(_ text: String, generation: UInt64 = 1) -> Peer {
        Peer(boot: identity(text, generation: generation).boot, address: address(text))
    }

    /// A claim as it comes in. A death is one that we helped to find out, unless others are named.
    static func claim(
        _ text: String, _ state: MemberState, _ incarnation: UInt64 = 0, generation: UInt64 = 1,
        by accusers: [String] = []
    ) -> Claim {
        Claim(
            identity: identity(text, generation: generation), address: address(text),
            incarnation: incarnation, state: state,
            accusers: (state == .dead && accusers.isEmpty ? ["me"] : accusers).map(name).sorted())
    }

    // MARK: - What happens

    @discardableResult
    func receive(
        _ messages: [MembershipMessage], from text: String, generation: UInt64 = 1
    ) -> [MembershipEffect] {
        var effects: [MembershipEffect] = []
        membership.receive(
            messages, from: Self.peer(text, generation: generation), at: now, effects: &effects)
        return effects
    }

    @discardableResult
    func hear(_ claim: Claim, from text: String = "z") -> [MembershipEffect] {
        receive([.claim(claim)], from: text)
    }

    /// Makes members known as alive, with proven addresses.
    func know(_ names: String...) {
        for text in names {
            hear(Self.claim(text, .alive), from: text)
            prove(text)
        }
    }

    /// Has a member answer a challenge, so its address is proven.
    func prove(_ text: String) {
        var effects: [MembershipEffect] = []
        membership.challenge(Self.peer(text), at: now, effects: &effects)
        for case .send(let messages, _, _) in effects {
            for case .ping(let sequence) in messages { receive([.ack(sequence)], from: text) }
        }
    }

    /// Lets time pass, ticking at every deadline.
    @discardableResult
    func run(for duration: Duration) -> [MembershipEffect] {
        let end = now + duration
        var effects: [MembershipEffect] = []
        while membership.nextDeadline <= end {
            now = max(now, membership.nextDeadline)
            membership.tick(at: now, effects: &effects)
        }
        now = end
        return effects
    }

    /// Lets time pass until the next ping to somebody, and gives its number and receiver.
    func runToPing() -> (sequence: UInt32, address: SocketAddress)? {
        for _ in 0..<1_000 {
            now = max(now, membership.nextDeadline)
            var effects: [MembershipEffect] = []
            membership.tick(at: now, effects: &effects)
            if let ping = effects.pings.first { return ping }
        }
        return nil
    }

    func state(_ text: String) -> MemberState? {
        membership.member(named: Self.name(text))?.state
    }

    func incarnation(_ text: String) -> UInt64? {
        membership.member(named: Self.name(text))?.incarnation
    }

    func accusers(_ text: String) -> [String]? {
        membership.member(named: Self.name(text))?.claim.accusers.map(\.text)
    }
}

extension [MembershipEffect] {
    /// All datagrams to that member.
    func datagrams(to text: String) -> [[MembershipMessage]] {
        compactMap { effect in
            guard case .send(let messages, let address, _) = effect,
                address == Bench.address(text)
            else { return nil }
            return messages
        }
    }

    var replies: [[MembershipMessage]] {
        compactMap { effect in
            guard case .send(let messages, _, true) = effect else { return nil }
            return messages
        }
    }

    var pings: [(sequence: UInt32, address: SocketAddress)] {
        flatMap { effect -> [(UInt32, SocketAddress)] in
            guard case .send(let messages, let address, _) = effect else { return [] }
            return messages.compactMap { message in
                if case .ping(let sequence) = message { (sequence, address) } else { nil }
            }
        }
    }

    /// The states that a member went through.
    func states(of text: String) -> [MemberState] {
        compactMap { effect in
            guard case .changed(_, let member) = effect, member.name == Bench.name(text) else {
                return nil
            }
            return member.state
        }
    }

    func spreads(_ text: String) -> Bool { contains(.spread(Bench.name(text))) }

    var alarms: [MembershipAlarm] {
        compactMap { if case .alarm(let alarm) = $0 { alarm } else { nil } }
    }
}

extension [MembershipMessage] {
    func claim(about text: String) -> Claim? {
        for case .claim(let claim) in self where claim.identity.name == Bench.name(text) {
            return claim
        }
        return nil
    }
}
