/// One thing that is wrong, or doubtful, in a file.
///
/// Printed as `FILE:LINE:COLUMN: error: MESSAGE`, the form that editors and terminals make a link.
package struct Diagnostic: Hashable, Sendable {
    package enum Severity: String, Hashable, Sendable {
        /// The file cannot be used.
        case error
        /// The file can be used, but hardly means what it says.
        case warning
    }

    package let file: String
    package let place: Place
    package let severity: Severity
    /// One line, without a full stop.
    package let message: String
}

extension Diagnostic: CustomStringConvertible {
    package var description: String {
        "\(file):\(place): \(severity.rawValue): \(message)"
    }
}

/// A place in a file. Lines and columns count from 1; columns are Unicode scalars.
package struct Place: Hashable, Sendable {
    package let line: Int
    package let column: Int

    package static let start = Place(line: 1, column: 1)
}

extension Place: Comparable {
    package static func < (left: Place, right: Place) -> Bool {
        (left.line, left.column) < (right.line, right.column)
    }
}

extension Place: CustomStringConvertible {
    package var description: String { "\(line):\(column)" }
}
