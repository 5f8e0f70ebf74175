/// A value that was read from a file without an error.
package struct Checked<Value> {
    package let value: Value
    /// Sorted by place.
    package let warnings: [Diagnostic]
}

extension Checked: Sendable where Value: Sendable {}

/// A file that cannot be used: everything that was found in it, at least one error among it.
package struct InvalidDocument: Error, Hashable {
    /// Sorted by place; at most `Reporter.diagnosticsMax`.
    package let diagnostics: [Diagnostic]
    /// How many more there were.
    package let omitted: Int
}

extension InvalidDocument: CustomStringConvertible {
    /// One line for each diagnostic.
    package var description: String {
        let lines = diagnostics.map(\.description) + (omitted > 0 ? ["and \(omitted) more"] : [])
        return lines.joined(separator: "\n")
    }
}
