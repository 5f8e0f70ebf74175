package import ConfigurationFile
import ControlPlane
import Foundation
import Linux
import Primitives

/// A whole cluster on this machine: the nodes and demo backends of a topology, as processes.
package final class Formation {
    /// One process of the formation.
    private final class Member {
        let name: String
        let process: ChildProcess
        var hasEnded = false

        init(name: String, process: consuming ChildProcess) {
            self.name = name
            self.process = process
        }
    }

    /// Why the formation did not come up.
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    private let topology: Topology
    private let topologyPath: String
    private let executable: String
    /// Where keys, sockets, state and logs are.
    package let directory: String
    private var members: [Member] = []
    /// Every member holds the other end and stops when this process ends, however it ends.
    private let leash: MessageSocket.Pair

    /// - Parameters:
    ///   - topologyPath: the topology's file, which the nodes read for themselves.
    ///   - executable: the `skein` to start.
    package init(
        _ topology: Topology, topologyPath: String, executable: String, directory: String
    ) throws {
        leash = try MessageSocket.pair()
        self.topology = topology
        self.topologyPath = topologyPath
        self.executable = executable
        self.directory = directory
    }

    package func adminSocket(of node: String) -> String { "\(directory)/\(node)/admin.sock" }
    package func log(of name: String) -> String { "\(directory)/\(name)/log" }

    /// Starts the backends, then the nodes.
    ///
    /// - Parameter keyFile: the text of the key file that all nodes share.
    package func start(keyFile: String) throws {
        let files = FileManager.default
        let isPrivate: [FileAttributeKey: Any] = [.posixPermissions: 0o700]
        try files.createDirectory(
            atPath: directory, withIntermediateDirectories: true, attributes: isPrivate)
        let owned = try files.attributesOfItem(atPath: directory)
        guard owned[.ownerAccountID] as? NSNumber == NSNumber(value: getuid()),
            owned[.posixPermissions] as? NSNumber == 0o700
        else {
            throw Failure(
                description: "\(directory): must belong to you and be open to nobody else (0700)")
        }
        guard
            files.createFile(
                atPath: "\(directory)/gossip.keys", contents: Data(keyFile.utf8),
                attributes: [.posixPermissions: 0o600])
        else { throw Failure(description: "\(directory)/gossip.keys: cannot write") }
        for backend in topology.backends {
            try start(
                backend.name,
                [
                    "demo-backend", "--name", backend.name, "--bind", "\(backend.address)",
                    "--leash",
                ])
        }
        for node in topology.nodes {
            try start(
                node.name,
                [
                    "run", "--topology", topologyPath, "--node", node.name, "--directory",
                    directory, "--leash",
                ])
        }
    }

    private func start(_ name: String, _ arguments: [String]) throws {
        try FileManager.default.createDirectory(
            atPath: "\(directory)/\(name)", withIntermediateDirectories: true)
        let output = try Descriptor.create(path: log(of: name))
        let process = try ChildProcess.spawn(
            path: executable, arguments: arguments,
            options: ChildProcess.Options(
                channel: leash.theirs.number, output: output.number, hasOwnGroup: true))
        members.append(Member(name: name, process: process))
    }

    /// The process of a member; nil when there is none of that name.
    package func pid(of name: String) -> Int32? {
        members.first { $0.name == name }?.process.pid
    }

    /// Waits until every node serves and knows all the others.
    ///
    /// - Parameter isInterrupted: whether to give up, because somebody asked to.
    package func waitUntilReady(
        within limit: Duration, isInterrupted: () -> Bool
    ) async throws {
        let deadline = Clock.now() + limit
        for node in topology.nodes {
            while await !isReady(node.name) {
                if let ended = newlyEnded().first {
                    throw Failure(description: "\(ended) did not start; see \(log(of: ended))")
                }
                if isInterrupted() { throw Failure(description: "stopped before it was up") }
                guard Clock.now() < deadline else {
                    throw Failure(
                        description: "\(node.name) is not ready after \(limit.inSeconds) s; "
                            + "see \(log(of: node.name))")
                }
                try await Task.sleep(for: .milliseconds(50))
            }
        }
    }

    private func isReady(_ node: String) async -> Bool {
        let client = AdminClient(socket: adminSocket(of: node))
        guard let status = try? await client.get("/v1/status", as: StatusDocument.self) else {
            return false
        }
        return status.workers.allSatisfy { $0.table > 0 }
            && status.nodes.count { $0.state == "alive" } == topology.nodes.count
            && status.pools.allSatisfy { pool in
                pool.verdict == nil || pool.backends.allSatisfy(isSettled)
            }
    }

    /// A demo backend is up; what runs elsewhere may be down, once it is known to be.
    private func isSettled(_ backend: BackendDocument) -> Bool {
        let isOurs = topology.backends.contains { "\($0.address)" == backend.address }
        return backend.status == "up" || (!isOurs && backend.status == "down")
    }

    /// The names of members that ended since this was last asked.
    package func newlyEnded() -> [String] {
        members.filter { !$0.hasEnded && $0.process.reap() != nil }.map { member in
            member.hasEnded = true
            return member.name
        }
    }

    /// Stops everything that still runs: politely, and after `grace` without asking.
    package func stop(grace: Duration) async {
        for member in members where !member.hasEnded {
            member.process.send(signal: SignalSource.terminate)
        }
        let deadline = Clock.now() + grace
        while members.contains(where: { !$0.hasEnded }), Clock.now() < deadline {
            _ = newlyEnded()
            try? await Task.sleep(for: .milliseconds(20))
        }
        for member in members where !member.hasEnded {
            member.process.send(signal: SignalSource.kill)
        }
    }
}
