extension Observation {
    /// What a node publishes of a backend: that it is down while its own passive check has it
    /// ejected, otherwise what its active check says. Nil if neither has anything to say.
    ///
    /// - Parameters:
    ///   - active: what the node's active check says; nil if the node does not probe the backend.
    ///   - passive: the ejection by the node's passive check, if there is one.
    ///   - observer: the name of the node.
    package static func combined(
        active: Observation?, passive: PassiveState.Ejection?, by observer: String
    ) -> Observation? {
        guard let passive else { return active }
        // Both say down: the older finding is how long it has been so.
        if let active, active.status == .down, active.since <= passive.since { return active }
        return Observation(
            observer: observer, status: .down, reason: passive.reason, since: passive.since)
    }
}
