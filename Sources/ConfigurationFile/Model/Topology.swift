package import Primitives

/// A whole cluster on one machine, as `skein cluster up` brings it up: nodes on loopback addresses
/// of their own, built-in demo backends, and the shared part of the configuration.
package struct Topology: Hashable, Sendable {
    package static let nodesMax = 64
    package static let backendsMax = 256
    /// The UDP port that every node gossips on, at its own address.
    package static let gossipPort: UInt16 = 7946

    /// A node of the cluster.
    package struct Node: Hashable, Sendable {
        package var name: String
        /// In 127.0.0.0/8, and no other node's.
        package var address: IPAddress
    }

    /// A small server that answers with its name.
    package struct Backend: Hashable, Sendable {
        package var name: String
        /// In 127.0.0.0/8, and no other backend's.
        package var address: SocketAddress
    }

    package var cluster: String
    /// Of each node; more than one, so that one can be lost.
    package var workers: Configuration.Node.Workers
    /// At least one; their names are unique.
    package var nodes: [Node]
    /// Their names are unique, and no node's.
    package var backends: [Backend]
    /// Every listener is bound to `0.0.0.0`, which stands for the address of each node.
    package var shared: SharedPart

    /// Reads and checks the topology in `yaml`; `file` is what diagnostics call it.
    package static func parse(
        yaml: String, file: String
    ) throws(InvalidDocument) -> Checked<Topology> {
        try readDocument(yaml: yaml, file: file) { keys in
            Topology(reading: &keys)
        } validate: { topology, root, reporter in
            topology.validate(root, reporter)
            topology.shared.validate(root, reporter)
        }
    }

    /// The configuration of `node`, one of `nodes`.
    ///
    /// - Parameter directory: Where the cluster keeps its files: the keys in `gossip.keys`, and
    ///   what is the node's own in a directory of its name.
    package func configuration(for node: Node, in directory: String) -> Configuration {
        let others = nodes.filter { $0.name != node.name }
        let own = Configuration.Node(
            name: node.name, workers: workers,
            gossip: Configuration.Gossip(
                bind: SocketAddress(ip: node.address, port: Self.gossipPort),
                join: others.map { SocketAddress(ip: $0.address, port: Self.gossipPort) },
                keys: "\(directory)/gossip.keys", advertise: nil),
            admin: Configuration.Admin(socket: "\(directory)/\(node.name)/admin.sock"),
            state: "\(directory)/\(node.name)/state",
            maxConnections: Configuration.Node.maxConnectionsDefault)
        var shared = shared
        for index in shared.listeners.indices {
            shared.listeners[index].bind = shared.listeners[index].bind.map {
                SocketAddress(ip: node.address, port: $0.port)
            }
        }
        return Configuration(cluster: cluster, node: own, shared: shared)
    }
}

extension Topology {
    init(reading keys: inout SectionReader) {
        cluster = keys.value(
            "cluster", .name, default: "skein", "what the cluster is called")
        workers = keys.value(
            "workers", .workers, default: .count(2),
            "processes of each node that serve traffic")
        nodes = keys.required(
            "nodes", .list(of: .section(Node.init(reading:)), 1...Self.nodesMax),
            "the nodes to start, as [{ name: lb-1, address: 127.0.10.1 }]")
        backends = keys.value(
            "backends", .list(of: .section(Backend.init(reading:)), 0...Self.backendsMax),
            default: [], "demo backends to start, as [{ name: b-1, address: 127.0.20.1:8080 }]")
        shared = SharedPart(reading: &keys)
    }

    private func validate(_ root: YAMLValue, _ reporter: Reporter) {
        func path(_ list: PathStep, _ key: PathStep) -> (Int) -> [PathStep] {
            { [list, .index($0), key] }
        }
        // One name space for both: they are members of one cluster, with a directory each.
        let names = nodes.map(\.name) + backends.map(\.name)
        reportRepeats(
            names,
            { index in
                index < nodes.count
                    ? ["nodes", .index(index), "name"]
                    : ["backends", .index(index - nodes.count), "name"]
            }, root, reporter
        ) { "\(quoted($0)) is a name already, at \($1)" }
        reportRepeats(
            nodes.map { $0.address.isLoopback ? $0.address : nil },
            path("nodes", "address"), root, reporter
        ) { "\($0) is a node already, at \($1)" }
        reportRepeats(
            backends.map { $0.address.isMissing ? nil : $0.address },
            path("backends", "address"), root, reporter
        ) { "\($0) is a backend already, at \($1)" }
        validateAddresses(root, reporter)
    }

    private func validateAddresses(_ root: YAMLValue, _ reporter: Reporter) {
        let ports = Set(shared.listeners.flatMap(\.bind).map(\.port))
        for (index, backend) in backends.enumerated() where !backend.address.isMissing {
            let place = root.place(of: ["backends", .index(index), "address"])
            if !backend.address.ip.isLoopback {
                reporter.error(
                    at: place, "demo backends run on this machine, so on a loopback address")
            } else if ports.contains(backend.address.port),
                let node = nodes.first(where: { $0.address == backend.address.ip })
            {
                reporter.error(
                    at: place, "\(backend.address) is where node \(quoted(node.name)) listens")
            }
        }
        for (index, listener) in shared.listeners.enumerated() {
            for (position, address) in listener.bind.enumerated() where address.ip != .anyIPv4 {
                reporter.error(
                    at: root.place(
                        of: ["listeners", .index(index), "bind", .index(position)]),
                    "each node binds an address of its own; give the port only, ':\(address.port)'"
                )
            }
        }
    }
}

extension Topology.Node {
    init(reading keys: inout SectionReader) {
        name = keys.required("name", .name, "what the node is called")
        address = keys.required("address", .loopback, "the loopback address of the node")
    }
}

extension Topology.Backend {
    init(reading keys: inout SectionReader) {
        name = keys.required("name", .name, "what the backend answers with")
        address = keys.required("address", .peer, "the address and port of the backend")
    }
}
