import ArgumentParser
import ConfigurationFile

struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check a configuration; binds and starts nothing.",
        discussion: "Example: skein check /etc/skein/skein.yaml")

    @Argument(help: "The YAML file.")
    var file: String

    func run() throws {
        let configuration = try readConfiguration(file, warn: true)
        if let gossip = configuration.node.gossip { _ = try readKeys(gossip.keys) }
        print("\(file): ok")
    }
}
