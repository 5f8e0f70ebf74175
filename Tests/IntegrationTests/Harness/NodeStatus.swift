import Foundation

/// The parts of `skein status --json` that tests look at.
struct NodeStatus: Decodable {
    struct Node: Decodable {
        var name: String
        var state: String
        var answering: Bool
        var generation: UInt64?
        var connections: UInt64
    }

    struct Worker: Decodable {
        var index: Int
        var pid: pid_t
        var table: UInt64
        var connections: UInt64
        var accepted: UInt64
        var retries: UInt64
    }

    struct Backend: Decodable {
        var address: String
        var origin: String
        var state: String
        var weight: Int
        var status: String
        var reason: String?
        var ejectedForSeconds: Double?
        var seenUpBy: [String]
        var seenDownBy: [Observation]
        var connections: UInt64
        var clusterConnections: UInt64
        /// How many connections this node may have, of a limited backend.
        var share: UInt64?
        var requests: UInt64
        var connectFailures: UInt64
        var serverErrors: UInt64
    }

    struct Observation: Decodable {
        var node: String
        var reason: String?
    }

    struct Source: Decodable {
        var source: String
        var failure: String?
    }

    struct Pool: Decodable {
        var name: String
        var panicking: Bool
        var waiting: UInt64
        var sources: [Source]
        var backends: [Backend]
    }

    struct Gossip: Decodable {
        var readiness: String
        /// Whether no other node answers this one.
        var cutOff: Bool
        var keyEpoch: Int
        var datagramsReceived: Int
        var dropped: [String: Int]

        /// Dropped datagrams by reason, which is spelt in small letters without hyphens.
        var drops: [String: Int] {
            Dictionary(
                uniqueKeysWithValues: dropped.map {
                    ($0.lowercased().replacing("-", with: ""), $1)
                })
        }
    }

    var cluster: String
    var node: String
    var connections: UInt64
    var requests: UInt64
    var nodes: [Node]
    var workers: [Worker]
    var pools: [Pool]
    var gossip: Gossip?

    init(json: String) throws {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .custom { path in
            Key(stringValue: Self.camelCased(path.last?.stringValue ?? ""))
        }
        self = try decoder.decode(NodeStatus.self, from: Data(json.utf8))
    }

    private static func camelCased(_ text: String) -> String {
        let words = text.split(separator: "-")
        return words.dropFirst().reduce(String(words.first ?? "")) { $0 + $1.capitalized }
    }

    private struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }

        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    func backend(_ endpoint: Endpoint, in pool: String? = nil) -> Backend? {
        pools.filter { pool == nil || $0.name == pool }.flatMap(\.backends)
            .first { $0.address == endpoint.description }
    }

    func node(_ name: String) -> Node? { nodes.first { $0.name == name } }
}
