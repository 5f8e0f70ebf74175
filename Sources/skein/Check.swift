import ArgumentParser
import ConfigurationFile
import Linux

struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check a configuration; binds and starts nothing.",
        discussion: "Example: skein check /etc/skein/skein.yaml")

    @Argument(help: "The YAML file.")
    var file: String

    func run() throws {
        let configuration = try parseConfiguration(try readText(file), file: file, warn: true)
        if let gossip = configuration.node.gossip { warnAboutKeys(gossip.keys) }
        print("\(file): ok")
    }

    /// Only a warning: a configuration is also checked where its keys are not.
    private func warnAboutKeys(_ path: String) {
        do {
            _ = try readKeys(path)
        } catch {
            StandardError.write("warning: \(error); 'skein run' will refuse to start\n")
        }
    }
}
