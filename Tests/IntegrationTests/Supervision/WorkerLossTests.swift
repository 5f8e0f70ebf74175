import Foundation
import Testing

/// `kill -9` of workers while clients come and go.
@Suite("Supervision: lost workers", .bounded, .serialized)
struct WorkerLossTests {
    private typealias Span = (start: ContinuousClock.Instant, end: ContinuousClock.Instant)

    /// Kills a process; what begins after the span cannot have been accepted by it.
    private func killHard(_ pid: pid_t) -> Span {
        let start = ContinuousClock.now
        kill(pid, SIGKILL)
        return (start, ContinuousClock.now)
    }

    @Test("Under load no connection is lost that was not open on the lost worker")
    func underLoad() async throws {
        try await Stage.run(alone: true) { stage in
            let nginx = try await stage.startNginx()
            let node = try await stage.startNode(
                .http(to: [nginx.endpoint], workers: 2), losingProcesses: true)
            let storm = ConnectionStorm(on: node.endpoint, clients: 6)
            stage.atEnd { _ = try? await storm.stop() }
            var kills: [Span] = []
            let report = try await stage.underLoad(node.endpoint, connections: 16, seconds: 6) {
                try await storm.serves(300)
                for _ in 0..<3 {
                    let before = node.workers
                    let lost = try #require(before.randomElement())
                    kills.append(killHard(lost))
                    try await until("a new worker", within: .seconds(3)) {
                        node.workers.count == 2 && !node.workers.contains(lost)
                    }
                    let pids = node.workers
                    try await until("the new worker serves", within: .seconds(3)) {
                        let workers = try await node.status().workers
                        return Set(workers.map(\.pid)) == Set(pids)
                            && workers.allSatisfy { $0.table > 0 && $0.accepted > 0 }
                    }
                    try await storm.serves(300)
                }
            }
            let attempts = try await storm.stop()
            let broken = attempts.filter { $0.outcome != .served }
            print(
                "lost workers: \(attempts.count) fresh connections, \(broken.count) broken; "
                    + "wrk: \(report.requests) requests, \(report.readErrors) broken")
            #expect(attempts.inexcusable(except: kills).isEmpty)
            #expect(broken.count <= 6 * kills.count)
            #expect(report.connectErrors == 0)
            #expect(report.timeouts == 0)
            #expect(report.refusals == 0)
            #expect(report.readErrors + report.writeErrors <= 16 * kills.count)
            #expect(node.log.ranges(of: "was killed by signal 9").count == kills.count)
        }
    }

    @Test("Connections that wait for a worker that dies are served by the next one")
    func waiting() async throws {
        try await Stage.run { stage in
            let backend = try stage.startBackend(saying: "ok")
            let node = try await stage.startNode(
                .http(to: [backend.endpoint], workers: 2), losingProcesses: true)
            let lost = try #require(node.workers.first)
            // While it sleeps, connections go on being given to it.
            kill(lost, SIGSTOP)
            var clients: [RawClient] = []
            for _ in 0..<60 {
                let client = try await RawClient.connect(to: node.endpoint)
                try await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                clients.append(client)
            }
            kill(lost, SIGKILL)
            for client in clients { #expect(try await client.readResponse().status == 200) }
            let status = try await node.status()
            // Both have served some, or the test has shown nothing.
            #expect(status.workers.allSatisfy { $0.connections > 5 })
        }
    }

    @Test("Without any worker, clients wait for the next one instead of being refused")
    func allLost() async throws {
        try await Stage.run { stage in
            let nginx = try await stage.startNginx()
            let node = try await stage.startNode(
                .http(to: [nginx.endpoint], workers: 2), losingProcesses: true)
            let storm = ConnectionStorm(on: node.endpoint, clients: 4)
            stage.atEnd { _ = try? await storm.stop() }
            try await storm.serves(50)
            let kills = node.workers.map(killHard)
            try await storm.serves(200)
            let attempts = try await storm.stop()
            #expect(attempts.inexcusable(except: kills).isEmpty)
        }
    }

    @Test("What a lost worker had open counts no more")
    func counts() async throws {
        try await Stage.run { stage in
            let backend = try stage.startBackend { _ = try $0.readToEnd() }
            let node = try await stage.startNode(
                .tcp(to: [backend.endpoint], workers: 2), losingProcesses: true)
            var clients: [RawClient] = []
            for _ in 0..<40 { clients.append(try await RawClient.connect(to: node.endpoint)) }
            try await until("all are connected") {
                try await node.status().backend(backend.endpoint)?.connections == 40
            }
            let status = try await node.status()
            let lost = try #require(status.workers.max { $0.connections < $1.connections })
            kill(lost.pid, SIGKILL)
            let left = 40 - lost.connections
            try await until("\(left) are left", within: .seconds(3)) {
                let status = try await node.status()
                return status.connections == left
                    && status.backend(backend.endpoint)?.connections == left
            }
            withExtendedLifetime(clients) {}
        }
    }
}
