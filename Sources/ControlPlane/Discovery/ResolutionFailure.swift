package import DNSCodec
package import Primitives

/// Why a name server is no help with a question.
package enum ServerFault: Error, Hashable, Sendable {
    /// No answer came within this time.
    case silent(Duration)
    /// The kernel says so, in these words.
    case unreachable(String)
    /// The server ended the connection before it had answered.
    case closed
    /// The server answered, in no DNS message or over TCP to another question.
    case malformed(DNSError?)
    /// More datagrams came that are no answers than one question is worth.
    case flooded
    case refused(ResponseCode)
    /// The server names others to ask: it serves resolvers and not us.
    case referral
    /// Aliases in a circle, or too many of them.
    case aliasLoop
}

extension ServerFault: CustomStringConvertible {
    /// Completes a line that begins with the server.
    package var description: String {
        switch self {
        case .silent(let time): "no answer within \(time)"
        case .unreachable(let reason): reason
        case .closed: "ended the connection without an answer"
        case .malformed(.some(let error)): "malformed answer: \(error)"
        case .malformed(nil): "an answer to another question"
        case .flooded: "answers to other questions only"
        case .refused(let code): "answered \(code)"
        case .referral: "named other servers only; it is no resolver"
        case .aliasLoop: "answered with aliases that do not end"
        }
    }
}

/// Why there are no records.
package enum ResolutionFailure: Error, Hashable, Sendable {
    /// No text that could be a name.
    case invalidName(String)
    /// There is no such name (NXDOMAIN), which may be kept for so many seconds.
    case noSuchName(DomainName, timeToLive: UInt32?)
    /// The name has no records of the type, which may be kept for so many seconds.
    case noRecords(Question, timeToLive: UInt32?)
    /// No server could say, each for its reason. Nothing follows about the name.
    case serversFailed(Question, [SocketAddress: ServerFault])
    /// One alias after the other, over several answers.
    case aliasesWithoutEnd(Question)
    /// The task was cancelled.
    case cancelled
}

extension ResolutionFailure: CustomStringConvertible {
    package var description: String {
        switch self {
        case .invalidName(let text): return "'\(text)' is no name"
        case .noSuchName(let name, _): return "there is no name \(name)"
        case .noRecords(let question, _): return "\(question.name) has no \(question.type) records"
        case .serversFailed(let question, let faults):
            let reasons = faults.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }
            return "\(question.name) \(question.type): \(reasons.joined(separator: "; "))"
        case .aliasesWithoutEnd(let question):
            return "\(question.name) \(question.type): \(ServerFault.aliasLoop)"
        case .cancelled: return "cancelled"
        }
    }
}

/// The records that a name has.
package struct Resolution: Hashable, Sendable {
    /// At least one, all of the type that was asked for.
    package let records: [Record]
    /// The name that has them: what was asked for, or what that is an alias of.
    package let name: DomainName
    /// Seconds for which all of this may be kept; 0 = for this use only.
    package let timeToLive: UInt32
    /// What the server thought would be asked next, such as the addresses of targets.
    package let additionals: [Record]
}
