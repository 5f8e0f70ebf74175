import Gossip
import Primitives
import Replication
import Wire

/// What nodes publish in simulations, and what others see of it.
extension SimulatedCluster {
    /// Has a node publish what it found out about a backend, by a check that is always the same. A
    /// value too long to be published is a mistake of the scenario.
    func observe(
        _ owner: Int, _ backend: String, _ status: BackendObservation.Status
    ) {
        let observation = BackendObservation(
            backend: backend, check: 1, status: status, text: "simulated",
            lastedMilliseconds: 30_000)
        act(owner) { gossip, now, effects in
            do throws(PublishError) {
                try gossip.publish(observation, at: now, effects: &effects)
            } catch {
                violate("\(nodes[owner].name) cannot publish: \(error)")
            }
        }
    }

    /// Has a node take that back.
    func withdraw(_ owner: Int, _ backend: String) {
        act(owner) { gossip, now, effects in
            gossip.withdraw(backend: backend, check: 1, at: now, effects: &effects)
        }
    }

    /// Has a node publish how many connections it has open to one backend.
    func gauge(_ owner: Int, backend: UInt64, connections: UInt32) {
        let gauge = BackendGauge(backend: backend, openConnections: connections, requests: 1)
        act(owner) { gossip, now, effects in
            do throws(PublishError) {
                try gossip.publish([gauge], at: now, effects: &effects)
            } catch {
                violate("\(nodes[owner].name) cannot publish: \(error)")
            }
        }
    }

    /// What a viewer knows of a node's observation of a backend; nil when nothing.
    func status(
        _ backend: String, by owner: Int, at viewer: Int
    ) -> BackendObservation.Status? {
        let key = BackendObservation.key(backend: backend, check: 1)
        let stored = nodes[viewer].gossip?.record(owner: nodes[owner].name, key: key)
        guard let payload = stored?.record.payload else { return nil }
        return (try? BackendObservation.decode(payload.span))?.status
    }

    /// The sum of all nodes' open connections to a backend, as a viewer knows it.
    func openConnections(_ backend: UInt64, at viewer: Int) -> Int {
        let clock = clock(of: viewer)
        let all = nodes[viewer].gossip?.gauges(at: clock).flatMap(\.gauges) ?? []
        return all.reduce(0) { $0 + ($1.backend == backend ? Int($1.openConnections) : 0) }
    }

    /// Begins to note who has the present value of a record of that node.
    func watch(_ key: RecordKey, of owner: Int) {
        let name = nodes[owner].name
        let record = nodes[owner].gossip?.record(owner: name, key: key)?.record
        checks.watch = RecordWatch(
            owner: name, key: key, payload: StableHash.of(record?.payload), holders: [owner])
    }

    /// How many nodes have the value that is watched, its owner included.
    var watchedHolders: Int { checks.watch?.holders.count ?? 0 }
}
