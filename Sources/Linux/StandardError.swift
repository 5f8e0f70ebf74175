internal import CLinux

/// The standard error stream, for the few lines that a process without a logger writes.
package enum StandardError {
    /// Writes `text` in one call, so that lines of several processes do not mix.
    package static func write(_ text: String) {
        var text = text
        text.withUTF8 { _ = CLinux.write(2, $0.baseAddress, $0.count) }
    }
}
