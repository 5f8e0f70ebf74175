import Primitives

extension Duration {
    /// This duration as configurations write it: `500ms`, `5s`, `1m30s`, `24h`; whole
    /// milliseconds, rounded down, and `0s` for less than one.
    package var text: String {
        let milliseconds = max(0, nanoseconds / 1_000_000)
        let parts = [
            (milliseconds / 3_600_000, "h"), (milliseconds / 60_000 % 60, "m"),
            (milliseconds / 1_000 % 60, "s"), (milliseconds % 1_000, "ms"),
        ]
        let spelled = parts.filter { $0.0 > 0 }.map { "\($0.0)\($0.1)" }.joined()
        return spelled.isEmpty ? "0s" : spelled
    }
}
