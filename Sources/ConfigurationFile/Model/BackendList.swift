import Primitives

/// A file that lists the backends of a pool and nothing else, for `discover: [{ file: PATH }]`.
///
///     - { address: 192.0.2.1:80, weight: 3 }
///     - 192.0.2.2:80
///
/// Each item has the keys that stand under `backends` of a pool, or is an address alone. As JSON is
/// YAML, a JSON array does as well. `[]` is a list of no backends; a file without a list is an
/// error, so that one that is being written does not empty the pool.
package enum BackendList {
    /// The largest file that is read.
    package static let bytesMax = YAMLReader.bytesMax

    /// Reads and checks the list in `yaml`; `file` is what diagnostics call it. Addresses are
    /// unique, and there are at most `Configuration.Pool.backendsMax`.
    package static func parse(
        yaml: String, file: String
    ) throws(InvalidDocument) -> Checked<[Configuration.Backend]> {
        let reporter = Reporter(file: file)
        let root =
            try YAMLReader.read(yaml: yaml, reporter: reporter) ?? YAMLValue(.nothing, at: .start)
        guard case .list(let items) = root.content else {
            reporter.error(
                at: root.place,
                "expected a list such as [{ address: 192.0.2.1:80 }], found \(root.summary)")
            throw reporter.failure
        }
        let kind = Kind.list(
            of: .section(
                Configuration.Backend.init(reading:), example: "{ address: 192.0.2.1:80 }"),
            0...Configuration.Pool.backendsMax)
        let list = YAMLValue(.list(items.map(section)), at: root.place)
        let backends = kind.read(list, "backends", reporter) ?? []
        reportRepeats(
            backends.map { $0.address.isMissing ? nil : $0.address },
            { [.index($0), "address"] }, list, reporter
        ) { "\($0) is in this list already, at \($1)" }
        return try reporter.finish(backends)
    }

    /// An address alone as the mapping that it is short for.
    private static func section(_ item: YAMLValue) -> YAMLValue {
        guard case .text = item.content else { return item }
        let entry = YAMLValue.Entry(key: "address", keyPlace: item.place, value: item)
        return YAMLValue(.mapping([entry]), at: item.place)
    }
}
