extension Configuration {
    /// The JSON Schema of a configuration, with a newline at its end.
    package static var jsonSchema: String {
        JSONSchema.document(
            shape, title: "Skein configuration",
            description: "The file that 'skein run' and 'skein check' take."
        ).text + "\n"
    }

    /// The reference of configurations and topologies in Markdown.
    package static var markdownReference: String {
        var reference = MarkdownReference()
        reference.add(paragraph: "# Configuration reference")
        reference.add(paragraph: "Every key of a configuration and of a topology.")
        reference.add(
            paragraph: """
                This page is what `skein reference` prints: it is made of the declarations that \
                read the file. `skein schema` prints the same for editors, as JSON Schema.
                """)
        reference.add(
            paragraph: """
                A duration is written with units, the larger first: `500ms`, `5s`, `1m30s`, `1h`. \
                An address and a port are written `192.0.2.1:80` or, in quotes, `"[2001:db8::1]:80"`; \
                `bind` takes `":80"` and `"*:80"` for every IPv4 address too. A key without a value \
                is an empty section or list. Keys that are not listed here are refused.
                """)
        reference.add(
            shape, heading: "The configuration of a node",
            introduction: """
                `node` is this node's own part; `listeners` and `pools` are the shared part, which \
                belongs to the cluster.
                """)
        reference.add(
            Topology.shape, heading: "The topology of a cluster on one machine",
            introduction: "What `skein cluster up` takes.")
        return reference.text.trimmingNewlines + "\n"
    }

    static var shape: MappingShape {
        SectionReader.describe { Configuration(reading: &$0, hostName: "host") }
    }
}

extension Topology {
    /// The JSON Schema of a topology, with a newline at its end.
    package static var jsonSchema: String {
        JSONSchema.document(
            shape, title: "Skein topology", description: "The file that 'skein cluster up' takes."
        ).text + "\n"
    }

    static var shape: MappingShape {
        SectionReader.describe { Topology(reading: &$0) }
    }
}

extension String {
    fileprivate var trimmingNewlines: Substring {
        var rest = self[...]
        while rest.last == "\n" { rest.removeLast() }
        return rest
    }
}
