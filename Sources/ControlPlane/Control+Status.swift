import ConfigurationFile
import Health
import Linux
import Primitives
import SharedState

/// What the admin API tells of this node and of the cluster as it sees it.
extension Control {
    func status() -> StatusDocument {
        let now = Clock.now()
        return StatusDocument(
            cluster: configuration.cluster, node: configuration.node.name,
            ready: whyNotReady == nil,
            version: SkeinVersion.text, table: table, connections: memory.total(.openConnections),
            requests: memory.total(.requests), nodes: nodeDocuments(own: ownDocument),
            workers: (0..<memory.workerCount).map(workerDocument),
            listeners: configuration.shared.listeners.map { listener in
                ListenerDocument(
                    name: listener.name, protocol: listener.protocol.rawValue,
                    bind: listener.bind.map(\.description), pool: listener.pool)
            },
            pools: configuration.shared.pools.map { poolDocument($0, now) },
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
        health.backends.reduce(0) { sum, key in
            sum &+ (slot(of: key).map { memory.total(slot: $0, counter) } ?? 0)
        }
    }

    private func workerDocument(_ index: Int) -> WorkerDocument {
        func value(_ counter: WorkerCounter) -> UInt64 { memory.worker(index, counter).value }
        return WorkerDocument(
            index: index, pid: value(.processID), table: value(.tableNumber),
            connections: value(.openConnections), accepted: value(.acceptedConnections),
            requests: value(.requests), ownErrors: value(.ownErrors), timeouts: value(.timeouts),
            retries: value(.retries))
    }

    private func poolDocument(_ pool: Configuration.Pool, _ now: Instant) -> PoolDocument {
        PoolDocument(
            name: pool.name, balance: pool.balance.rawValue,
            verdict: pool.health?.verdict.rawValue,
            backends: pool.backends.map {
                backendDocument(BackendKey(pool: pool.name, address: $0.address), now)
            })
    }

    private func backendDocument(_ key: BackendKey, _ now: Instant) -> BackendDocument {
        let verdict = health.verdict(on: key)
        let slot = slot(of: key)
        func total(_ counter: BackendCounter) -> UInt64 {
            slot.map { memory.total(slot: $0, counter) } ?? 0
        }
        let answers = total(.answers)
        let remote = slot.map { memory.remoteConnections(slot: $0).value } ?? 0
        return BackendDocument(
            address: key.address.description, status: verdict.status.rawValue,
            reason: health.reasonText(of: key), seenUpBy: verdict.seenUp.map(\.observer),
            seenDownBy: verdict.seenDown.map { observation in
                ObservationDocument(
                    node: observation.observer,
                    reason: health.reasonText(observation.reason, of: key),
                    forSeconds: (now - observation.since).inSeconds)
            },
            connections: total(.openConnections),
            clusterConnections: total(.openConnections) + remote, requests: total(.requests),
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
