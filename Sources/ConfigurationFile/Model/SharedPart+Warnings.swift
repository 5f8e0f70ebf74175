import Health

/// What is allowed and hardly meant.
extension SharedPart {
    func warn(_ root: YAMLValue, _ reporter: Reporter) {
        if listeners.isEmpty {
            reporter.warning(at: root.place(of: ["listeners"]), "no listener: nothing is served")
        }
        let used = Set(listeners.map(\.pool))
        for (index, pool) in pools.enumerated() {
            if !listeners.isEmpty, !used.contains(pool.name) {
                reporter.warning(
                    at: root.place(of: ["pools", .index(index), "name"]),
                    "no listener uses the pool \(quoted(pool.name))")
            }
            warn(aboutBackendsOf: pool, at: index, root, reporter)
            warn(aboutCheckOf: pool, at: index, root, reporter)
        }
    }

    private func warn(
        aboutBackendsOf pool: Configuration.Pool, at index: Int, _ root: YAMLValue,
        _ reporter: Reporter
    ) {
        let isFed = !pool.discover.isEmpty || pool.allowsRegistration
        if !isFed, pool.backends.allSatisfy({ $0.weight == 0 || $0.state != .ready }) {
            reporter.warning(
                at: root.place(of: ["pools", .index(index), "backends"]),
                "no backend of this pool takes new traffic: each has weight 0, or a state that is "
                    + "not ready")
        }
    }

    private func warn(
        aboutCheckOf pool: Configuration.Pool, at index: Int, _ root: YAMLValue,
        _ reporter: Reporter
    ) {
        // Allowed, as it is in HAProxy: the next probe waits for the last one.
        if let timing = pool.health?.check.timing, timing.timeout > timing.interval {
            reporter.warning(
                at: root.place(of: ["pools", .index(index), "health", "timeout"]),
                "the timeout (\(timing.timeout.text)) is longer than the interval "
                    + "(\(timing.interval.text)): a backend that hangs is probed less often")
        }
    }

    /// Warns of checks that start commands, which a node refuses unless its own part allows it.
    func warnAboutCommands(_ root: YAMLValue, _ reporter: Reporter) {
        for (index, pool) in pools.enumerated() {
            guard case .exec = pool.health?.check.probe else { continue }
            reporter.warning(
                at: root.place(of: ["pools", .index(index), "health", "protocol"]),
                "this node does not allow exec checks, so it will fail this one; set "
                    + "'allow-exec-checks' under 'node'")
        }
    }
}
