import Foundation
import Wire

/// Keeps what the cluster was told of backends on disk, for a node that comes back when no other
/// is there to ask.
enum ToldFile {
    /// The longest record, and the most of them.
    private static let recordBytesMax = 4_096

    /// Writes all of it, each record behind its length.
    static func write(_ backends: [SharedBackend], stateDirectory: String) throws {
        var data = Data()
        for backend in backends {
            let value = try backend.encode()
            data.append(contentsOf: [UInt8(value.count >> 8), UInt8(value.count & 0xFF)])
            data.append(contentsOf: value)
        }
        guard
            !backends.isEmpty
                || FileManager.default.fileExists(atPath: file(in: stateDirectory).path)
        else { return }
        try FileManager.default.createDirectory(
            atPath: stateDirectory, withIntermediateDirectories: true)
        try data.write(to: file(in: stateDirectory), options: .atomic)
    }

    /// What was written last; nothing when there is no file, or when it makes no sense.
    static func read(stateDirectory: String) -> [SharedBackend] {
        guard let data = try? Data(contentsOf: file(in: stateDirectory)) else { return [] }
        var rest = Array(data)[...]
        var backends: [SharedBackend] = []
        while rest.count >= 2 {
            let count = Int(rest[rest.startIndex]) << 8 | Int(rest[rest.startIndex + 1])
            rest = rest.dropFirst(2)
            guard count <= recordBytesMax, count <= rest.count else { return [] }
            let value = Array(rest.prefix(count))
            guard let backend = try? SharedBackend.decode(value.span) else { return [] }
            backends.append(backend)
            rest = rest.dropFirst(count)
        }
        return rest.isEmpty ? backends : []
    }

    /// Writes the records of a cluster as they are.
    static func write(archive: [UInt8], stateDirectory: String) throws {
        let file = archiveFile(in: stateDirectory)
        guard !archive.isEmpty || FileManager.default.fileExists(atPath: file.path) else { return }
        try FileManager.default.createDirectory(
            atPath: stateDirectory, withIntermediateDirectories: true)
        try Data(archive).write(to: file, options: .atomic)
    }

    /// The records that were written last.
    static func readArchive(stateDirectory: String) -> [UInt8] {
        (try? Array(Data(contentsOf: archiveFile(in: stateDirectory)))) ?? []
    }

    private static func archiveFile(in stateDirectory: String) -> URL {
        URL(fileURLWithPath: stateDirectory).appendingPathComponent("shared")
    }

    private static func file(in stateDirectory: String) -> URL {
        URL(fileURLWithPath: stateDirectory).appendingPathComponent("backends")
    }
}
