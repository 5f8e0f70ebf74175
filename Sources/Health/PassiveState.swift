package import Primitives

/// What one node concludes of one backend from real requests.
///
///     in service ──failures in a row, share, refusal──▶ ejected ──time──▶ on trial
///     on trial ──a success──▶ in service      on trial ──a failure──▶ ejected, for longer
///
/// An ejection lasts `baseEjection` times its number; the number falls back by one for each
/// `baseEjection` spent in service (Envoy's rule). It is fed with samples of counters, not with
/// requests, so the order within a sample is unknown: failures are in a row if no sample between
/// them has a success.
package struct PassiveState: Hashable, Sendable {
    package struct Ejection: Hashable, Sendable {
        package let since: Instant
        package let until: Instant
        package let reason: FailureReason
    }

    package enum Event: Hashable, Sendable {
        case ejected(until: Instant, reason: FailureReason)
        case returned
    }

    package let definition: PassiveDefinition
    /// Nil while the backend is in service or on trial.
    package private(set) var ejection: Ejection?
    /// What the next ejection's length is counted by, less one: ejections that are not forgotten.
    package private(set) var ejections = 0
    /// Failures since the last sample with a success, or since the backend returned.
    package private(set) var failures: UInt64 = 0
    /// Whether it returned and has had no success since.
    package private(set) var isOnTrial = false

    private var last: PassiveCounters
    private var window: RequestWindow
    private var wasRefused = false
    /// From when on time in service counts against `ejections`.
    private var quietSince: Instant

    /// - Parameter counters: the sums as they are; only what comes later is judged.
    package init(_ definition: PassiveDefinition, counters: PassiveCounters, at now: Instant) {
        self.definition = definition
        last = counters
        window = RequestWindow(span: definition.window)
        quietSince = now
    }

    /// Takes in the counters as they are at `now` and says what changed. To be called every second
    /// or so: what it does not see it cannot judge, and time is noticed only here.
    ///
    /// - Parameter mayEject: asked only when the backend deserves it; false puts it off to the
    ///   next sample (see `EjectionCap`, and `VerdictFreeze` for a node that suspects itself).
    package mutating func sample(
        _ counters: PassiveCounters, at now: Instant, mayEject: () -> Bool
    ) -> Event? {
        let new = counters.since(last)
        last = counters
        if let ejection {
            // Requests that were under way at the ejection still end.
            return now >= ejection.until ? giveBack(at: now) : nil
        }
        note(new, at: now)
        forget(at: now)
        guard let reason = reasonToEject, mayEject() else { return nil }
        return eject(for: reason, at: now)
    }

    /// An active probe succeeded, which ends an ejection for a refused connection: somebody listens
    /// again. Other ejections last; a health check says little about what requests fail at.
    package mutating func noteActiveSuccess(at now: Instant) -> Event? {
        guard let ejection, ejection.reason == .refused, now > ejection.since else { return nil }
        return giveBack(at: now)
    }

    private mutating func note(_ new: PassiveCounters, at now: Instant) {
        let tally = RequestTally(new, by: definition)
        window.add(tally, at: now)
        if tally.good > 0 {
            failures = 0
            isOnTrial = false
            wasRefused = false
        } else {
            failures = failures.addingReportingOverflow(tally.bad).partialValue
        }
        if new.refused > 0 { wasRefused = true }
    }

    private mutating func forget(at now: Instant) {
        while ejections > 0, quietSince + definition.baseEjection <= now {
            ejections -= 1
            quietSince = quietSince + definition.baseEjection
        }
        if ejections == 0 { quietSince = now }
    }

    private var reasonToEject: FailureReason? {
        if wasRefused, definition.ejectsOnRefused { return .refused }
        if isOnTrial, failures > 0 { return .consecutiveFailures(Int(clamping: failures)) }
        if let limit = definition.consecutiveFailures, failures >= limit {
            return .consecutiveFailures(Int(clamping: failures))
        }
        let tally = window.tally
        if let limit = definition.errorShare, tally.bad > 0,
            tally.total >= definition.minimumRequests
        {
            let share = Double(tally.bad) / Double(tally.total)
            if share >= limit { return .errorShare(percent: Int((share * 100).rounded())) }
        }
        return nil
    }

    private mutating func eject(for reason: FailureReason, at now: Instant) -> Event {
        // Beyond this the time is `maxEjection` anyway, whatever the numbers.
        let longest = definition.maxEjection.nanoseconds / definition.baseEjection.nanoseconds + 1
        ejections = min(ejections + 1, Int(clamping: longest))
        let time = min(definition.baseEjection * ejections, definition.maxEjection)
        ejection = Ejection(since: now, until: now + time, reason: reason)
        return .ejected(until: now + time, reason: reason)
    }

    private mutating func giveBack(at now: Instant) -> Event {
        ejection = nil
        isOnTrial = true
        failures = 0
        wasRefused = false
        window.removeAll()
        quietSince = now
        return .returned
    }
}
