package import Membership
package import Primitives
package import Replication
package import Wire

/// One node's observation of a backend, as this node knows it.
package struct ObservedBackend: Hashable, Sendable {
    package let observer: NodeName
    package let observation: BackendObservation
    /// How long the status has lasted by now.
    package let lasted: Duration
    /// Whether the observer is dead or restarted since: only the last known value.
    package let isStale: Bool
}

/// One node's gauges, as this node knows them.
package struct ObservedGauges: Hashable, Sendable {
    package let owner: NodeName
    package let gauges: [BackendGauge]
    /// How old the numbers are.
    package let age: Duration
}

/// Why something about backends could not be published.
package enum PublishError: Error, Hashable, Sendable {
    case malformed(WireError)
    case refused(RecordError)
}

extension Gossip {
    /// Publishes what this node found out about a backend.
    package mutating func publish(
        _ observation: BackendObservation, at now: Instant, effects: inout [GossipEffect]
    ) throws(PublishError) {
        let payload: [UInt8]
        do throws(WireError) {
            payload = try observation.encode()
        } catch {
            throw .malformed(error)
        }
        do throws(RecordError) {
            try set(observation.key, .reliable, payload: payload, at: now, effects: &effects)
        } catch {
            throw .refused(error)
        }
    }

    /// Takes an observation back: the backend or the check is no longer configured.
    package mutating func withdraw(
        backend: String, check: UInt64, at now: Instant, effects: inout [GossipEffect]
    ) {
        remove(
            BackendObservation.key(backend: backend, check: check), at: now, effects: &effects)
    }

    /// Publishes this node's gauges in place of the former ones, packed into as few records as
    /// possible.
    package mutating func publish(
        _ gauges: [BackendGauge], at now: Instant, effects: inout [GossipEffect]
    ) throws(PublishError) {
        let payloads = NodeGauges.encode(gauges, limit: configuration.replication.payloadLimit)
        do throws(RecordError) {
            for (part, payload) in payloads.enumerated() {
                try set(
                    NodeGauges.key(part: part), .latestOnly, payload: payload, at: now,
                    effects: &effects)
            }
        } catch {
            throw .refused(error)
        }
        for stored in records(of: identity.name)
        where stored.record.key.kind == .gauges && stored.record.key.id >= UInt64(payloads.count) {
            remove(stored.record.key, at: now, effects: &effects)
        }
    }

    /// What all nodes found out about all backends, by observer. Payloads that this release cannot
    /// read are left out.
    package func observations(at now: Instant) -> [ObservedBackend] {
        records(of: .observation).compactMap { stored in
            guard let payload = stored.record.payload,
                let observation = try? BackendObservation.decode(payload.span)
            else { return nil }
            let lasted = Duration.milliseconds(Int64(clamping: observation.lastedMilliseconds))
            return ObservedBackend(
                observer: stored.record.owner.name, observation: observation,
                lasted: lasted + stored.age(at: now), isStale: stored.isStale)
        }
    }

    /// The gauges of all nodes that are present, by owner.
    package func gauges(at now: Instant) -> [ObservedGauges] {
        records(of: .gauges).compactMap { stored in
            guard let payload = stored.record.payload,
                let gauges = try? NodeGauges.decode(payload.span)
            else { return nil }
            return ObservedGauges(
                owner: stored.record.owner.name, gauges: gauges, age: stored.age(at: now))
        }
    }
}
