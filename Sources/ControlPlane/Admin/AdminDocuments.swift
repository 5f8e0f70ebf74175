/// What the admin API answers, and what the commands print: the JSON under `/v1`.
///
/// Names are those of the configuration; times are seconds; a missing value is left out.
package struct StatusDocument: Codable, Hashable, Sendable {
    package var cluster: String
    package var node: String
    package var ready: Bool
    package var version: String
    package var table: UInt64
    package var connections: UInt64
    package var requests: UInt64
    package var nodes: [NodeDocument]
    package var workers: [WorkerDocument]
    package var listeners: [ListenerDocument]
    package var pools: [PoolDocument]
    package var gossip: GossipDocument?
}

/// One node of the cluster, as the answering node sees it.
package struct NodeDocument: Codable, Hashable, Sendable {
    package var name: String
    package var state: String
    package var address: String?
    /// Whether this is the node that answers.
    package var answering: Bool
    package var generation: UInt64?
    /// The release of the software that it runs.
    package var release: String?
    package var incarnation: UInt64?
    /// Connections that it has open to backends, by its last gauges.
    package var connections: UInt64
    /// Requests that it passed to backends so far.
    package var requests: UInt64
}

/// One worker process of the answering node.
package struct WorkerDocument: Codable, Hashable, Sendable {
    package var index: Int
    package var pid: UInt64
    package var table: UInt64
    /// How long it served nobody because it took that table over.
    package var tableSeconds: Double
    package var connections: UInt64
    package var accepted: UInt64
    package var requests: UInt64
    package var ownErrors: UInt64
    package var timeouts: UInt64
    package var retries: UInt64
}

package struct ListenerDocument: Codable, Hashable, Sendable {
    package var name: String
    package var `protocol`: String
    package var bind: [String]
    package var pool: String
}

package struct PoolDocument: Codable, Hashable, Sendable {
    package var name: String
    package var balance: String
    /// The rule that makes verdicts; missing for a pool without health checks.
    package var verdict: String?
    /// Whether health is ignored, because too few backends are up.
    package var panicking: Bool
    /// Requests that wait at the answering node for a backend to have room.
    package var waiting: UInt64
    /// Where further backends are found.
    package var sources: [SourceDocument]
    package var backends: [BackendDocument]
}

/// A source of backends, as the answering node knows it.
package struct SourceDocument: Codable, Hashable, Sendable {
    /// A domain name or a file.
    package var source: String
    /// How many backends it has; missing before its first answer.
    package var backends: Int?
    /// Why it has not answered as it should, last; missing when it did.
    package var failure: String?
    /// Since its last good answer.
    package var ageSeconds: Double?
}

package struct BackendDocument: Codable, Hashable, Sendable {
    package var address: String
    /// `configured`, `discovered` or `registered`.
    package var origin: String
    /// What people want of it, apart from its health: `ready`, `drain` or `maintenance`.
    package var state: String
    package var weight: Int
    package var backup: Bool
    /// `up`, `down`, or `unknown` before the first check.
    package var status: String
    /// Why it is down.
    package var reason: String?
    /// How long the answering node still sends it nothing, because of failed requests.
    package var ejectedForSeconds: Double?
    package var seenUpBy: [String]
    package var seenDownBy: [ObservationDocument]
    /// Open now: through the answering node, and through all nodes together.
    package var connections: UInt64
    package var clusterConnections: UInt64
    /// The most of all nodes together, and how many of them this node may have now.
    package var maxConnections: Int?
    package var share: UInt64?
    /// Totals of the answering node.
    package var requests: UInt64
    package var connectFailures: UInt64
    package var brokenAnswers: UInt64
    package var serverErrors: UInt64
    package var meanAnswerSeconds: Double?
}

package struct ObservationDocument: Codable, Hashable, Sendable {
    package var node: String
    package var reason: String?
    /// How long that node has seen it so.
    package var forSeconds: Double?
}

/// A histogram.
package struct PropagationDocument: Codable, Hashable, Sendable {
    /// The upper bounds of the buckets in seconds; one more bucket holds what is older.
    package var boundsSeconds: [Double]
    /// How many came in each bucket.
    package var counts: [Int]
    package var sumSeconds: Double
}

/// Gossip as the answering node counts it.
package struct GossipDocument: Codable, Hashable, Sendable {
    /// `syncing`, `synced` or `timed-out`: whether this node knew what the others know.
    package var readiness: String
    /// A hash of all members, observations and shared state: equal on all nodes when nothing is on
    /// its way.
    package var view: String
    /// Lifeguard's local health: 0 is well, 8 the worst.
    package var localHealth: Int
    /// Whether no other node answers this one.
    package var cutOff: Bool
    /// News that waits to be sent, by class.
    package var queues: [String: Int]
    /// How old others' news was when it came.
    package var propagation: PropagationDocument
    /// Comparisons that this node began because views differed.
    package var repairs: Int
    /// Rounds of news, and comparisons, that had to wait for the byte rate.
    package var deferrals: Int
    /// Records that found no room.
    package var recordsRefused: Int
    /// The key epoch that this node seals with: 0 for the key file's first key.
    package var keyEpoch: UInt32
    package var datagramsReceived: Int
    package var datagramsSent: Int
    /// UDP payload.
    package var bytesReceived: Int
    package var bytesSent: Int
    /// Datagrams that the kernel did not take.
    package var unsent: Int
    /// Datagrams that were dropped, by reason.
    package var dropped: [String: Int]
}
