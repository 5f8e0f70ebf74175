import ArgumentParser
import ControlPlane
import Foundation

/// Which node to ask, and in which form to print what it says.
struct AdminOptions: ParsableArguments {
    @Option(help: "The admin socket of a node (else SKEIN_ADMIN, else /run/skein/admin.sock).")
    var admin: String?

    @Flag(help: "Print the answer as JSON.")
    var json = false

    var client: AdminClient {
        AdminClient(socket: adminSocket(admin))
    }

    /// Prints the JSON as it came, or what `text` makes of it.
    func show<Document: Decodable>(
        _ path: String, as type: Document.Type, text: (Document) -> String
    ) async throws {
        if json {
            FileHandle.standardOutput.write(try await client.get(path))
        } else {
            print(text(try await client.get(path, as: type)), terminator: "")
        }
    }
}

/// The admin socket to use when `option` was given.
func adminSocket(_ option: String?) -> String {
    option ?? ProcessInfo.processInfo.environment["SKEIN_ADMIN"] ?? "/run/skein/admin.sock"
}

struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show the cluster as a node sees it.",
        discussion: "Example: skein status --admin /run/skein/admin.sock --json")

    @OptionGroup var options: AdminOptions

    func run() async throws {
        try await options.show("/v1/status", as: StatusDocument.self) { status in
            let up = status.pools.flatMap(\.backends).count { $0.status != "down" }
            let all = status.pools.flatMap(\.backends).count
            let alive = status.nodes.count { $0.state == "alive" }
            return """
                cluster \(status.cluster), seen by \(status.node): \
                \(alive) of \(status.nodes.count) nodes alive, \(up) of \(all) backends in \
                service, \(status.connections) connections, \(status.requests) requests

                \(nodesText(status.nodes))
                \(poolsText(status.pools))
                \(status.gossip.map(gossipText) ?? "")
                """
        }
    }
}

private func gossipText(_ gossip: GossipDocument) -> String {
    let drops = gossip.dropped.filter { $0.value > 0 }.sorted { $0.key < $1.key }
    let news = gossip.propagation.counts.reduce(0, +)
    let mean = news == 0 ? 0 : gossip.propagation.sumSeconds / Double(news) * 1_000
    return """
        gossip: \(gossip.cutOff ? "no other node answers" : gossip.readiness), view \
        \(gossip.view), local health \(gossip.localHealth), \
        \(gossip.queues.values.reduce(0, +)) queued, news \(Int(mean.rounded())) ms old, dropped \
        \(drops.isEmpty ? "none" : drops.map { "\($0.value) \($0.key)" }.joined(separator: ", "))

        """
}

struct Nodes: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show the nodes of the cluster.", discussion: "Example: skein nodes --json")

    @OptionGroup var options: AdminOptions

    func run() async throws {
        try await options.show("/v1/nodes", as: [NodeDocument].self, text: nodesText)
    }
}

struct Pools: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show the pools, their backends, and who sees what.",
        discussion: "Example: skein pools --json")

    @OptionGroup var options: AdminOptions

    func run() async throws {
        try await options.show("/v1/pools", as: [PoolDocument].self, text: poolsText)
    }
}

private func nodesText(_ nodes: [NodeDocument]) -> String {
    TextTable(
        ["NODE", "STATE", "ADDRESS", "CONNECTIONS"],
        nodes.map { node in
            [
                node.name + (node.answering ? " *" : ""), node.state, node.address ?? "-",
                "\(node.connections)",
            ]
        }
    ).description
}

private func poolsText(_ pools: [PoolDocument]) -> String {
    TextTable(
        [
            "POOL", "BACKEND", "STATUS", "WEIGHT", "HERE", "CLUSTER", "REQUESTS", "FAILED",
            "SEEN UP BY", "WHY",
        ],
        pools.flatMap { pool in
            pool.backends.map { backend in
                [
                    pool.name, backend.address, status(backend), "\(backend.weight)",
                    "\(backend.connections)", clusterConnections(backend),
                    "\(backend.requests)",
                    "\(backend.connectFailures + backend.brokenAnswers)",
                    backend.seenUpBy.joined(separator: ","), why(backend),
                ]
            }
        }
    ).description + pools.map(remarks).joined()
}

/// Health, and in what the backend differs from one in full service.
private func status(_ backend: BackendDocument) -> String {
    var words = [backend.status]
    if backend.state != "ready" { words.append(backend.state) }
    if backend.ejectedForSeconds != nil { words.append("ejected") }
    if backend.backup { words.append("backup") }
    return words.joined(separator: ",")
}

/// Open connections of all nodes, of those that may be.
private func clusterConnections(_ backend: BackendDocument) -> String {
    backend.maxConnections.map { "\(backend.clusterConnections)/\($0)" }
        ?? "\(backend.clusterConnections)"
}

/// What is to be said of a pool as a whole, a line each.
private func remarks(_ pool: PoolDocument) -> String {
    var lines: [String] = []
    if pool.panicking { lines.append("too few backends are up: health is ignored") }
    if pool.waiting > 0 { lines.append("\(pool.waiting) requests wait for a backend") }
    for source in pool.sources {
        if let failure = source.failure {
            lines.append("\(source.source): \(failure); as last known")
        } else if source.backends == nil {
            lines.append("\(source.source): not asked yet")
        }
    }
    return lines.map { "\(pool.name): \($0)\n" }.joined()
}

/// Who sees a backend down, and why.
private func why(_ backend: BackendDocument) -> String {
    backend.seenDownBy.map { "\($0.node): \($0.reason ?? "down")" }.joined(separator: "; ")
}
