import ArgumentParser
import ConfigurationFile

struct Schema: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print the JSON Schema of a configuration, for editors.",
        discussion: """
            Example: skein schema > skein.schema.json, and as the first line of the YAML file
            # yaml-language-server: $schema=skein.schema.json
            """)

    @Flag(help: "Of a topology, which 'skein cluster up' takes, instead.")
    var topology = false

    func run() {
        print(topology ? Topology.jsonSchema : Configuration.jsonSchema, terminator: "")
    }
}

struct Reference: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print the reference of the configuration, in Markdown.",
        discussion: "Example: skein reference | less")

    func run() {
        print(Configuration.markdownReference, terminator: "")
    }
}
