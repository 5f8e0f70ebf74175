/// Everything that a node is told by its file: its own part and the shared part.
package struct Configuration: Hashable, Sendable {
    /// Nodes with one cluster name and one set of gossip keys make a cluster.
    package var cluster: String
    package var node: Node
    package var shared: SharedPart

    /// Reads and checks the configuration in `yaml`; binds and opens nothing.
    ///
    /// - Parameters:
    ///   - file: What diagnostics call the file.
    ///   - hostName: The name of the node, unless the file gives one.
    package static func parse(
        yaml: String, file: String, hostName: String
    ) throws(InvalidDocument) -> Checked<Configuration> {
        try readDocument(yaml: yaml, file: file) { keys in
            Configuration(reading: &keys, hostName: hostName)
        } validate: { configuration, root, reporter in
            configuration.node.validate(root, reporter)
            configuration.shared.validate(root, reporter)
            if !configuration.node.allowsExecChecks, !reporter.hasErrors {
                configuration.shared.warnAboutCommands(root, reporter)
            }
        }
    }

    init(reading keys: inout SectionReader, hostName: String) {
        cluster = keys.value(
            "cluster", .name, default: "skein",
            "the cluster that this node belongs to")
        node = keys.section(
            "node", { Node(reading: &$0, hostName: hostName) },
            "this node's own part, which no other node gets")
        shared = SharedPart(reading: &keys)
        keys.notYet("names")
    }

    init(cluster: String, node: Node, shared: SharedPart) {
        self.cluster = cluster
        self.node = node
        self.shared = shared
    }
}
