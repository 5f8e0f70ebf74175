import Foundation
import Membership

/// Who this node is in the cluster: its name, and which of its lives this is.
enum NodeIdentity {
    /// The identity of a new life: a generation above all former ones, which is on disk before
    /// anybody hears of it, and a random boot id.
    static func next(name: NodeName, stateDirectory: String) throws -> Identity {
        let generation = try readGeneration(file(in: stateDirectory)) + 1
        try remember(generation, stateDirectory: stateDirectory)
        var random = SystemRandomNumberGenerator()
        let boot = BootID(high: random.next(), low: random.next())
        return Identity(name: name, boot: boot, generation: generation)
    }

    /// Writes down that this node lives under `generation`.
    static func remember(_ generation: UInt64, stateDirectory: String) throws {
        let file = file(in: stateDirectory)
        do {
            // Atomic: written beside and renamed, so that a crash leaves the old or the new number.
            try Data("\(generation)\n".utf8).write(to: file, options: .atomic)
        } catch {
            throw StartFailure("\(file.path): cannot write: \(error.localizedDescription)")
        }
    }

    private static func file(in stateDirectory: String) -> URL {
        URL(fileURLWithPath: stateDirectory).appendingPathComponent("generation")
    }

    private static func readGeneration(_ file: URL) throws -> UInt64 {
        guard FileManager.default.fileExists(atPath: file.path) else { return 0 }
        guard let text = try? String(contentsOf: file, encoding: .utf8),
            let generation = UInt64(text.trimmingCharacters(in: .whitespacesAndNewlines)),
            generation < Identity.generationMax
        else {
            throw StartFailure(
                "\(file.path): not a generation number; write one above any this node ever had")
        }
        return generation
    }
}
