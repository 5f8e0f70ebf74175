import ArgumentParser
import Foundation
import Wire

struct Keys: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Gossip keys.", subcommands: [New.self])

    struct New: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print a new key file for the nodes of a cluster.",
            discussion: "Example: (umask 077; skein keys new > /etc/skein/gossip.keys)")

        func run() throws {
            print(newKeyFile(), terminator: "")
        }
    }
}

/// The text of a key file with one new key.
func newKeyFile() -> String {
    var random = SystemRandomNumberGenerator()
    let key = (0..<32).map { _ in UInt8.random(in: 0 ... .max, using: &random) }
    return """
        # Gossip key of a Skein cluster: the same on every node, and secret.
        \(Data(key).base64EncodedString())

        """
}

func readKeys(_ path: String) throws -> KeyRing {
    do {
        return try KeyFile.parse(try readText(path))
    } catch let error as KeyFileError {
        throw CommandFailure("\(path): \(error)")
    }
}
