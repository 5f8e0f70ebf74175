/// What is held to be true of a backend: by one node of its own check, or by the cluster.
package enum HealthStatus: String, Hashable, Sendable, CaseIterable {
    /// Nobody has found out yet. Such a backend may get traffic: a node that starts must serve
    /// before its first round of checks is over.
    case unknown
    /// It answers its check.
    case up
    /// It does not answer its check as it should and gets no new traffic.
    case down
}
