import ConfigurationFile
import Gossip
import Health
import Linux
import Primitives
import SharedState
import Wire

/// What the admin API tells of this node and of the cluster as it sees it.
extension Control {
    func status() -> StatusDocument {
        let now = Clock.now()
        return StatusDocument(
            cluster: configuration.cluster, node: configuration.node.name,
            ready: whyNotReady == nil,
            version: SkeinVersion.text, table: table, connections: memory.total(.openConnections),
            requests: memory.total(.requests), nodes: nodeDocuments(own: ownDocument),
            workers: workerDocuments,
            listeners: configuration.shared.listeners.map { listener in
                ListenerDocument(
                    name: listener.name, protocol: listener.protocol.rawValue,
                    bind: listener.bind.map(\.description), pool: listener.pool)
            },
            pools: poolDocuments(at: now),
            gossip: gossipDocument)
    }

    private var ownDocument: NodeDocument {
        let gossip = configuration.node.gossip
        return NodeDocument(
            name: configuration.node.name, state: isDraining ? "left" : "alive",
            address: (gossip?.advertise ?? gossip?.bind)?.description, answering: true,
            connections: total(.openConnections), requests: total(.requests))
    }

    private func total(_ counter: BackendCounter) -> UInt64 {
        roster.all.reduce(0) { sum, backend in
            sum &+ (slot(of: backend).map { memory.total(slot: $0, counter) } ?? 0)
        }
    }

    var workerDocuments: [WorkerDocument] { (0..<memory.workerCount).map(workerDocument) }

    private func workerDocument(_ index: Int) -> WorkerDocument {
        func value(_ counter: WorkerCounter) -> UInt64 { memory.worker(index, counter).value }
        return WorkerDocument(
            index: index, pid: value(.processID), table: value(.tableNumber),
            tableSeconds: Double(value(.tableNanoseconds)) / 1e9,
            connections: value(.openConnections), accepted: value(.acceptedConnections),
            requests: value(.requests), ownErrors: value(.ownErrors), timeouts: value(.timeouts),
            retries: value(.retries))
    }

    func poolDocuments(at now: Instant) -> [PoolDocument] {
        var remote: [UInt64: UInt64] = [:]
        for observed in gossip?.remoteGauges(at: now) ?? [] {
            for gauge in observed.gauges {
                remote[gauge.backend, default: 0] += UInt64(gauge.openConnections)
            }
        }
        return configuration.shared.pools.map { pool in
            let backends = roster.backends(of: pool.name)
            let waiting = backends.reduce(0) { sum, backend in
                sum &+ (slot(of: backend).map { memory.total(slot: $0, .waiting) } ?? 0)
            }
            return PoolDocument(
                name: pool.name, balance: pool.balance.algorithm.rawValue,
                verdict: health.rule(of: pool.name)?.rawValue,
                panicking: builder.panicking.contains(pool.name), waiting: waiting,
                sources: sourceDocuments(of: pool.name, at: now),
                backends: backends.map { document(of: $0, remote: remote[$0.hash] ?? 0, now) })
        }
    }

    private func document(
        of backend: ManagedBackend, remote: UInt64, _ now: Instant
    ) -> BackendDocument {
        let key = backend.key
        let verdict = health.verdict(on: key)
        let slot = slot(of: backend)
        func total(_ counter: BackendCounter) -> UInt64 {
            slot.map { memory.total(slot: $0, counter) } ?? 0
        }
        let answers = total(.answers)
        let limit = slot.map { memory.connectionLimit(slot: $0).value } ?? 0
        return BackendDocument(
            address: key.address.description, origin: backend.origin.rawValue,
            state: backend.state.rawValue, weight: backend.weight, backup: backend.isBackup,
            status: verdict.status.rawValue, reason: health.reasonText(of: key),
            ejectedForSeconds: health.ejection(of: key).map { ($0.until - now).inSeconds },
            seenUpBy: verdict.seenUp.map(\.observer),
            seenDownBy: verdict.seenDown.map { observation in
                ObservationDocument(
                    node: observation.observer,
                    reason: health.reasonText(observation.reason, of: key),
                    forSeconds: (now - observation.since).inSeconds)
            },
            connections: total(.openConnections),
            clusterConnections: total(.openConnections) + remote,
            maxConnections: backend.maxConnections, share: limit > 0 ? limit - 1 : nil,
            requests: total(.requests),
            connectFailures: total(.connectFailures), brokenAnswers: total(.brokenAnswers),
            serverErrors: total(.serverErrors),
            meanAnswerSeconds: answers == 0
                ? nil : Double(total(.answerNanoseconds)) / Double(answers) / 1e9)
    }
}

/// The version of this build.
package enum SkeinVersion {
    package static let text = "0.1.0"
}
