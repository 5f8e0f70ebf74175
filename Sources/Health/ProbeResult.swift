/// How one probe ended.
package enum ProbeResult: Hashable, Sendable {
    /// The answer was right, `latency` after the probe began.
    case success(latency: Duration)
    case failure(FailureReason)
}

/// Why a probe failed.
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
    /// An answer that is not HTTP.
    case malformed
    /// Anything else, in a few words; at most `otherTextMax` characters are shown.
    case other(String)

    /// How many characters of `other` are shown, and are worth sending to other nodes.
    package static let otherTextMax = 96

    /// A phrase for people, such as `timed out after 5s`, without a full stop.
    package func text(under definition: CheckDefinition) -> String {
        switch self {
        case .refused:
            return "connection refused"
        case .timedOut:
            return "timed out after \(definition.timeout.text)"
        case .reset:
            return "connection reset"
        case .unreachable:
            return "host unreachable"
        case .status(let code):
            guard case .http(let request) = definition.probe else { return "HTTP status \(code)" }
            return "HTTP status \(code), expected \(request.successCodes)"
        case .malformed:
            return "malformed HTTP response"
        case .other(let text):
            return String(text.prefix(Self.otherTextMax))
        }
    }
}
