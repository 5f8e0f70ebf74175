import Foundation
import Synchronization
import Testing

/// A node that joins: what it knows before it gets traffic.
@Suite("Cluster: a new node", .bounded, .serialized)
struct NewcomerTests {
    private static let get = "GET /name HTTP/1.1\r\nHost: a\r\n\r\n"
    /// Nobody's second probe comes while the test runs.
    private static let health = "{ protocol: http, path: /health, interval: 60s, timeout: 900ms }"

    @Test("A new node has the verdicts of the others before it serves its first client")
    func verdicts() async throws {
        try await Stage.run { stage in
            let good = try stage.startBackend(saying: "good")
            let ill = try Self.startFormerlyIllBackend(stage, failures: 2)
            let keys = try stage.write(try await stage.skein("keys", "new").output, named: "keys")
            let gossip = try (1...3).map { _ in try Endpoint.fresh(.datagram) }
            func start(_ number: Int) async throws -> SkeinNode {
                var plan = try NodePlan.http(
                    to: [good.endpoint, ill.endpoint], health: Self.health)
                plan.name = "lb-\(number)"
                let peers = gossip.map { "\"\($0)\"" }.joined(separator: ", ")
                plan.gossip =
                    "{ bind: \"\(gossip[number - 1])\", join: [\(peers)], keys: \(keys) }"
                return try await stage.startNode(plan)
            }
            async let first = start(1)
            async let second = start(2)
            for node in [try await first, try await second] {
                try await until("\(ill.endpoint) is down for both", within: .seconds(10)) {
                    try await node.status().backend(ill.endpoint)?.seenDownBy.count == 2
                }
            }
            let third = try await start(3)
            let client = try await RawClient.connect(to: third.endpoint)
            for _ in 0..<20 { #expect(try await client.ask(Self.get).text == "good") }
            #expect(!ill.received.contains("GET /name "))
            let status = try await third.status()
            #expect(status.gossip?.readiness == "synced")
            #expect(status.backend(ill.endpoint)?.status == "down")
        }
    }

    @Test("A node whose peers are all away serves after the time it was given, and says so")
    func nobodyThere() async throws {
        try await Stage.run { stage in
            let good = try stage.startBackend(saying: "good")
            var plan = try NodePlan.http(to: [good.endpoint])
            let keys = try stage.write(try await stage.skein("keys", "new").output, named: "keys")
            let (own, away) = (try Endpoint.fresh(.datagram), try Endpoint.fresh(.datagram))
            plan.gossip =
                "{ bind: \"\(own)\", join: [\"\(away)\"], keys: \(keys), ready-timeout: 700ms }"
            let (node, time) = try await timed { try await stage.startNode(plan) }
            #expect(time >= .milliseconds(700))
            #expect(try await node.status().gossip?.readiness == "timed-out")
            let client = try await RawClient.connect(to: node.endpoint)
            #expect(try await client.ask(Self.get).text == "good")
        }
    }

    /// Fails its first checks and passes the later ones, and would serve clients all the time: only
    /// what others saw keeps the clients of a new node away from it.
    private static func startFormerlyIllBackend(
        _ stage: Stage, failures: Int
    ) throws -> TestBackend {
        let checks = Atomic(0)
        return try stage.startBackend { connection in
            while let request = try connection.readRequest() {
                let isFailing =
                    request.hasPrefix("GET /health ")
                    && checks.add(1, ordering: .relaxed).newValue <= failures
                try connection.write(
                    isFailing
                        ? "HTTP/1.1 500 Ill\r\nContent-Length: 0\r\n\r\n" : Answer.ok("ill"))
            }
        }
    }
}
