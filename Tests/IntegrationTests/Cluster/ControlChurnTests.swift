import Foundation
import Synchronization
import Testing

/// Control processes that are killed again and again, on every node, while clients are served.
@Suite("Cluster: control killed in turn", .bounded, .serialized)
struct ControlChurnTests {
    /// How many seconds of it there are: a minute with `SKEIN_LONG=1`.
    private static let seconds = ProcessInfo.processInfo.environment["SKEIN_LONG"] == "1" ? 60 : 20

    /// A control process that began with no verdict would need three probes until it had one again:
    /// longer than it is between two looks at what it says.
    private static let health = "{ protocol: http, path: /health, interval: 1s, timeout: 900ms }"

    /// The supervisor waits up to five seconds before it starts a successor of many short lives.
    private static let recoveryLimit = Duration.seconds(10)

    @Test("Control killed every second, at last everywhere: no request fails, no verdict is lost")
    func killedInTurn() async throws {
        try await Stage.run(alone: true) { stage in
            let good = try await startGoodBackends(stage)
            let ill = try startIllBackend(stage)
            let nodes = try await startNodes(stage, backends: good + [ill.endpoint])
            let health = KnownHealth(up: good, down: ill.endpoint)
            try await waitUntilAllKnow(health, nodes, within: .seconds(15))

            let (workers, stray) = (nodes.map(\.workers), strayRequests(ill))
            let watch = VerdictWatch(nodes, expecting: health)
            let storms = nodes.map { ConnectionStorm(on: $0.endpoint, clients: 1) }
            stage.atEnd {
                for storm in storms { _ = try? await storm.stop() }
                try? await watch.stop()
            }
            let loads = try nodes.map { try startLoad(stage, on: $0) }
            let killed = try await killInTurn(nodes)
            var recoveries = [try await recovery(of: nodes, health)]
            // Now nobody is left whom a successor could ask.
            for node in nodes { kill(try #require(node.control), SIGKILL) }
            recoveries.append(try await recovery(of: nodes, health))
            var attempts: [[ConnectionStorm.Attempt]] = []
            for storm in storms { attempts.append(try await storm.stop()) }
            var reports: [WrkReport] = []
            for load in loads { reports.append(try await finish(load)) }
            try await watch.stop()

            print(
                "control killed \(killed) times; \(reports.map(\.requests)) requests, "
                    + "\(attempts.map(\.count)) fresh connections; \(watch.answers) answers about "
                    + "verdicts, none \(watch.silences) times; all well after \(recoveries)")
            for count in killed { #expect(count >= Self.seconds / 4) }
            #expect(watch.losses == [])
            for answers in watch.answers { #expect(answers >= Self.seconds / 2) }
            #expect(attempts.joined().map(\.outcome).filter { $0 != .served } == [])
            for report in reports {
                #expect(report.requests > 50 * Self.seconds)
                #expect(report.connectErrors + report.readErrors + report.writeErrors == 0)
                #expect(report.timeouts + report.refusals == 0)
            }
            #expect(strayRequests(ill) == stray)
            #expect(nodes.map(\.workers) == workers)
        }
    }

    // MARK: The cast

    private func startGoodBackends(_ stage: Stage) async throws -> [Endpoint] {
        var endpoints: [Endpoint] = []
        for name in ["nginx-1", "nginx-2"] {
            let nginx = try await stage.startNginx(named: name)
            try nginx.write("well\n", to: "health")
            endpoints.append(nginx.endpoint)
        }
        return endpoints
    }

    /// A backend that fails its checks and would serve clients, so that whatever reaches it is on
    /// record and nothing but a verdict keeps them away.
    private func startIllBackend(_ stage: Stage) throws -> TestBackend {
        try stage.startBackend { connection in
            while let request = try connection.readRequest() {
                let isCheck = request.hasPrefix("GET /health ")
                try connection.write(
                    isCheck
                        ? "HTTP/1.1 500 Ill\r\nContent-Length: 0\r\n\r\n" : Answer.ok("ill"))
            }
        }
    }

    private func strayRequests(_ ill: TestBackend) -> Int {
        ill.received.ranges(of: "GET /name ").count
    }

    private func startNodes(_ stage: Stage, backends: [Endpoint]) async throws -> [SkeinNode] {
        let keys = try stage.write(try await stage.skein("keys", "new").output, named: "keys")
        let gossip = try (1...3).map { _ in try Endpoint.fresh(.datagram) }
        var nodes: [SkeinNode] = []
        for (index, own) in gossip.enumerated() {
            var plan = try NodePlan.http(to: backends, health: Self.health)
            plan.name = "lb-\(index + 1)"
            let peers = gossip.filter { $0 != own }.map { "\"\($0)\"" }.joined(separator: ", ")
            plan.gossip = "{ bind: \"\(own)\", join: [\(peers)], keys: \(keys) }"
            nodes.append(try await stage.startNode(plan, losingProcesses: true))
        }
        return nodes
    }

    /// Waits until every node sees all nodes alive, and the backends as they are.
    private func waitUntilAllKnow(
        _ health: KnownHealth, _ nodes: [SkeinNode], within limit: Duration
    ) async throws {
        try await until("all nodes see each other and the backends", within: limit) {
            for node in nodes {
                // Meanwhile it may be without control.
                guard let status = try? await node.status(),
                    status.nodes.count(where: { $0.state == "alive" }) == nodes.count,
                    health.losses(in: status).isEmpty
                else { return false }
            }
            return true
        }
    }

    /// How long it takes until they know it all again.
    private func recovery(of nodes: [SkeinNode], _ health: KnownHealth) async throws -> Duration {
        try await timed {
            try await waitUntilAllKnow(health, nodes, within: Self.recoveryLimit)
        }.time
    }

    // MARK: Blows and load

    /// Kills a control process every second; returns how often each node lost its own.
    ///
    /// A node that waits before it starts the next one, because many died young, has none to kill:
    /// then it is the next node's turn.
    private func killInTurn(_ nodes: [SkeinNode]) async throws -> [Int] {
        let end = Deadline(in: .seconds(Self.seconds))
        var killed = nodes.map { _ in 0 }
        var turn = 0
        while !end.hasPassed {
            let (index, control) = try await awaited("a control process to kill") {
                nodes.indices.lazy.map { (turn + $0) % nodes.count }
                    .compactMap { index in nodes[index].control.map { (index, $0) } }.first
            }
            kill(control, SIGKILL)
            killed[index] += 1
            turn = index + 1
            try await Task.sleep(for: .seconds(1))
        }
        return killed
    }

    private func startLoad(_ stage: Stage, on node: SkeinNode) throws -> RunningProcess {
        try stage.start("wrk", ["-t1", "-c2", "-d10m", "http://\(node.endpoint)/name"])
    }

    /// Ends a load before its time; it reports then.
    private func finish(_ load: RunningProcess) async throws -> WrkReport {
        #expect(load.isRunning, "the load ended before the test did")
        load.send(SIGINT)
        #expect(try await load.exitStatus(within: .seconds(10)) == 0)
        return try WrkReport(load.output)
    }
}

/// What is true of the backends all the time.
private struct KnownHealth: Sendable {
    let up: [Endpoint]
    let down: Endpoint

    /// Where a node says anything else.
    func losses(in status: NodeStatus) -> [String] {
        (up.map { ($0, "up") } + [(down, "down")]).compactMap { backend, wanted in
            let said = status.backend(backend)?.status ?? "missing"
            return said == wanted ? nil : "\(backend) is \(said), not \(wanted), by \(status.node)"
        }
    }
}

/// Asks every node again and again what it holds of the backends, and keeps what is wrong.
private final class VerdictWatch: Sendable {
    private struct Book {
        var answers: [Int]
        var silences: [Int]
        var losses: [String] = []
    }

    private let book: Mutex<Book>
    private let isStopped = Mutex(false)
    private let tasks = Mutex<[Task<Void, any Error>]>([])
    private static let pause = Duration.milliseconds(100)

    init(_ nodes: [SkeinNode], expecting health: KnownHealth) {
        let none = nodes.map { _ in 0 }
        book = Mutex(Book(answers: none, silences: none))
        let tasks = nodes.enumerated().map { index, node in
            Task { try await self.watch(node, index, health) }
        }
        self.tasks.withLock { $0 = tasks }
    }

    /// How often each node answered.
    var answers: [Int] { book.withLock { $0.answers } }
    /// How often each node did not, because it was without control.
    var silences: [Int] { book.withLock { $0.silences } }
    var losses: [String] { book.withLock { $0.losses } }

    private func watch(_ node: SkeinNode, _ index: Int, _ health: KnownHealth) async throws {
        while !isStopped.withLock({ $0 }) {
            let result = try await node.stage.skein(
                "status", "--json", "--admin", node.adminSocket)
            if result.status == 0 {
                let losses = health.losses(in: try NodeStatus(json: result.output))
                book.withLock { book in
                    book.answers[index] += 1
                    book.losses += losses
                }
            } else {
                book.withLock { $0.silences[index] += 1 }
            }
            try await Task.sleep(for: Self.pause)
        }
    }

    /// Ends it.
    ///
    /// - Throws: what kept it from watching.
    func stop() async throws {
        isStopped.withLock { $0 = true }
        for task in tasks.withLock({ $0 }) { try await task.value }
    }
}
