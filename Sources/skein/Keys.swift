import ArgumentParser
import ControlPlane
import Foundation
import Wire

struct Keys: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Gossip keys.", subcommands: [New.self, Rotate.self])

    struct New: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print a new key file for the nodes of a cluster.",
            discussion: "Example: (umask 077; skein keys new > /etc/skein/gossip.keys)")

        func run() throws {
            print(newKeyFile(), terminator: "")
        }
    }

    struct Rotate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Have the cluster change to a new session key now.",
            discussion: """
                The cluster does so by itself every 24 hours. All nodes that are present take part; \
                those that are away get the key when they come back. The key file stays as it is: \
                it says who may join. "key-epoch" in skein status --json tells when it is done.

                Example: skein keys rotate
                """)

        @Option(help: "The admin socket of a node (else SKEIN_ADMIN, else /run/skein/admin.sock).")
        var admin: String?

        func run() async throws {
            _ = try await AdminClient(socket: adminSocket(admin)).post("/v1/keys/rotate")
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
