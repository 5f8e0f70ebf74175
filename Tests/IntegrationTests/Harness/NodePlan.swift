/// The configuration of a node, as far as the tests vary it. Options are YAML in flow style.
struct NodePlan {
    struct Listener {
        var endpoint: Endpoint
        var transport = "http"
        var pool = "app"
        var timeouts = "{}"
    }

    struct Pool {
        var name = "app"
        var balance = "round-robin"
        var backends: [Endpoint]
        var timeouts = "{}"
        var keepAlive = "{}"
        var health: String?
    }

    var cluster = "test"
    var name = "lb-1"
    var workers = 1
    var maxConnections = 1000
    var gossip: String?
    var listeners: [Listener]
    var pools: [Pool]

    /// One HTTP listener in front of one pool.
    static func http(
        to backends: [Endpoint], workers: Int = 1, listener timeouts: String = "{}",
        pool poolTimeouts: String = "{}", health: String? = nil
    ) throws -> NodePlan {
        NodePlan(
            workers: workers,
            listeners: [Listener(endpoint: try .fresh(), timeouts: timeouts)],
            pools: [Pool(backends: backends, timeouts: poolTimeouts, health: health)])
    }

    /// One TCP listener in front of one pool.
    static func tcp(
        to backends: [Endpoint], workers: Int = 1, balance: String = "round-robin",
        timeouts: String = "{}"
    ) throws -> NodePlan {
        NodePlan(
            workers: workers,
            listeners: [Listener(endpoint: try .fresh(), transport: "tcp", timeouts: timeouts)],
            pools: [Pool(balance: balance, backends: backends)])
    }

    /// The file, with everything that is the node's own in `folder`.
    func yaml(folder: String) -> String {
        var lines = [
            "cluster: \(cluster)", "node:", "  name: \(name)", "  workers: \(workers)",
            "  max-connections: \(maxConnections)", "  state: \(folder)/state",
            "  admin: { socket: \(folder)/admin.sock }",
        ]
        if let gossip { lines.append("  gossip: \(gossip)") }
        lines.append("listeners:")
        for (index, listener) in listeners.enumerated() {
            lines += [
                "  - name: listener-\(index)", "    bind: \"\(listener.endpoint)\"",
                "    protocol: \(listener.transport)", "    pool: \(listener.pool)",
                "    timeouts: \(listener.timeouts)",
            ]
        }
        lines.append("pools:")
        for pool in pools {
            lines += ["  - name: \(pool.name)", "    balance: \(pool.balance)", "    backends:"]
            lines += pool.backends.map { "      - address: \"\($0)\"" }
            lines += ["    timeouts: \(pool.timeouts)", "    keep-alive: \(pool.keepAlive)"]
            if let health = pool.health { lines.append("    health: \(health)") }
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
