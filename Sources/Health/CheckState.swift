package import Primitives

/// What one node knows of one backend by one check: a rise-and-fall machine.
///
///     unknown ──any success──▶ up   ──`unhealthyThreshold` failures in a row──▶ down
///     unknown ──any failure──▶ down ──`healthyThreshold` successes in a row───▶ up
///
/// The first result decides at once, either way. HAProxy does the same (a server starts up with
/// one failure left), and Envoy half of it (one success is enough at the start, but until then
/// there is no traffic). Waiting for the thresholds would, with the defaults, send traffic to a
/// dead backend for a minute and a half after every start; sending none before the first result
/// would make each start an outage. So an unchecked backend is used until its first result, and
/// that result is believed.
package struct CheckState: Hashable, Sendable {
    /// A transition, or a new reason to be down, for whoever logs it or tells the other nodes.
    package struct Change: Hashable, Sendable {
        package let from: HealthStatus
        package let to: HealthStatus
        /// Why the backend went down; nil when it came up.
        package let reason: FailureReason?
    }

    package let definition: CheckDefinition
    package private(set) var status = HealthStatus.unknown
    /// When `status` became what it is.
    package private(set) var since: Instant
    /// Successes in a row up to now; counts no further than `healthyThreshold`.
    package private(set) var successes = 0
    /// Failures in a row up to now; counts no further than `unhealthyThreshold`.
    package private(set) var failures = 0
    /// The newest failure; nil while the backend is up and its newest result was a success.
    package private(set) var reason: FailureReason?
    /// Whether it was up before it became what it is.
    private var wasUp = false
    /// How long the newest success took.
    package private(set) var latency: Duration?

    /// A check without a result yet.
    package init(_ definition: CheckDefinition, at now: Instant) {
        self.definition = definition
        since = now
    }

    /// Takes in the result of a probe that ended at `now`, and says what changed by it: nothing
    /// while verdicts are frozen (`VerdictFreeze`), except for what is still unknown.
    package mutating func record(
        _ result: ProbeResult, at now: Instant, isFrozen: Bool = false
    ) -> Change? {
        let formerReason = reason
        switch result {
        case .success(let latency):
            self.latency = latency
            successes = min(successes + 1, definition.timing.healthyThreshold)
            failures = 0
        case .failure(let reason):
            self.reason = reason
            failures = min(failures + 1, definition.timing.unhealthyThreshold)
            successes = 0
        }
        let next = isFrozen && status != .unknown ? status : nextStatus
        if next == .up, failures == 0 { reason = nil }
        let isNewReason = status == .down && next == .down && reason != formerReason
        guard next != status || isNewReason else { return nil }
        defer {
            if next != status {
                since = now
                wasUp = status == .up
            }
            status = next
        }
        return Change(from: status, to: next, reason: reason)
    }

    /// Takes back that the backend went down, if that was after `instant`: the node has found out
    /// since that nobody answers it. The answer says whether it did.
    package mutating func revoke(downSince instant: Instant, at now: Instant) -> Bool {
        guard status == .down, wasUp, since > instant else { return false }
        (status, since, failures, reason) = (.up, now, 0, nil)
        return true
    }

    /// Whether the newest result was a failure; nil before the first.
    package var isFailing: Bool? {
        successes == 0 && failures == 0 ? nil : failures > 0
    }

    /// Whether the newest result contradicts the status and the threshold is not reached yet: time
    /// for `CheckTiming.fastInterval`. True before the first result.
    package var isChanging: Bool {
        switch status {
        case .unknown: true
        case .up: failures > 0
        case .down: successes > 0
        }
    }

    /// Goes on with what an earlier life of this node had concluded, so that its thresholds apply
    /// to the next results. Without effect once there was a result.
    package mutating func resume(as status: HealthStatus, at now: Instant) {
        guard self.status == .unknown, successes == 0, failures == 0 else { return }
        self.status = status
        since = now
    }

    private var nextStatus: HealthStatus {
        switch status {
        case .unknown: failures > 0 ? .down : .up
        case .up: failures == definition.timing.unhealthyThreshold ? .down : .up
        case .down: successes == definition.timing.healthyThreshold ? .up : .down
        }
    }

    /// This state as the node called `observer` publishes it.
    package func observation(by observer: String) -> Observation {
        Observation(observer: observer, status: status, reason: reason, since: since)
    }
}
