import ConfigurationFile

/// What parsing says of `yaml`, each as `LINE:COLUMN: MESSAGE`, warnings with `warning: ` before
/// the message.
func findings(_ yaml: String) -> [String] {
    do throws(InvalidDocument) {
        return texts(try Configuration.parse(yaml: yaml, file: "f", hostName: "host").warnings)
    } catch {
        return texts(error.diagnostics)
    }
}

/// The same for a topology.
func topologyFindings(_ yaml: String) -> [String] {
    do throws(InvalidDocument) {
        return texts(try Topology.parse(yaml: yaml, file: "f").warnings)
    } catch {
        return texts(error.diagnostics)
    }
}

func texts(_ diagnostics: [Diagnostic]) -> [String] {
    diagnostics.map { diagnostic in
        let severity = diagnostic.severity == .warning ? "warning: " : ""
        return "\(diagnostic.place): \(severity)\(diagnostic.message)"
    }
}

/// A configuration in which only what a test is about can be wrong. Each part is one line:
/// `node` the second, `listener` the fourth, `pool` the sixth, `pool` always called `p`.
func file(
    node: String = "{}", listener: String = #"bind: ":80", protocol: http"#,
    pool: String = "backends: [{ address: 192.0.2.1:80 }]"
) -> String {
    """
    cluster: c
    node: \(node)
    listeners:
      - { name: l, pool: p, \(listener) }
    pools:
      - { name: p, \(pool) }
    """
}
