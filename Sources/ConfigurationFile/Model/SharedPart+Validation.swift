import Primitives

/// What the keys alone do not show: how the parts fit together.
///
/// Placeholders stand for what was reported when it was read; they are passed over here.
extension SharedPart {
    func validate(_ root: YAMLValue, _ reporter: Reporter) {
        validateNames(root, reporter)
        validateBinds(root, reporter)
        for (index, listener) in listeners.enumerated() {
            validatePool(of: listener, at: index, root, reporter)
            validateTimeouts(of: listener, at: index, root, reporter)
        }
        for (index, pool) in pools.enumerated() {
            validateBackends(of: pool, at: index, root, reporter)
        }
        validateUse(root, reporter)
        // Doubts are worth a word only where the meaning is plain: a listener may seem to be
        // missing because its key is misspelt.
        if !reporter.hasErrors { warn(root, reporter) }
    }

    private func validateNames(_ root: YAMLValue, _ reporter: Reporter) {
        reportRepeats(
            listeners.map(\.name), { ["listeners", .index($0), "name"] }, root, reporter
        ) { "there is a listener \(quoted($0)) already, at \($1)" }
        reportRepeats(pools.map(\.name), { ["pools", .index($0), "name"] }, root, reporter) {
            "there is a pool \(quoted($0)) already, at \($1)"
        }
    }

    /// An address can be bound once. One address and "every address" on the same port go together:
    /// with SO_REUSEPORT, which all our sockets have, Linux lets both be bound and gives each
    /// connection to the more specific one (measured on 6.18). The same address twice it would
    /// allow as well, but deal connections out between the two at random.
    private func validateBinds(_ root: YAMLValue, _ reporter: Reporter) {
        let binds = listeners.enumerated().flatMap { index, listener in
            listener.bind.enumerated().map { (address: $1, listener: index, position: $0) }
        }
        reportRepeats(
            binds.map { $0.address.isMissing ? nil : $0.address },
            { ["listeners", .index(binds[$0].listener), "bind", .index(binds[$0].position)] },
            root, reporter
        ) { "\($0) is bound already, at \($1)" }
    }

    private func validatePool(
        of listener: Configuration.Listener, at index: Int, _ root: YAMLValue, _ reporter: Reporter
    ) {
        let names = pools.map(\.name)
        // With a pool whose name is missing or wrong, it may be that one which is meant.
        guard !listener.pool.isEmpty, !names.contains(""), !names.contains(listener.pool) else {
            return
        }
        let hint = nearest(to: listener.pool, among: names).map { "; did you mean \(quoted($0))?" }
        reporter.error(
            at: root.place(of: ["listeners", .index(index), "pool"]),
            "there is no pool \(quoted(listener.pool))\(hint ?? "")")
    }

    private func validateTimeouts(
        of listener: Configuration.Listener, at index: Int, _ root: YAMLValue, _ reporter: Reporter
    ) {
        guard listener.protocol != .http else { return }
        for name in ["request-header", "idle"] {
            let path: [PathStep] = ["listeners", .index(index), "timeouts", .key(name)]
            if root.contains(path) {
                reporter.error(
                    at: root.place(of: path), "\(quoted(name)) is for listeners with protocol http")
            }
        }
    }

    private func validateBackends(
        of pool: Configuration.Pool, at index: Int, _ root: YAMLValue, _ reporter: Reporter
    ) {
        reportRepeats(
            pool.backends.map { $0.address.isMissing ? nil : $0.address },
            { ["pools", .index(index), "backends", .index($0), "address"] }, root, reporter
        ) { "\($0) is in this pool already, at \($1)" }
    }

}

/// Reports each value that stands in `values` a second time, with the place of the first; passes
/// over nil and empty texts, which stand for what was reported when it was read.
func reportRepeats<Value: Hashable & CustomStringConvertible>(
    _ values: [Value?], _ path: (Int) -> [PathStep], _ root: YAMLValue, _ reporter: Reporter,
    message: (Value, Place) -> String
) {
    var first: [Value: Int] = [:]
    for (index, value) in values.enumerated() {
        guard let value, !value.description.isEmpty else { continue }
        if let earlier = first[value] {
            let place = root.place(of: path(earlier))
            reporter.error(at: root.place(of: path(index)), message(value, place))
        } else {
            first[value] = index
        }
    }
}
