import Primitives

/// Pings outside the schedule: to seeds, to dead members, and to prove an address.
struct Contacts: Sendable {
    /// An address to join the cluster through.
    struct Seed: Hashable, Sendable {
        let address: SocketAddress
        var lastContact: Instant?
        /// Who answered there.
        var answeredBy: BootID?
    }

    /// A ping that waits for its answer.
    struct Outstanding: Hashable, Sendable {
        let sequence: UInt32
        let address: SocketAddress
        let sent: Instant
    }

    /// As many unanswered pings are remembered; an answer that comes after so many is ignored.
    static let outstandingLimit = 64

    var seeds: [Seed] = []
    private var outstanding: [Outstanding] = []
    /// When the next round of contacts is due, and how long after it the one after that.
    private(set) var deadline: Instant = .distantFuture
    private(set) var interval: Duration

    init(interval: Duration) {
        self.interval = interval
    }

    mutating func remember(_ sequence: UInt32, to address: SocketAddress, at now: Instant) {
        if outstanding.count >= Self.outstandingLimit { outstanding.removeFirst() }
        outstanding.append(Outstanding(sequence: sequence, address: address, sent: now))
    }

    /// When that number was sent to that address; nil when it was not. An answer counts once.
    mutating func settle(_ sequence: UInt32, from address: SocketAddress) -> Instant? {
        let answered = outstanding.firstIndex { $0.sequence == sequence && $0.address == address }
        return answered.map { outstanding.remove(at: $0).sent }
    }

    mutating func answered(from address: SocketAddress, by boot: BootID) {
        guard let index = seeds.firstIndex(where: { $0.address == address }) else { return }
        seeds[index].answeredBy = boot
    }

    /// There is somebody new to contact: start again with short intervals.
    mutating func hasten(to instant: Instant) {
        deadline = min(deadline, instant)
        interval = .zero
    }

    /// A round was made at `now`: the next waits twice as long as this one did.
    mutating func backOff(
        from now: Instant, minimum: Duration, maximum: Duration, jitter: Double
    ) {
        interval = min(max(interval * 2, minimum), maximum)
        deadline = now + interval * jitter
    }

    /// Nobody is left to contact.
    mutating func rest() {
        deadline = .distantFuture
        interval = .zero
    }
}
