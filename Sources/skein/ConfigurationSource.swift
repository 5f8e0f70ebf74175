import ArgumentParser
import ConfigurationFile
import Foundation
import Linux
import Primitives

/// Where a node's configuration comes from: a file of its own, or a node of a topology.
struct ConfigurationSource: ParsableArguments {
    @Option(name: [.customShort("c"), .customLong("configuration")], help: "The YAML file.")
    var file: String?

    @Option(help: "An address of another node to ask first; may be repeated.")
    var join: [String] = []

    @Option(help: .hidden)
    var topology: String?

    @Option(help: .hidden)
    var node: String?

    @Option(help: .hidden)
    var directory: String?

    mutating func validate() throws {
        guard (file == nil) != (topology == nil) else {
            throw ValidationError("Name the configuration, as in 'skein run -c skein.yaml'.")
        }
        guard topology == nil || (node != nil && directory != nil) else {
            throw ValidationError("--topology needs --node and --directory.")
        }
        for text in join where SocketAddress(text) == nil {
            throw ValidationError("--join \(text): not an address such as 10.0.0.12:7946.")
        }
    }

    /// The same words again, for a child process.
    var arguments: [String] {
        func option(_ name: String, _ value: String?) -> [String] {
            value.map { [name, $0] } ?? []
        }
        return option("--configuration", file) + option("--topology", topology)
            + option("--node", node) + option("--directory", directory)
            + join.flatMap { ["--join", $0] }
    }

    /// The text that the configuration is made of.
    func read() throws -> String {
        try readText(path)
    }

    private var path: String { file ?? topology ?? "" }

    /// Checks the configuration; prints what is doubtful about it when `warn` says so.
    func parse(_ text: String, warn: Bool = false) throws -> Configuration {
        var configuration = try parseAsWritten(text, warn: warn)
        let peers = join.compactMap { SocketAddress($0) }
        if !peers.isEmpty, configuration.node.gossip == nil {
            throw CommandFailure("--join is of no use: the configuration has no 'gossip'")
        }
        configuration.node.gossip?.join += peers
        return configuration
    }

    private func parseAsWritten(_ text: String, warn: Bool) throws -> Configuration {
        guard let node, let directory, topology != nil else {
            return try parseConfiguration(text, file: path, warn: warn)
        }
        let known = try Topology.parse(yaml: text, file: path).value
        guard let match = known.nodes.first(where: { $0.name == node }) else {
            throw CommandFailure("\(path) has no node '\(node)'")
        }
        return known.configuration(for: match, in: directory)
    }
}

/// Why a command failed, as one line for the person who gave it.
struct CommandFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

func parseConfiguration(_ text: String, file: String, warn: Bool) throws -> Configuration {
    let checked = try Configuration.parse(
        yaml: text, file: file, hostName: ThisProcess.hostName)
    if warn {
        for warning in checked.warnings { StandardError.write("\(warning)\n") }
    }
    return checked.value
}

func readTopology(_ path: String) throws -> Topology {
    try Topology.parse(yaml: try readText(path), file: path).value
}

func readText(_ path: String) throws -> String {
    do {
        return try String(contentsOfFile: path, encoding: .utf8)
    } catch let error as CocoaError where error.code == .fileReadNoSuchFile {
        throw CommandFailure("\(path): no such file")
    } catch let error as CocoaError where error.code == .fileReadNoPermission {
        throw CommandFailure("\(path): permission denied")
    } catch {
        throw CommandFailure("\(path): not a readable UTF-8 text")
    }
}
