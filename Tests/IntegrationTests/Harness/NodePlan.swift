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
        /// Further keys of backends, as `weight: 3, backup: true`.
        var options: [Endpoint: String] = [:]
        /// Further lines of the pool, as `slow-start: 5s`.
        var settings: [String] = []
    }

    /// What its command is put behind, if anything.
    var entrance: [String] = []
    var cluster = "test"
    var name = "lb-1"
    var workers = 1
    var maxConnections = 1000
    var gossip: String?
    /// Further lines of the node's own part.
    var settings: [String] = []
    var listeners: [Listener]
    var pools: [Pool]

    /// A check of recording backends that notices a change in a moment.
    static let quickCheck = """
        { protocol: http, path: /health, interval: 100ms, timeout: 1s, \
        healthy-threshold: 1, unhealthy-threshold: 1 }
        """

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

    /// One HTTP listener in front of one pool of recording backends.
    static func http(
        to backends: [RecordingBackend], balance: String = "round-robin", workers: Int = 1,
        health: String? = nil, options: [Endpoint: String] = [:], settings: [String] = []
    ) throws -> NodePlan {
        NodePlan(
            workers: workers, listeners: [Listener(endpoint: try .fresh())],
            pools: [
                Pool(
                    balance: balance, backends: backends.map(\.endpoint), health: health,
                    options: options, settings: settings)
            ])
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
        lines += settings.map { "  \($0)" }
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
            lines += ["  - name: \(pool.name)", "    balance: \(pool.balance)"]
            if !pool.backends.isEmpty { lines.append("    backends:") }
            lines += pool.backends.map { backend in
                let options = pool.options[backend].map { ", \($0)" } ?? ""
                return "      - { address: \"\(backend)\"\(options) }"
            }
            lines += ["    timeouts: \(pool.timeouts)", "    keep-alive: \(pool.keepAlive)"]
            if let health = pool.health { lines.append("    health: \(health)") }
            lines += pool.settings.map { "    \($0)" }
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
