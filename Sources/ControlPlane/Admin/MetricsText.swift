/// What the node counts, in the Prometheus text format (version 0.0.4), for `/metrics`.
struct MetricsText {
    private(set) var text = ""

    init(_ status: StatusDocument) {
        add("skein_ready", .gauge, "Whether this node should get traffic.", status.ready ? 1 : 0)
        add("skein_connections", .gauge, "Open client connections.", Double(status.connections))
        add("skein_requests_total", .counter, "Requests received.", Double(status.requests))
        begin("skein_nodes", .gauge, "Nodes of the cluster by state.")
        let states = Dictionary(grouping: status.nodes, by: \.state).mapValues(\.count)
        for (state, count) in states.sorted(by: { $0.key < $1.key }) {
            line("skein_nodes", ["state": state], Double(count))
        }
        addBackends(of: status.pools)
        if let gossip = status.gossip { add(gossip) }
    }

    private mutating func addBackends(of pools: [PoolDocument]) {
        begin("skein_backend_up", .gauge, "1 up, 0 down; missing while unknown.")
        for pool in pools {
            for backend in pool.backends where backend.status != "unknown" {
                line(
                    "skein_backend_up", ["pool": pool.name, "backend": backend.address],
                    backend.status == "up" ? 1 : 0)
            }
        }
        begin(
            "skein_backend_ejected", .gauge, "1 while this node sends it nothing: requests failed.")
        for pool in pools {
            for backend in pool.backends {
                line(
                    "skein_backend_ejected", ["pool": pool.name, "backend": backend.address],
                    backend.ejectedForSeconds == nil ? 0 : 1)
            }
        }
        begin("skein_pool_waiting", .gauge, "Requests that wait for a backend to have room.")
        for pool in pools {
            line("skein_pool_waiting", ["pool": pool.name], Double(pool.waiting))
        }
        begin("skein_pool_panicking", .gauge, "1 while health is ignored: too few are up.")
        for pool in pools {
            line("skein_pool_panicking", ["pool": pool.name], pool.panicking ? 1 : 0)
        }
        begin("skein_backend_connections", .gauge, "Open connections of the whole cluster.")
        for pool in pools {
            for backend in pool.backends {
                line(
                    "skein_backend_connections",
                    ["pool": pool.name, "backend": backend.address],
                    Double(backend.clusterConnections))
            }
        }
    }

    private mutating func add(_ gossip: GossipDocument) {
        add(
            "skein_gossip_synced", .gauge, "Whether this node knew what the others know.",
            gossip.readiness == "synced" ? 1 : 0)
        // A number holds 53 bits exactly; the low 48 of the hash are enough to compare nodes by.
        add(
            "skein_gossip_view", .gauge, "The view's hash: equal on all nodes when all is calm.",
            Double(UInt64(gossip.view.suffix(12), radix: 16) ?? 0))
        add(
            "skein_gossip_local_health", .gauge, "Lifeguard's local health: 0 is well.",
            Double(gossip.localHealth))
        add(
            "skein_gossip_cut_off", .gauge, "Whether no other node answers.",
            gossip.cutOff ? 1 : 0)
        addAll(
            "skein_gossip_queue_depth", .gauge, "News that waits to be sent.", "class",
            gossip.queues)
        addAll(
            "skein_gossip_dropped_total", .counter, "Datagrams dropped.", "reason",
            gossip.dropped)
        let counts = [
            ("received_datagrams", gossip.datagramsReceived),
            ("received_bytes", gossip.bytesReceived),
            ("sent_datagrams", gossip.datagramsSent), ("sent_bytes", gossip.bytesSent),
            ("unsent_datagrams", gossip.unsent), ("repairs", gossip.repairs),
            ("deferrals", gossip.deferrals), ("records_refused", gossip.recordsRefused),
        ]
        for (name, count) in counts {
            add("skein_gossip_\(name)_total", .counter, "See skein status.", Double(count))
        }
        add(gossip.propagation)
    }

    private mutating func add(_ times: PropagationDocument) {
        let name = "skein_gossip_propagation_seconds"
        begin(name, .histogram, "How old others' news was when it came.")
        var total = 0
        for (index, count) in times.counts.enumerated() {
            total += count
            let isLast = index >= times.boundsSeconds.count
            line(
                "\(name)_bucket", ["le": isLast ? "+Inf" : "\(times.boundsSeconds[index])"],
                Double(total))
        }
        line("\(name)_sum", [:], times.sumSeconds)
        line("\(name)_count", [:], Double(total))
    }

    // MARK: - Lines

    private enum Kind: String { case counter, gauge, histogram }

    private mutating func add(_ name: String, _ kind: Kind, _ help: String, _ value: Double) {
        begin(name, kind, help)
        line(name, [:], value)
    }

    private mutating func addAll(
        _ name: String, _ kind: Kind, _ help: String, _ label: String, _ values: [String: Int]
    ) {
        begin(name, kind, help)
        for (key, value) in values.sorted(by: { $0.key < $1.key }) {
            line(name, [label: key], Double(value))
        }
    }

    private mutating func begin(_ name: String, _ kind: Kind, _ help: String) {
        text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n"
    }

    /// Label values are names and addresses, in which nothing is to be escaped.
    private mutating func line(_ name: String, _ labels: [String: String], _ value: Double) {
        let list = labels.sorted { $0.key < $1.key }.map { "\($0.key)=\"\($0.value)\"" }
        let suffix = list.isEmpty ? "" : "{\(list.joined(separator: ","))}"
        let isWhole = value == value.rounded() && value.magnitude < 0x1p53
        text += "\(name)\(suffix) \(isWhole ? "\(Int64(value))" : "\(value)")\n"
    }
}
