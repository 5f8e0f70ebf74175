import ArgumentParser
import ConfigurationFile
import Foundation
import Linux
import LocalCluster
import Primitives

struct Cluster: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Whole clusters on this machine.", subcommands: [Up.self])

    struct Up: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Start the nodes and demo backends of a topology, until Ctrl-C.",
            discussion: "Example: skein cluster up cluster/three-nodes.yaml")

        @Argument(help: "The topology file.")
        var topology = "cluster/three-nodes.yaml"

        @Option(help: "Where keys, sockets, state and logs go (default: under /tmp).")
        var directory: String?

        func run() async throws {
            let known = try readTopology(topology)
            let place = directory ?? "/tmp/skein-\(getuid())/\(known.cluster)"
            let formation = try Formation(
                known, topologyPath: topology, executable: ThisProcess.executablePath,
                directory: place)
            let signals = try SignalSource(SignalSource.stopping)
            do {
                try formation.start(keyFile: newKeyFile())
                try await formation.waitUntilReady(within: .seconds(20)) {
                    signals.next() != nil
                }
            } catch {
                await formation.stop(grace: .seconds(2))
                throw error
            }
            print(greeting(known, formation))
            while signals.next() == nil {
                for name in formation.newlyEnded() { print("\(name) has ended") }
                try await Task.sleep(for: .milliseconds(50))
            }
            await formation.stop(grace: .seconds(8))
        }

        private func greeting(_ topology: Topology, _ formation: Formation) -> String {
            var lines = ["cluster \(topology.cluster) is up; files are in \(formation.directory)"]
            for node in topology.nodes {
                let pid = formation.pid(of: node.name) ?? 0
                let binds = topology.shared.listeners.flatMap { listener in
                    listener.bind.map { "\(listener.protocol.rawValue) \(node.address):\($0.port)" }
                }
                lines.append("  node \(node.name) (pid \(pid)): " + binds.joined(separator: ", "))
            }
            for backend in topology.backends {
                let pid = formation.pid(of: backend.name) ?? 0
                lines.append("  backend \(backend.name) (pid \(pid)): http \(backend.address)")
            }
            return lines.joined(separator: "\n") + "\nCtrl-C stops it all."
        }
    }
}
