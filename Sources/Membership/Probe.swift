import Primitives

/// One running attempt to hear from one member.
///
/// A probe pings its target again and again, under one number, until an answer ends it. What
/// happens when a stage ends without one is `ProbeStage.next`.
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

    let target: Identity
    let sequence: UInt32
    let purpose: ProbePurpose
    var stage = ProbeStage.direct
    var stageEnds: Instant
    var nextPing: Instant
    /// Pings sent so far; every second one also asks the helpers again.
    var pings = 0
    var helpers: [Helper] = []
    var requesters: [Requester] = []

    init(
        target: Identity, sequence: UInt32, purpose: ProbePurpose, now: Instant, stageEnds: Instant
    ) {
        self.target = target
        self.sequence = sequence
        self.purpose = purpose
        self.stageEnds = stageEnds
        nextPing = now
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
        // A helper asks nobody in turn, or one suspicion would make all members ping.
        case (.direct, .request), (.indirect, .schedule), (.indirect, .request): .accuse
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
