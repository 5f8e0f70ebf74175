import Foundation
import Testing

/// The executable under test.
enum Skein {
    /// `SKEIN_BINARY`, else what `swift build` left in this package.
    static let path: String = {
        if let named = ProcessInfo.processInfo.environment["SKEIN_BINARY"] { return named }
        let harness = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        let package = harness.appendingPathComponent("../../..").standardizedFileURL.path
        let candidates = ["debug", "release"].map { "\(package)/.build/\($0)/skein" }
        return candidates.first { access($0, X_OK) == 0 } ?? candidates[0]
    }()
}

/// A running `skein run`.
final class SkeinNode: Sendable {
    let stage: Stage
    let process: RunningProcess
    /// What is the node's own: configuration, state, admin socket.
    let folder: String
    /// Where the listeners are bound.
    let endpoints: [Endpoint]

    fileprivate init(
        stage: Stage, process: RunningProcess, folder: String, endpoints: [Endpoint]
    ) {
        self.stage = stage
        self.process = process
        self.folder = folder
        self.endpoints = endpoints
    }

    /// Where the first listener is bound.
    var endpoint: Endpoint { endpoints[0] }

    var adminSocket: String { "\(folder)/admin.sock" }
    var log: String { process.errorOutput }

    /// What `skein status --json` prints.
    func status() async throws -> NodeStatus {
        try await stage.status(adminSocket)
    }

    /// Waits until the backend has that status.
    @discardableResult
    func waitUntil(
        _ backend: Endpoint, is status: String, within limit: Duration = .seconds(10)
    ) async throws -> NodeStatus.Backend {
        try await awaited("\(backend) is \(status)", within: limit) {
            try await self.status().backend(backend).flatMap { $0.status == status ? $0 : nil }
        }
    }

    /// The processes of the workers, in the order of their numbers in the kernel's list.
    var workers: [pid_t] { children("worker") }
    var control: pid_t? { children("control").first }

    private func children(_ role: String) -> [pid_t] {
        ProcessFacts.children(of: process.pid).filter {
            ProcessFacts.commandLine(of: $0).contains(" \(role) ")
        }
    }

    /// Stops the node in order, and notes what should not have happened while it ran.
    fileprivate func stopInOrder() async {
        guard process.isRunning else { return }
        process.send(SIGTERM)
        // Whoever asks twice does not want to wait for clients that are still there.
        if (try? await process.exitStatus(within: .seconds(2))) == nil { process.send(SIGTERM) }
        do {
            let status = try await process.exitStatus(within: .seconds(5))
            #expect(status == 0, "a node that was told to stop; its log:\n\(log)")
        } catch {
            Issue.record("the node did not stop: \(error); its log:\n\(log)")
            await process.stop(grace: .zero)
        }
    }
}

extension Stage {
    /// Starts a node and waits until it serves.
    ///
    /// - Parameters:
    ///   - losingProcesses: whether the test kills workers or control; else that is a failure.
    ///   - folder: what a former node of this name left, to start on.
    ///   - arguments: what is added to `skein run -c FILE`.
    func startNode(
        _ plan: NodePlan, losingProcesses: Bool = false, in folder: String? = nil,
        arguments: [String] = []
    ) async throws -> SkeinNode {
        let folder = folder ?? freshPath(plan.name)
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true)
        let file = "\(folder)/skein.yaml"
        try plan.yaml(folder: folder).write(toFile: file, atomically: false, encoding: .utf8)
        let command = plan.entrance + [Skein.path, "run", "-c", file] + arguments
        let process = try start(command[0], Array(command[1...]))
        let node = SkeinNode(
            stage: self, process: process, folder: folder,
            endpoints: plan.listeners.map(\.endpoint))
        atEnd {
            await node.stopInOrder()
            let log = node.log
            #expect(
                losingProcesses || !log.contains(" was killed by ") && !log.contains("Fatal"),
                "a process of the node died:\n\(log)")
        }
        try await until("a node that is ready; its log:\n\(node.log)") {
            guard process.isRunning else { throw Failure("the node ended: \(node.log)") }
            return node.log.contains(": ready\n")
        }
        return node
    }

    /// Runs `skein` with arguments to its end.
    func skein(_ arguments: String...) async throws -> Finished {
        try await run(Skein.path, arguments)
    }

    /// What `skein status --json` prints about the node at an admin socket.
    func status(_ adminSocket: String) async throws -> NodeStatus {
        let result = try await skein("status", "--json", "--admin", adminSocket)
        guard result.status == 0 else { throw Failure("skein status: \(result.error)") }
        return try NodeStatus(json: result.output)
    }
}
