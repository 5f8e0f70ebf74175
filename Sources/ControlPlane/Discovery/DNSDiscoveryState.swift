import DNSCodec
import Primitives

/// What is known of a DNS source, and what to look up next and when. Pure.
///
/// Discovery goes in rounds: `rootLookups` are made and absorbed, then `targetLookups`, and then
/// `finish` tells the result. A round that is not clean, because a server failed or something is
/// not there, is repeated after a back-off that doubles; all others when the answers expire.
struct DNSDiscoveryState {
    /// The first back-off is the shortest time to live of the source; it doubles up to this.
    static let backOffMax = Duration.seconds(30)
    /// Answers are used up to this share longer, and back-offs drawn out, so that the nodes of a
    /// cluster do not all ask at once. Never shorter: a resolver would give its old answer.
    static let jitter = 0.1
    /// Targets of SRV records that are looked up.
    static let targetsMax = 1_000

    let source: DNSSource
    private var memories: [Lookup: LookupMemory] = [:]
    private var round: [(lookup: Lookup, result: LookupResult)] = []
    private var ledger = DiscoveryLedger()
    private var uncleanRounds = 0
    private var random: SeededRandom

    init(source: DNSSource, seed: UInt64) {
        self.source = source
        random = SeededRandom(seed: seed)
    }

    /// The lookups that a round begins with.
    var rootLookups: [Lookup] {
        let types: [RecordType] =
            switch source.kind {
            case .ipv4: [.a]
            case .ipv6: [.aaaa]
            case .anyAddress: [.a, .aaaa]
            case .service: [.srv]
            }
        return types.map { Lookup(name: source.name, type: $0) }
    }

    /// The lookups that the roots have led to: both kinds of address for each target of an SRV
    /// record, except those that came along with it.
    var targetLookups: [Lookup] {
        guard let services else { return [] }
        return targets.flatMap { target in
            let known = services.targets[target] ?? []
            return [RecordType.a, .aaaa]
                .filter { type in !known.contains { $0.isIPv4 == (type == .a) } }
                .map { Lookup(target, $0) }
        }
    }

    private var services: LookupAnswer? {
        guard case .service = source.kind else { return nil }
        return rootLookups.first.flatMap { memories[$0]?.answer }
    }

    private var targets: [DomainName] {
        let targets = Set((services?.services ?? []).map(\.target))
        return Array(targets.sorted().prefix(Self.targetsMax))
    }

    mutating func absorb(_ lookup: Lookup, _ result: LookupResult, now: Instant) {
        memories[lookup, default: LookupMemory()].absorb(result, hold: source.hold, now: now)
        round.append((lookup, result))
        guard case .found(let answer) = result, !answer.targets.isEmpty else { return }
        for target in targets {
            guard let known = answer.targets[target] else { continue }
            for type in [RecordType.a, .aaaa] {
                let addresses = known.filter { $0.isIPv4 == (type == .a) }
                guard !addresses.isEmpty else { continue }
                let found = LookupAnswer(addresses: addresses, timeToLive: answer.timeToLive)
                memories[Lookup(target, type), default: LookupMemory()]
                    .absorb(.found(found), hold: source.hold, now: now)
            }
        }
    }

    /// Ends the round: what is there now, and how long to wait until the next one.
    mutating func finish(now: Instant) -> (update: DiscoveryUpdate, pause: Duration) {
        let relevant = Set(
            rootLookups + targets.flatMap { [Lookup($0, .a), Lookup($0, .aaaa)] })
        memories = memories.filter { relevant.contains($0.key) }
        let problems = problems()
        let pause = pause(isClean: problems.isEmpty, now: now)
        let more = problems.count > 1 ? " (and \(problems.count - 1) more)" : ""
        let update = ledger.note(
            backends(), failure: problems.first.map { $0 + more }, now: now)
        round = []
        return (update, pause)
    }

    /// What is wrong. That one kind of address is not there is no problem if the other is.
    private func problems() -> [String] {
        let answered = Set(memories.filter { $0.value.answer != nil }.map(\.key.name))
        var problems: [String] = []
        for (lookup, result) in round {
            switch result {
            case .found: break
            case .failed(let reason): problems.append(reason)
            case .nothing(let reason):
                let isHeld = memories[lookup]?.answer != nil
                if isHeld || !answered.contains(lookup.name) { problems.append(reason) }
            }
        }
        guard let services else { return problems }
        if Set(services.services.map(\.target)).count > Self.targetsMax {
            problems.append("\(source.name) has more than \(Self.targetsMax) targets")
        }
        return problems
    }

    private mutating func pause(isClean: Bool, now: Instant) -> Duration {
        let limits = source.timeToLive
        let times = round.compactMap { entry -> Duration? in
            guard case .found(let answer) = entry.result else { return nil }
            return answer.timeToLive
        }
        var pause = min(max(times.min() ?? limits.upperBound, limits.lowerBound), limits.upperBound)
        if isClean {
            uncleanRounds = 0
        } else {
            let doublings = min(uncleanRounds, 16)
            uncleanRounds += 1
            let backOff = min(
                limits.lowerBound * (1 << doublings), max(Self.backOffMax, limits.lowerBound))
            pause = min(pause, backOff)
        }
        pause += pause * (random.unitInterval() * Self.jitter)
        // An end of a hold is no place for jitter: a single node's backends hang on it.
        for memory in memories.values {
            guard let end = memory.holdEnd(source.hold) else { continue }
            pause = min(pause, max(end - now, limits.lowerBound))
        }
        return pause
    }

    private func backends() -> [DiscoveredBackend] {
        switch source.kind {
        case .ipv4(let port, let weight), .ipv6(let port, let weight),
            .anyAddress(let port, let weight):
            rootLookups.flatMap { memories[$0]?.answer?.addresses ?? [] }.map {
                DiscoveredBackend(address: SocketAddress(ip: $0, port: port), weight: weight)
            }
        case .service:
            ServiceMapping.backends(services?.services ?? [], addresses: addresses(of:))
        }
    }

    private func addresses(of target: DomainName) -> [IPAddress] {
        [RecordType.a, .aaaa].flatMap {
            memories[Lookup(target, $0)]?.answer?.addresses ?? []
        }
    }
}

extension Lookup {
    fileprivate init(_ target: DomainName, _ type: RecordType) {
        self.init(name: "\(target).", type: type)
    }
}
