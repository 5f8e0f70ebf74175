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

/// One node's claims to limited connections, as this node knows them.
package struct ObservedClaims: Hashable, Sendable {
    package let owner: NodeName
    package let claims: [BackendClaim]
    /// How old they are.
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
        try publish(payloads, as: .gauges, .latestOnly, at: now, effects: &effects)
    }

    /// Publishes this node's claims to limited connections in place of the former ones. They are
    /// spread at once, because the others wait for them.
    ///
    /// - Parameter round: a number that tells a claim told again from one that is merely repaired.
    package mutating func publish(
        _ claims: [BackendClaim], round: UInt64, at now: Instant, effects: inout [GossipEffect]
    ) throws(PublishError) {
        let payloads = NodeClaims.encode(
            claims, round: round, limit: configuration.replication.payloadLimit)
        try publish(payloads, as: .claims, .latestOnly, at: now, effects: &effects)
    }

    /// Publishes the parts of what this node says under one kind, and removes former parts.
    private mutating func publish(
        _ payloads: [[UInt8]], as kind: RecordKind, _ recordClass: RecordClass, at now: Instant,
        effects: inout [GossipEffect]
    ) throws(PublishError) {
        do throws(RecordError) {
            for (part, payload) in payloads.enumerated() {
                try set(
                    RecordKey(kind: kind, id: UInt64(part)), recordClass, payload: payload,
                    at: now, effects: &effects)
            }
        } catch {
            throw .refused(error)
        }
        for stored in records(of: identity.name)
        where stored.record.key.kind == kind && stored.record.key.id >= UInt64(payloads.count)
            && stored.record.payload != nil
        {
            remove(stored.record.key, at: now, effects: &effects)
        }
    }

    /// The claims of all nodes that are present, by owner.
    package func claims(at now: Instant) -> [ObservedClaims] {
        records(of: .claims).compactMap { stored in
            guard !stored.isStale, let payload = stored.record.payload,
                let claims = try? NodeClaims.decode(payload.span)
            else { return nil }
            return ObservedClaims(
                owner: stored.record.owner.name, claims: claims, age: stored.age(at: now))
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
