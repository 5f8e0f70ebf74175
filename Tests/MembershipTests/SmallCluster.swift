import Primitives

@testable import Membership

/// Several memberships on a network that loses nothing and takes a millisecond for each datagram.
/// What a node spreads reaches everybody in the same time, in place of gossip.
///
/// Nodes are known by the text of their address, so two can have one name.
final class SmallCluster {
    struct Node {
        let place: String
        var membership: Membership
        var isRunning = true
        var deadline: Instant
        /// What happened to the node, with the times.
        var log: [(at: Instant, effect: MembershipEffect)] = []
    }

    private struct Datagram {
        let arrival: Instant
        let sender: Peer
        let receiver: Int
        let messages: [MembershipMessage]
    }

    static let latency: Duration = .milliseconds(1)

    private(set) var nodes: [Node] = []
    private(set) var now = Instant(nanoseconds: 5_000_000_000)
    private var indices: [SocketAddress: Int] = [:]
    private var inFlight: [Datagram] = []
    private var arrived = 0

    /// Starts a node and tells it whatever the first node knows, as a comparison of views would.
    func add(_ text: String, generation: UInt64 = 1, at place: String? = nil) {
        let place = place ?? text
        precondition(!nodes.contains { Bench.address($0.place) == Bench.address(place) })
        let membership = Membership(
            configuration: MembershipConfiguration(),
            identity: Bench.identity(text, generation: generation), address: Bench.address(place),
            seed: StableHash(of: place).value, now: now)
        let newcomer = nodes.count
        nodes.append(
            Node(place: place, membership: membership, deadline: membership.nextDeadline))
        indices[membership.ownClaim.address] = newcomer
        nodes[0].membership.forEachClaim { claim in
            if newcomer > 0 { post([.claim(claim)], from: 0, to: newcomer) }
        }
        tellAll(membership.ownClaim, from: newcomer)
    }

    func stop(_ place: String) {
        guard let index = index(place) else { return }
        nodes[index].isRunning = false
        nodes[index].deadline = .distantFuture
    }

    func leave(_ place: String) {
        guard let index = index(place) else { return }
        var effects: [MembershipEffect] = []
        nodes[index].membership.leave(at: now, effects: &effects)
        carryOut(effects, of: index)
    }

    /// Lets time pass.
    func run(for duration: Duration) {
        let end = now + duration
        while true {
            let arrival = arrived < inFlight.count ? inFlight[arrived].arrival : .distantFuture
            let next = nodes.reduce(arrival) { min($0, $1.deadline) }
            guard next <= end else { break }
            now = max(now, next)
            if arrival <= now { deliver() } else { tick() }
        }
        now = end
    }

    /// What the node at that place believes of a name.
    func state(_ text: String, at place: String) -> MemberState? {
        index(place).flatMap { nodes[$0].membership.member(named: Bench.name(text))?.state }
    }

    /// When one node began, as scheduled, to probe another.
    func probes(from place: String, of target: String) -> [Instant] {
        guard let index = index(place) else { return [] }
        let address = Bench.address(target)
        return nodes[index].log.compactMap { at, effect in
            guard case .send(let messages, address, false) = effect, messages.count == 1,
                case .ping = messages[0]
            else { return nil }
            return at
        }
    }

    func effects(of place: String) -> [MembershipEffect] {
        index(place).map { nodes[$0].log.map(\.effect) } ?? []
    }

    // MARK: - How it works

    private func index(_ place: String) -> Int? { nodes.firstIndex { $0.place == place } }

    private func deliver() {
        let datagram = inFlight[arrived]
        arrived += 1
        guard nodes[datagram.receiver].isRunning else { return }
        var effects: [MembershipEffect] = []
        nodes[datagram.receiver].membership.receive(
            datagram.messages, from: datagram.sender, at: now, effects: &effects)
        carryOut(effects, of: datagram.receiver)
    }

    private func tick() {
        for index in nodes.indices where nodes[index].deadline <= now {
            var effects: [MembershipEffect] = []
            nodes[index].membership.tick(at: now, effects: &effects)
            carryOut(effects, of: index)
        }
    }

    private func carryOut(_ effects: [MembershipEffect], of index: Int) {
        nodes[index].deadline = nodes[index].membership.nextDeadline
        for effect in effects {
            nodes[index].log.append((now, effect))
            switch effect {
            case .send(let messages, let address, _):
                guard let receiver = indices[address] else { continue }
                post(messages, from: index, to: receiver)
            case .spread(let name):
                if let member = nodes[index].membership.member(named: name) {
                    tellAll(member.claim, from: index)
                }
            case .changed, .forgotten, .renewed, .alarm, .departed: break
            }
        }
    }

    private func tellAll(_ claim: Claim, from index: Int) {
        for other in nodes.indices where other != index {
            let known = nodes[other].membership.member(named: claim.identity.name)?.claim
            if known != claim { post([.claim(claim)], from: index, to: other) }
        }
    }

    private func post(_ messages: [MembershipMessage], from index: Int, to receiver: Int) {
        let own = nodes[index].membership.ownClaim
        inFlight.append(
            Datagram(
                arrival: now + Self.latency,
                sender: Peer(boot: own.identity.boot, address: own.address), receiver: receiver,
                messages: messages))
    }
}
