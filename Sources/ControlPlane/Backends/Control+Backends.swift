import Balancing
import ConfigurationFile
import Gossip
import Health
import Linux
import Logging
import Primitives
import SharedState

/// Backends as control lives with them: they come, change and go.
extension Control {
    // MARK: What sources say

    /// The configured backends, before anything was published.
    func applyFirst(_ difference: BackendRoster.Difference) {
        let now = Clock.now()
        for backend in difference.removed { health.remove(backend.key) }
        for backend in difference.added {
            health.add(backend.key, counters: counters(of: backend), at: now)
            guard let slot = slot(of: backend) else { continue }
            health.restore(backend.key, from: memory.lastVerdict(slot: slot).value, at: now)
        }
    }

    /// Takes over what became of a pool's backends.
    func apply(_ difference: BackendRoster.Difference) {
        guard !difference.isEmpty else { return }
        let now = Clock.now()
        for backend in difference.removed {
            logger.notice("backend \(backend.key) is gone")
            withdrawObservation(of: backend.key)
            health.remove(backend.key)
            builder.forget(backend.key)
        }
        for backend in difference.added {
            logger.notice("backend \(backend.key) is there (\(backend.origin.rawValue))")
            health.add(backend.key, counters: counters(of: backend), at: now)
            if let slot = slot(of: backend) {
                health.restore(backend.key, from: memory.lastVerdict(slot: slot).value, at: now)
            }
            if hasStarted { health.startSlowly(backend.key, at: now) }
            reconsider(backend.key)
            // Another pool may have its check, and a result, already.
            if hasStarted { publishObservation(of: backend.key) }
        }
        for backend in difference.changed {
            logger.notice(
                "backend \(backend.key) is \(backend.state.rawValue), weight \(backend.weight)")
        }
        if !(difference.added.isEmpty && difference.changed.isEmpty) { updateShares() }
        publishSoon()
    }

    // MARK: Limits and loads

    /// Tells the others how many connections this node has open, and the workers how many the
    /// others have.
    func exchangeGauges() {
        let now = Clock.now()
        expireTold()
        slots.reclaim(at: now)
        if gossip != nil {
            publishGauges()
            writeRemoteLoads()
        }
        if now >= nextShareRound { updateShares() }
    }

    func writeRemoteLoads() {
        guard let gossip else { return }
        let now = Clock.now()
        var slotsByHash: [UInt64: Int] = [:]
        var local: [UInt64: RemoteLoads.Local] = [:]
        for backend in roster.all {
            guard let slot = slot(of: backend) else { continue }
            slotsByHash[backend.hash] = slot
            local[backend.hash] = RemoteLoads.Local(
                open: UInt32(clamping: memory.total(slot: slot, .openConnections)),
                requests: memory.total(slot: slot, .requests))
        }
        let loads = remoteLoads.update(gossip.remoteGauges(at: now), local: local, at: now)
        // What a former control process wrote is better than nothing until the others' gauges are
        // here.
        let isComplete = now - startedAt > Self.gaugeSettling
        for (hash, slot) in slotsByHash {
            if let load = loads[hash] {
                memory.remoteLoad(slot: slot).value = load.rawValue
            } else if isComplete {
                memory.remoteLoad(slot: slot).value = 0
            }
        }
    }

    /// One round of sharing out the connections of the backends that have a most.
    func updateShares() {
        let now = Clock.now()
        nextShareRound = now + ConnectionShares.round
        var demands: [ConnectionShares.Demand] = []
        var slotsByHash: [UInt64: Int] = [:]
        let lastShortages = self.shortages
        self.shortages = [:]
        for backend in roster.all {
            guard let slot = slot(of: backend) else { continue }
            guard let maximum = backend.maxConnections else {
                memory.connectionLimit(slot: slot).value = 0
                continue
            }
            slotsByHash[backend.hash] = slot
            let shortages = memory.total(slot: slot, .shortages)
            let waiting =
                memory.total(slot: slot, .waiting)
                &+ (shortages &- (lastShortages[slot] ?? shortages))
            self.shortages[slot] = shortages
            demands.append(
                ConnectionShares.Demand(
                    backend: backend.hash, maximum: UInt32(maximum),
                    open: UInt32(clamping: memory.total(slot: slot, .openConnections)),
                    waiting: UInt32(clamping: waiting)))
        }
        let memory = memory
        let outcome = shares.round(
            demands, peers: otherNodes, knowsPeers: readiness != .syncing,
            claims: gossip?.gossip.claims(at: now) ?? [],
            held: { hash in
                let limit = slotsByHash[hash].map { memory.connectionLimit(slot: $0).value } ?? 0
                return UInt32(clamping: limit > 0 ? limit - 1 : 0)
            }, at: now)
        for (hash, limit) in outcome.limits {
            guard let slot = slotsByHash[hash] else { continue }
            memory.connectionLimit(slot: slot).value = UInt64(limit) + 1
        }
        publishClaims(outcome)
    }
}
