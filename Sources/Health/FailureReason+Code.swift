/// The form in which a reason travels and is stored: a number and a text.
extension FailureReason {
    /// The number and text of this reason. Numbers from 100 on are HTTP statuses; 0 is never used.
    /// A text is cut to `otherTextMax` Unicode scalars.
    package var coded: (code: UInt16, text: String) {
        switch self {
        case .refused: (1, "")
        case .timedOut: (2, "")
        case .reset: (3, "")
        case .unreachable: (4, "")
        case .malformed: (5, "")
        case .other(let text): (6, Self.cut(text))
        case .bodyMismatch: (7, "")
        case .unexpectedAnswer: (8, "")
        case .tls(let text): (9, Self.cut(text))
        case .notServing(let status): (10, "\(status.rawValue)")
        case .grpcStatus(let status): (11, "\(status)")
        case .serverError(let text): (12, Self.cut(text))
        case .exited(let status): (13, "\(status)")
        case .killed(let signal): (14, "\(signal)")
        case .consecutiveFailures(let count): (15, "\(count)")
        case .errorShare(let percent): (16, "\(percent)")
        case .status(let code): (max(code, 100), "")
        }
    }

    /// The reason that travelled so; nil for none, which is 0. A number of a later release, or one
    /// with a text that does not belong to it, reads as `other`.
    package init?(coded code: UInt16, text: String) {
        guard code > 0 else { return nil }
        self = Self.plain(code) ?? Self.worded(code, text) ?? .other(Self.cut(text))
    }

    private static func plain(_ code: UInt16) -> FailureReason? {
        switch code {
        case 1: .refused
        case 2: .timedOut
        case 3: .reset
        case 4: .unreachable
        case 5: .malformed
        case 7: .bodyMismatch
        case 8: .unexpectedAnswer
        case 100...: .status(code)
        default: nil
        }
    }

    private static func worded(_ code: UInt16, _ text: String) -> FailureReason? {
        switch code {
        case 9: .tls(cut(text))
        case 10: UInt8(text).flatMap(ServingStatus.init(rawValue:)).map(FailureReason.notServing)
        case 11: UInt8(text).map(FailureReason.grpcStatus)
        case 12: .serverError(cut(text))
        case 13: UInt8(text).map(FailureReason.exited)
        case 14: UInt8(text).map(FailureReason.killed)
        case 15: Int(text).map(FailureReason.consecutiveFailures)
        case 16: Int(text).map { .errorShare(percent: $0) }
        default: nil
        }
    }
}
