import DNSCodec
import Primitives

/// One thing to look up.
struct Lookup: Hashable, Sendable {
    /// As the resolver takes it: with a dot at its end if it is complete.
    let name: String
    let type: RecordType
}

/// How a lookup ended.
enum LookupResult: Hashable, Sendable {
    case found(LookupAnswer)
    /// The domain name system has nothing. The text says so.
    case nothing(String)
    /// Nobody could say, for this reason.
    case failed(String)
}

/// What a lookup found.
struct LookupAnswer: Hashable, Sendable {
    /// Of an A or AAAA lookup.
    var addresses: [IPAddress] = []
    /// Of an SRV lookup.
    var services: [RecordData.Service] = []
    /// The addresses of targets that came along with them.
    var targets: [DomainName: [IPAddress]] = [:]
    var timeToLive: Duration
}

extension LookupResult {
    init(_ resolution: Resolution) {
        let answer = LookupAnswer(resolution)
        if answer.addresses.isEmpty, answer.services.isEmpty {
            let type = resolution.records.first?.type
            self = .nothing(
                type == .srv
                    ? "\(resolution.name) is a service that is not there"
                    : "\(resolution.name) has only addresses that nobody can be at")
        } else {
            self = .found(answer)
        }
    }

    init(_ failure: ResolutionFailure) {
        switch failure {
        case .noSuchName, .noRecords: self = .nothing(failure.description)
        case .invalidName, .serversFailed, .aliasesWithoutEnd, .cancelled:
            self = .failed(failure.description)
        }
    }
}

extension LookupAnswer {
    fileprivate init(_ resolution: Resolution) {
        self.init(timeToLive: .seconds(Int64(resolution.timeToLive)))
        for record in resolution.records {
            switch record.data {
            case .address(let ip) where ip.canBePeer: addresses.append(ip)
            // The root for a target says that the service is decidedly not there (RFC 2782).
            case .service(let service) where !service.target.isRoot: services.append(service)
            default: break
            }
        }
        let wanted = Set(services.map(\.target))
        for record in resolution.additionals where wanted.contains(record.name) {
            guard case .address(let ip) = record.data, ip.canBePeer else { continue }
            targets[record.name, default: []].append(ip)
            timeToLive = min(timeToLive, .seconds(Int64(record.timeToLive)))
        }
    }
}

extension IPAddress {
    /// Whether there can be a server at this address. Filters of names answer with the unspecified
    /// one, which the kernel takes for this machine.
    fileprivate var canBePeer: Bool {
        let isMulticast = isIPv4 ? low >> 28 >= 0xE : high >> 56 == 0xFF
        return !isUnspecified && !isMulticast
    }
}

/// What is known of one lookup, over time: the last answer outlives failures for ever, and the
/// news that there is nothing for a while. Pure.
struct LookupMemory {
    private(set) var answer: LookupAnswer?
    /// When it was first said that there is nothing; nil while there is something.
    private(set) var nothingSince: Instant?

    mutating func absorb(_ result: LookupResult, hold: Duration, now: Instant) {
        switch result {
        case .found(let found):
            answer = found
            nothingSince = nil
        case .nothing:
            let since = nothingSince ?? now
            nothingSince = since
            if now - since >= hold { answer = nil }
        case .failed:
            break
        }
    }

    /// Until when the answer is held against the news that there is nothing.
    func holdEnd(_ hold: Duration) -> Instant? {
        answer == nil ? nil : nothingSince.map { $0 + hold }
    }
}
