import ConfigurationFile
import Gossip
import Health
import Linux
import Logging
import Membership
import NIOCore
import Primitives
import SharedState

/// Health as control lives with it: probes begin and end, requests are counted, verdicts change.
extension Control {
    // MARK: Active checks

    func startDueChecks() -> [HealthBook.DueCheck] {
        health.startDue(at: Clock.now())
    }

    var nextCheck: Instant? { health.nextDeadline }

    func finishCheck(_ check: HealthBook.DueCheck, _ result: ProbeResult) {
        let now = Clock.now()
        let isFrozen = health.isFrozen(isCutOff: isCutOff)
        noteFreeze(isFrozen)
        let change = health.finish(check, result, isFrozen: isFrozen, at: now)
        if let change {
            let reason = change.reason.map { ": \($0.text(under: check.definition))" } ?? ""
            for key in health.backends(checkedBy: check.key) {
                logger.info("this node sees \(key) \(change.to.rawValue)\(reason)")
                observationChanged(key)
            }
        }
        guard case .success = result, health.hasPassiveChecks else { return }
        for key in health.backends(checkedBy: check.key) {
            if health.noteActiveSuccess(key, at: now) != nil { returned(key) }
        }
    }

    private func noteFreeze(_ isFrozen: Bool) {
        guard isFrozen != saidFrozen else { return }
        saidFrozen = isFrozen
        if isFrozen {
            logger.warning("no node answers and most checks fail: the verdicts stay as they are")
            for key in health.revoke(at: Clock.now()) { observationChanged(key) }
        } else {
            logger.notice("verdicts change again")
        }
    }

    /// Which nodes are present has changed, and with it perhaps who probes what.
    func observersChanged() {
        let present = gossip?.gossip.members.filter(\.state.isPresent).map(\.name.text) ?? []
        for key in health.setPresent(present, at: Clock.now()) { observationChanged(key) }
    }

    // MARK: Passive checks

    /// Looks at what became of requests, in all pools that are checked by it.
    func samplePassiveChecks() {
        guard health.hasPassiveChecks else { return }
        let now = Clock.now()
        let isFrozen = health.isFrozen(isCutOff: isCutOff)
        for pool in configuration.shared.pools where pool.passive != nil {
            let backends = roster.backends(of: pool.name)
            var outage: HealthBook.PoolOutage?
            for backend in backends {
                let counters = counters(of: backend)
                // Nothing became of any request, and nothing is due: most often so.
                if counters == lastCounters[backend.hash], health.ejection(of: backend.key) == nil {
                    continue
                }
                lastCounters[backend.hash] = counters
                var present = outage ?? health.outage(of: backends)
                sample(backend, counters, outage: &present, isFrozen: isFrozen, at: now)
                outage = present
            }
        }
    }

    private func sample(
        _ backend: ManagedBackend, _ counters: PassiveCounters,
        outage: inout HealthBook.PoolOutage, isFrozen: Bool, at now: Instant
    ) {
        let key = backend.key
        let news = health.sample(
            key, counters, outage: &outage, isFrozen: isFrozen, at: now)
        switch news.event {
        case .ejected(let until, let reason):
            let text = health.reasonText(reason, of: key) ?? ""
            let seconds = Int((until - now).inSeconds.rounded())
            logger.notice("\(key) is ejected for \(seconds) s: \(text)")
            observationChanged(key)
            publishSoon()
        case .returned: returned(key)
        case nil: if news.isObservationNew { observationChanged(key) }
        }
    }

    private func returned(_ key: BackendKey) {
        logger.notice("\(key) gets traffic again, on trial")
        observationChanged(key)
        publishSoon()
    }

    /// What was counted of a backend's requests, by all workers.
    func counters(of backend: ManagedBackend) -> PassiveCounters {
        guard let slot = slot(of: backend) else { return PassiveCounters() }
        let serverErrors = memory.total(slot: slot, .serverErrors)
        let answers = memory.total(slot: slot, .answers)
        // An answer that broke off had begun.
        let failed = serverErrors &+ memory.total(slot: slot, .brokenBodies)
        return PassiveCounters(
            successes: answers > failed ? answers - failed : 0,
            serverErrors: serverErrors,
            failures: memory.total(slot: slot, .connectFailures)
                &+ memory.total(slot: slot, .brokenAnswers),
            refused: memory.total(slot: slot, .refusedConnections))
    }

    // MARK: Verdicts

    /// What this node sees of a backend has changed.
    func observationChanged(_ key: BackendKey) {
        publishObservation(of: key)
        remember(key)
        reconsider(key)
    }

    private func remember(_ key: BackendKey) {
        guard let backend = roster.backend(key), let slot = slot(of: backend) else { return }
        memory.lastVerdict(slot: slot).value = health.encoded(key)
    }

    /// Forms the verdict on a backend anew, after somebody's observation changed.
    func reconsider(_ key: BackendKey) {
        guard let check = health.checkID(of: key) else { return }
        let now = Clock.now()
        let others = gossip?.observations(of: key, check: check, at: now) ?? []
        let tookTraffic = health.takesTraffic(key)
        guard let verdict = health.reconsider(key, others: others, at: now) else { return }
        remember(key)
        let reason = health.reasonText(of: key).map { ": \($0)" } ?? ""
        logger.notice("\(key) is \(verdict.status.rawValue)\(reason)")
        if health.takesTraffic(key) != tookTraffic { publishSoon() }
    }
}
