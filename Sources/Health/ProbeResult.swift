/// How one probe ended.
package enum ProbeResult: Hashable, Sendable {
    /// The answer was right, `latency` after the probe began.
    case success(latency: Duration)
    case failure(FailureReason)
}
