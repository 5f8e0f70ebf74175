/// Collects what is found in one file while it is read and checked.
///
/// A class, because everything that reads a part of the file writes into the same collection.
final class Reporter {
    /// A file with more is broken in one way many times over; a person reads the first few.
    static let diagnosticsMax = 100

    private let file: String
    private var diagnostics: [Diagnostic] = []
    private var omitted = 0

    init(file: String) {
        self.file = file
    }

    /// Whether the file cannot be used.
    var hasErrors: Bool { omitted > 0 || diagnostics.contains { $0.severity == .error } }

    /// Whether nothing more is kept, so that looking further is of no use.
    var isFull: Bool { diagnostics.count == Self.diagnosticsMax }

    func error(at place: Place, _ message: @autoclosure () -> String) {
        report(.error, at: place, message)
    }

    func warning(at place: Place, _ message: @autoclosure () -> String) {
        report(.warning, at: place, message)
    }

    private func report(
        _ severity: Diagnostic.Severity, at place: Place, _ message: () -> String
    ) {
        guard !isFull else {
            omitted += 1
            return
        }
        diagnostics.append(
            Diagnostic(file: file, place: place, severity: severity, message: message()))
    }

    /// Ends the collection: the value with its warnings, or all that was found if there were
    /// errors.
    func finish<Value>(_ value: Value) throws(InvalidDocument) -> Checked<Value> {
        guard !hasErrors else { throw failure }
        return Checked(value: value, warnings: sorted)
    }

    /// What was found, as the error that ends the reading.
    var failure: InvalidDocument {
        InvalidDocument(diagnostics: sorted, omitted: omitted)
    }

    /// By place; two of one place stay in the order in which they were found.
    private var sorted: [Diagnostic] {
        diagnostics.enumerated()
            .sorted { ($0.element.place, $0.offset) < ($1.element.place, $1.offset) }
            .map(\.element)
    }
}

/// `text` in quotes, fit for one line of a terminal: cut after 60 characters, control characters
/// shown as their numbers.
func quoted(_ text: some StringProtocol) -> String {
    var shown = ""
    for scalar in text.unicodeScalars.prefix(60) {
        if scalar.properties.generalCategory == .control {
            shown += "\\u{\(String(scalar.value, radix: 16))}"
        } else {
            shown.unicodeScalars.append(scalar)
        }
    }
    return text.unicodeScalars.count > 60 ? "'\(shown)…'" : "'\(shown)'"
}
