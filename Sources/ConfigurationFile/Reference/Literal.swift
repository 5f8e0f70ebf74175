/// A value as a configuration spells it, for defaults.
package enum Literal: Hashable, Sendable {
    case flag(Bool)
    case number(Int)
    case text(String)
    case list([Literal])

    /// How it is written: `true`, `64`, `30s`, `none` for an empty list.
    package var text: String {
        switch self {
        case .flag(let isOn): isOn ? "true" : "false"
        case .number(let number): String(number)
        case .text(let text): text
        case .list(let items): items.isEmpty ? "none" : items.map(\.text).joined(separator: ", ")
        }
    }
}
