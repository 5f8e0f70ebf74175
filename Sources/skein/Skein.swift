import ArgumentParser
import ControlPlane
import Foundation
import Linux

/// The command line: one executable for people, and for the roles that the supervisor starts.
@main
struct Skein: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "skein",
        abstract: "A load balancer whose nodes share what they know.",
        version: SkeinVersion.text,
        subcommands: [
            Run.self, Check.self, Status.self, Nodes.self, Pools.self, Backends.self, Keys.self,
            Cluster.self, Simulate.self, Schema.self, Reference.self,
            ControlRole.self, WorkerRole.self, DemoBackendRole.self,
        ])

    static func main() async {
        // Whoever reads along in a file or pipe sees each line when it is written.
        ThisProcess.writeOutputLineByLine()
        do {
            var command = try parseAsRoot()
            ThisProcess.ignoreBrokenPipes()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch {
            end(with: error)
        }
    }

    private static func isOurs(_ error: any Error) -> Bool {
        !(error is CleanExit || error is ExitCode || error is ValidationError)
            && exitCode(for: error) == .failure
    }

    /// Exit status 2 stands for wrong use, as everywhere; 1 for a command that failed.
    private static func end(with error: any Error) -> Never {
        let code = exitCode(for: error)
        // What we found wrong speaks for itself, so that editors can read FILE:LINE:COLUMN.
        let text = isOurs(error) ? "\(error)" : fullMessage(for: error)
        if code == .success {
            if !text.isEmpty { print(text) }
            Foundation.exit(0)
        }
        if !text.isEmpty { StandardError.write(text + "\n") }
        Foundation.exit(code == .validationFailure ? 2 : 1)
    }
}
