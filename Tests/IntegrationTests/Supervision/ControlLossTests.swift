import Foundation
import Testing

/// `kill -9` of the control process: traffic goes on, and what was known stays known.
@Suite("Supervision: lost control", .bounded, .serialized)
struct ControlLossTests {
    /// Kills control and waits until its successor answers.
    private func replaceControl(of node: SkeinNode) async throws -> NodeStatus {
        let lost = try #require(node.control)
        kill(lost, SIGKILL)
        return try await awaited("a new control process", within: .seconds(5)) {
            guard let new = node.control, new != lost else { return nil }
            return try? await node.status()
        }
    }

    @Test("Under load no request fails, and status works again")
    func underLoad() async throws {
        try await Stage.run(alone: true) { stage in
            let nginx = try await stage.startNginx()
            var plan = try NodePlan.http(
                to: [nginx.endpoint], workers: 2,
                health: "{ protocol: http, path: /name, interval: 300ms, timeout: 200ms }")
            plan.gossip = try await gossip(stage)
            let node = try await stage.startNode(plan, losingProcesses: true)
            try await node.waitUntil(nginx.endpoint, is: "up")
            let workers = node.workers
            let storm = ConnectionStorm(on: node.endpoint, clients: 4)
            stage.atEnd { _ = try? await storm.stop() }
            let report = try await stage.underLoad(node.endpoint, connections: 8, seconds: 5) {
                try await storm.serves(100)
                let before = try await node.status()
                for _ in 0..<2 {
                    let status = try await replaceControl(of: node)
                    #expect(status.backend(nginx.endpoint)?.status == "up")
                    #expect(status.requests > before.requests)
                    try await storm.serves(100)
                }
                let after = try await node.status()
                let (old, new) = (before.nodes.first?.generation, after.nodes.first?.generation)
                #expect(try #require(new) > #require(old))
            }
            let attempts = try await storm.stop()
            #expect(attempts.allSatisfy { $0.outcome == .served })
            #expect(report.connectErrors + report.readErrors + report.writeErrors == 0)
            #expect(report.timeouts + report.refusals == 0)
            #expect(node.workers == workers)
        }
    }

    private func gossip(_ stage: Stage) async throws -> String {
        let keys = try stage.write(try await stage.skein("keys", "new").output, named: "keys")
        return "{ bind: \(try Endpoint.fresh(.datagram)), keys: \(keys) }"
    }

    @Test("A backend that was known to be down gets no request from the new control")
    func downStaysDown() async throws {
        try await Stage.run { stage in
            let good = try stage.startBackend(saying: "good")
            // It would serve if it were asked.
            let ill = try stage.startBackend { connection in
                while let request = try connection.readRequest() {
                    if request.hasPrefix("GET /health ") {
                        try connection.write(
                            "HTTP/1.1 500 Ill\r\nContent-Length: 0\r\n\r\n")
                    } else {
                        try connection.write(Answer.ok("ill"))
                    }
                }
            }
            let node = try await stage.startNode(
                .http(
                    to: [good.endpoint, ill.endpoint],
                    health: "{ protocol: http, path: /health, interval: 1s, timeout: 200ms }"),
                losingProcesses: true)
            try await node.waitUntil(ill.endpoint, is: "down")
            let before = ill.received.ranges(of: "GET /name ").count
            let storm = ConnectionStorm(on: node.endpoint, clients: 4)
            stage.atEnd { _ = try? await storm.stop() }
            let status = try await replaceControl(of: node)
            #expect(status.backend(ill.endpoint)?.status == "down")
            try await storm.serves(200)
            try await until("the new control has probed for itself") {
                try await node.status().backend(ill.endpoint)?.seenDownBy.first?.reason != nil
            }
            #expect(try await storm.stop().allSatisfy { $0.outcome == .served })
            #expect(ill.received.ranges(of: "GET /name ").count == before)
        }
    }
}
