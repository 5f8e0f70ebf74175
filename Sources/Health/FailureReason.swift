/// Why a probe failed, or why a backend was taken out for what became of requests to it.
///
/// Small on purpose: observations carry it from node to node, and `text(under:)` spells it out
/// with the definition, which every node has.
package enum FailureReason: Hashable, Sendable {
    /// Nobody listens there.
    case refused
    /// The answer was not complete within the timeout of the check.
    case timedOut
    /// The connection was cut before the answer was complete.
    case reset
    /// The network knows no way there.
    case unreachable
    /// An HTTP answer with a code that is not a success.
    case status(UInt16)
    /// An answer that is not in the protocol of the check.
    case malformed
    /// The expected text is not in the body.
    case bodyMismatch
    /// What came is not what was expected.
    case unexpectedAnswer
    /// TLS failed before the server was asked anything; why, in a few words.
    case tls(String)
    /// The serving status of `grpc.health.v1` is this, and not `SERVING`.
    case notServing(ServingStatus)
    /// The gRPC call ended with this status code.
    case grpcStatus(UInt8)
    /// The server answered with an error of its protocol; its words.
    case serverError(String)
    /// The command ended with this exit status.
    case exited(UInt8)
    /// The command was killed by this signal.
    case killed(UInt8)
    /// Passive: so many requests in a row failed.
    case consecutiveFailures(Int)
    /// Passive: so many percent of the requests of a window failed.
    case errorShare(percent: Int)
    /// Anything else, in a few words.
    case other(String)

    /// The answers of `grpc.health.v1.Health/Check`, as health.proto numbers them.
    package enum ServingStatus: UInt8, Hashable, Sendable, CaseIterable {
        case unknown = 0
        case serving = 1
        case notServing = 2
        case serviceUnknown = 3
    }

    /// How many Unicode scalars of words that came from elsewhere are shown, and are worth sending
    /// to other nodes.
    package static let otherTextMax = 96

    /// A phrase for people, such as `timed out after 5s`, without a full stop.
    package func text(under definition: CheckDefinition) -> String {
        switch self {
        case .refused: "connection refused"
        case .timedOut: "timed out after \(definition.timing.timeout.text)"
        case .reset: "connection reset"
        case .unreachable: "host unreachable"
        case .status(let code): Self.statusText(code, definition.probe)
        case .malformed: "malformed \(definition.probe.protocolName) response"
        case .bodyMismatch: "the body lacks the expected text"
        case .unexpectedAnswer: "unexpected \(definition.probe.protocolName) answer"
        case .tls(let text): "TLS: \(Self.cut(text))"
        case .notServing(let status): "serving status \(status.name)"
        case .grpcStatus(let code): "gRPC status \(code)\(Self.grpcName(code))"
        case .serverError(let text): "server error: \(Self.cut(text))"
        case .exited(let status): "exit status \(status)"
        case .killed(let signal): "killed by signal \(signal)"
        case .consecutiveFailures(1): "the first request after an ejection failed"
        case .consecutiveFailures(let count): "\(count) requests in a row failed"
        case .errorShare(let percent): "\(percent) % of requests failed"
        case .other(let text): Self.cut(text)
        }
    }

    /// `text` without control characters and not longer than is shown: a stranger may have said
    /// it. Counted in Unicode scalars, as a character may be made of any number of them.
    package static func cut(_ text: String) -> String {
        var cut = String.UnicodeScalarView()
        for scalar in text.unicodeScalars.prefix(otherTextMax) {
            cut.append(scalar.properties.generalCategory == .control ? " " : scalar)
        }
        return String(cut)
    }

    private static func statusText(_ code: UInt16, _ probe: Probe) -> String {
        guard case .http(let request) = probe else { return "HTTP status \(code)" }
        return "HTTP status \(code), expected \(request.successCodes)"
    }

    /// The names of gRPC's status codes that a health check meets.
    private static func grpcName(_ code: UInt8) -> String {
        switch code {
        case 4: " (deadline exceeded)"
        case 5: " (not found)"
        case 7: " (permission denied)"
        case 8: " (resource exhausted)"
        case 12: " (unimplemented)"
        case 13: " (internal)"
        case 14: " (unavailable)"
        case 16: " (unauthenticated)"
        default: ""
        }
    }
}

extension FailureReason.ServingStatus {
    /// As health.proto spells it.
    fileprivate var name: String {
        switch self {
        case .unknown: "UNKNOWN"
        case .serving: "SERVING"
        case .notServing: "NOT_SERVING"
        case .serviceUnknown: "SERVICE_UNKNOWN"
        }
    }
}

extension Probe {
    /// The protocol, as people write it.
    package var protocolName: String {
        switch self {
        case .tcp: "TCP"
        case .http(let request): request.tls == nil ? "HTTP" : "HTTPS"
        case .grpc: "gRPC"
        case .postgresql: "PostgreSQL"
        case .redis: "Redis"
        case .exec: "command"
        }
    }
}
