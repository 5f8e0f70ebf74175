extension Message {
    /// What a response says about the one question that it answers.
    package enum Outcome: Hashable, Sendable {
        /// The records that were asked for, each once, of `name`: the one that was asked for or what
        /// it is an alias of. All may be kept for `timeToLive` seconds, the shortest on the way.
        case records([Record], name: DomainName, timeToLive: UInt32)
        /// The name is an alias of another, of which the response says nothing: ask for that.
        case alias(DomainName, timeToLive: UInt32)
        /// The name has no records of the type. Seconds that this may be kept, if said.
        case noRecords(timeToLive: UInt32?)
        /// There is no such name, nor any under it.
        case noSuchName(timeToLive: UInt32?)
        /// The aliases go round in a circle, or on for longer than anybody has a reason for.
        case aliasLoop
        /// The server does not know and will not ask: it names other servers, or nobody.
        case referral
        /// The server failed, or does not serve us.
        case refused(ResponseCode)
    }

    /// Aliases that are followed from one name to another.
    package static let aliasesMax = 16

    /// What this response says about `question`, which is for other types than CNAME and ANY.
    package func outcome(for question: Question) -> Outcome {
        guard [.noError, .noSuchName].contains(header.responseCode) else {
            return .refused(header.responseCode)
        }
        guard let (name, aliasTime) = followAliases(from: question.name) else { return .aliasLoop }
        let records = answers.filter {
            $0.name == name && $0.type == question.type && $0.class == question.class
        }
        if !records.isEmpty {
            let time = records.reduce(aliasTime) { min($0, $1.timeToLive) }
            return .records(Self.unique(records), name: name, timeToLive: time)
        }
        // With aliases the code is about the last of them (RFC 2308 section 2.1).
        if header.responseCode == .noSuchName { return .noSuchName(timeToLive: negativeTime) }
        if let time = negativeTime { return .noRecords(timeToLive: min(time, aliasTime)) }
        if name != question.name { return .alias(name, timeToLive: aliasTime) }
        return header.isAuthoritative || header.recursionAvailable
            ? .noRecords(timeToLive: nil) : .referral
    }

    /// The last name of the aliases that begin with `start`, and the shortest time to live of
    /// them; nil if there is no last.
    private func followAliases(from start: DomainName) -> (DomainName, UInt32)? {
        var aliases: [DomainName: (target: DomainName, time: UInt32)] = [:]
        for record in answers where record.class == .internet {
            guard case .alias(let target) = record.data else { continue }
            aliases[record.name] = aliases[record.name] ?? (target, record.timeToLive)
        }
        var name = start
        var time = Record.timeToLiveMax
        var count = 0
        while let alias = aliases[name] {
            count += 1
            guard count <= Self.aliasesMax else { return nil }
            name = alias.target
            time = min(time, alias.time)
        }
        return (name, time)
    }

    /// For how many seconds it may be kept that there is nothing (RFC 2308 section 5).
    private var negativeTime: UInt32? {
        for record in authorities {
            if case .authority(let authority) = record.data {
                return min(record.timeToLive, authority.minimum)
            }
        }
        return nil
    }

    private static func unique(_ records: [Record]) -> [Record] {
        var seen: Set<RecordData> = []
        return records.filter { seen.insert($0.data).inserted }
    }
}
