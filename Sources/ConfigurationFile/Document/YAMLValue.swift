/// A YAML value together with its place, aliases resolved.
struct YAMLValue {
    enum Content {
        /// A key without a value, `~` or `null`.
        case nothing
        /// What was reported when it was read; nothing more is to be said of it.
        case invalid
        /// A scalar as it is written; `isPlain` if without quotes.
        case text(String, isPlain: Bool)
        case list([YAMLValue])
        case mapping([Entry])
    }

    /// A key of a mapping and its value. No key stands twice in a mapping.
    struct Entry {
        let key: String
        let keyPlace: Place
        let value: YAMLValue

        /// Where to report what is wrong with the value; for a missing one, the key.
        var place: Place {
            if case .nothing = value.content { keyPlace } else { value.place }
        }
    }

    let content: Content
    let place: Place
    /// How many values this is, itself and all within, each alias counted as what it stands for.
    let size: Int

    init(_ content: Content, at place: Place) {
        self.content = content
        self.place = place
        size =
            switch content {
            case .nothing, .invalid, .text: 1
            case .list(let values): values.reduce(1) { $0 + $1.size }
            case .mapping(let entries): entries.reduce(1) { $0 + $1.value.size }
            }
    }

    /// What this is, in words for a message.
    var summary: String {
        switch content {
        case .nothing, .invalid: "nothing"
        case .text(let text, _): quoted(text)
        case .list: "a list"
        case .mapping: "a mapping"
        }
    }
}

/// One step from a value to a value within it: a key or an index.
enum PathStep: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral {
    case key(String)
    case index(Int)

    init(stringLiteral key: String) { self = .key(key) }
    init(integerLiteral index: Int) { self = .index(index) }
}

extension YAMLValue {
    /// Where the value at `path` stands, or else the last one on the way there that is written.
    func place(of path: [PathStep]) -> Place {
        guard let step = path.first, let (next, nextPlace) = child(step) else { return place }
        let rest = Array(path.dropFirst())
        return rest.isEmpty ? nextPlace : next.place(of: rest)
    }

    /// Whether something is written at `path`.
    func contains(_ path: [PathStep]) -> Bool {
        guard let step = path.first else { return true }
        return child(step)?.value.contains(Array(path.dropFirst())) ?? false
    }

    /// The text at `path`; nil if something else is written there, or nothing.
    func text(at path: [PathStep]) -> String? {
        guard let step = path.first else {
            if case .text(let text, _) = content { return text }
            return nil
        }
        return child(step)?.value.text(at: Array(path.dropFirst()))
    }

    private func child(_ step: PathStep) -> (value: YAMLValue, place: Place)? {
        switch (content, step) {
        case (.mapping(let entries), .key(let key)):
            entries.first { $0.key == key }.map { ($0.value, $0.place) }
        case (.list(let values), .index(let index)) where values.indices.contains(index):
            (values[index], values[index].place)
        default:
            nil
        }
    }
}
