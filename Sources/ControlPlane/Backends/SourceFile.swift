import ConfigurationFile
import Foundation
import Primitives
import Wire

/// Keeps on disk what each source of backends last had, for a control process that starts while
/// the source does not answer.
enum SourceFile {
    /// A backend as the file has it.
    fileprivate struct Entry: Codable {
        let address: String
        let weight: Int
        let backup: Bool
        let maxConnections: Int?
        let state: Configuration.Backend.State
    }

    /// By pool, and in a pool by what the source is called.
    typealias Sources = [String: [String: [Configuration.Backend]]]

    static func write(_ sources: Sources, stateDirectory: String) throws {
        let entries = sources.mapValues { $0.mapValues { $0.map { Entry($0) } } }
        try FileManager.default.createDirectory(
            atPath: stateDirectory, withIntermediateDirectories: true)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        try encoder.encode(entries).write(to: file(in: stateDirectory), options: .atomic)
    }

    /// What was written last; nothing when there is no file, or when it makes no sense.
    static func read(stateDirectory: String) -> Sources {
        guard let data = try? Data(contentsOf: file(in: stateDirectory)),
            let entries = try? JSONDecoder().decode(
                [String: [String: [Entry]]].self, from: data)
        else { return [:] }
        return entries.mapValues { $0.mapValues { $0.compactMap { Configuration.Backend($0) } } }
    }

    private static func file(in stateDirectory: String) -> URL {
        URL(fileURLWithPath: stateDirectory).appendingPathComponent("sources.json")
    }
}

extension SourceFile.Entry {
    fileprivate init(_ backend: Configuration.Backend) {
        self.init(
            address: "\(backend.address)", weight: backend.weight, backup: backend.isBackup,
            maxConnections: backend.maxConnections, state: backend.state)
    }
}

extension Configuration.Backend {
    fileprivate init?(_ entry: SourceFile.Entry) {
        guard let address = SocketAddress(entry.address), address.port > 0,
            (0...Self.weightMax).contains(entry.weight),
            (1...Int(SharedBackend.maxConnectionsMax)).contains(entry.maxConnections ?? 1)
        else { return nil }
        self.init(address: address)
        weight = entry.weight
        isBackup = entry.backup
        maxConnections = entry.maxConnections
        state = entry.state
    }

    /// A discovered backend, with the defaults for what its source does not say.
    init(_ found: DiscoveredBackend) {
        self.init(address: found.address)
        if let weight = found.weight { self.weight = weight }
        if let isBackup = found.isBackup { self.isBackup = isBackup }
        if let state = found.state { self.state = state }
        maxConnections = found.maxConnections
    }
}
