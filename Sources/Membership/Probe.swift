import Primitives

/// One running attempt to hear from one member.
///
/// A probe pings its target again and again, under numbers that count up, until an answer ends it.
/// What happens when a stage ends without one is `ProbeStage.end(of:)`.
struct Probe: Hashable, Sendable {
    /// Whoever asked us to ping the target.
    struct Requester: Hashable, Sendable {
        let peer: Peer
        var sequence: UInt32
        /// When it hears that we are well although the target is silent; nil once it has.
        var nackAt: Instant?
    }

    struct Helper: Hashable, Sendable {
        let name: NodeName
        let boot: BootID
        var isSilent = true
    }

    static let requesterLimit = 8
    /// Of so many pings it is remembered when they were sent.
    static let sentLimit = 16

    let target: Identity
    /// The number of the first ping, by which helpers know the probe.
    let sequence: UInt32
    let purpose: ProbePurpose
    let started: Instant
    /// By how much longer than by default its target may take: `RoundTripTime` over the default.
    let patience: Double
    var stage = ProbeStage.direct
    var stageEnds: Instant
    var nextPing: Instant
    /// Pings sent so far; every second one also asks the helpers again.
    private(set) var pings: UInt32 = 0
    private var sent: [Instant] = []
    var helpers: [Helper] = []
    /// Whether another process answered at the target's address.
    var hasMetAnotherLife = false
    var requesters: [Requester] = []

    init(
        target: Identity, sequence: UInt32, purpose: ProbePurpose, patience: Double, now: Instant,
        stageEnds: Instant
    ) {
        self.target = target
        self.sequence = sequence
        self.purpose = purpose
        self.patience = patience
        self.stageEnds = stageEnds
        started = now
        nextPing = now
    }

    /// Counts one more ping; the answer is its number.
    mutating func notePing(at now: Instant) -> UInt32 {
        defer { pings += 1 }
        if sent.count >= Self.sentLimit { sent.removeFirst() }
        sent.append(now)
        return sequence &+ pings
    }

    /// Whether a ping of this probe had that number.
    func hasSent(_ number: UInt32) -> Bool { number &- sequence < pings }

    /// When the ping of that number was sent, if that is still known.
    func time(of number: UInt32) -> Instant? {
        let age = Int(pings &- (number &- sequence))
        return (1...sent.count).contains(age) ? sent[sent.count - age] : nil
    }

    var deadline: Instant {
        requesters.reduce(min(stageEnds, nextPing)) { min($0, $1.nackAt ?? .distantFuture) }
    }

    mutating func postpone(by lag: Duration) {
        stageEnds = stageEnds + lag
        nextPing = nextPing + lag
        for index in requesters.indices {
            requesters[index].nackAt = requesters[index].nackAt.map { $0 + lag }
        }
    }
}

/// Why somebody is probed.
enum ProbePurpose: Hashable, Sendable {
    /// It was its turn.
    case schedule
    /// Another member asked.
    case request
    /// Another member accuses it, and we are one of its observers.
    case observation
    /// We are leaving and it should know.
    case farewell
}

enum ProbeStage: Hashable, Sendable {
    /// Pinging.
    case direct
    /// Pinging, and helpers ping too.
    case indirect
    /// The target is accused. Pinging goes on, now with the accusation, for as long as the
    /// suspicion lasts: the suspect should have every chance to refute.
    case accused

    enum End: Hashable, Sendable {
        case askHelpers
        case accuse
        case giveUp
    }

    /// What follows when this stage of a probe ends unanswered.
    func end(of purpose: ProbePurpose) -> End {
        switch (self, purpose) {
        case (.direct, .schedule): .askHelpers
        // Who was asked asks nobody in turn, or one suspicion would make all members ping.
        case (.direct, .request), (.direct, .observation), (.indirect, .schedule),
            (.indirect, .request), (.indirect, .observation):
            .accuse
        case (.direct, .farewell), (.indirect, .farewell), (.accused, _): .giveUp
        }
    }
}

extension Instant {
    /// Later than anything that happens.
    static let distantFuture = Instant(nanoseconds: .max)
    /// Before anything happened.
    static let distantPast = Instant(nanoseconds: .min)
}
