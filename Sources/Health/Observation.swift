package import Primitives

/// What one node found out about one backend with one check.
package struct Observation: Hashable, Sendable {
    /// The name of the node that looked.
    package let observer: String
    /// `unknown` is no opinion: the observer has had no result yet.
    package let status: HealthStatus
    /// Its newest failure, if it is down or failing.
    package let reason: FailureReason?
    /// When the observer came to this status, on the clock of whoever reads it: an observation
    /// travels with its age.
    package let since: Instant

    package init(observer: String, status: HealthStatus, reason: FailureReason?, since: Instant) {
        self.observer = observer
        self.status = status
        self.reason = reason
        self.since = since
    }
}
