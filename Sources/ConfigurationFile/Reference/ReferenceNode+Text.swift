/// Descriptions in words.
extension MappingShape {
    /// What `key` is, what may be written and what holds without it, in sentences for an editor.
    func summary(of key: ReferenceNode) -> String {
        var sentences = [helpWithConditions(of: key)]
        if case .text = key.shape { sentences.append(key.shape.words { _ in nil }) }
        if key.default == nil, !key.defaultText.isEmpty {
            sentences.append("Default: \(key.defaultText)")
        }
        return sentences.map { "\(capitalized($0))." }.joined(separator: " ")
            .replacing("`", with: "'")
    }

    /// What `key` is, and where it may stand.
    func helpWithConditions(of key: ReferenceNode) -> String {
        key.conditions.isEmpty ? key.help : "\(key.help) (\(clause(of: key.conditions)))"
    }

    /// Where all `conditions` are met, such as ``where `mode` is `prefix` ``. Those that a later
    /// one implies, because its key has them itself, are left out.
    func clause(of conditions: [Condition]) -> String {
        let implied = conditions.flatMap { condition in
            keys.first { $0.name == condition.key }?.conditions ?? []
        }
        let clauses = conditions.filter { !implied.contains($0) }.map(\.clause)
        return "where \(clauses.joined(separator: " and "))"
    }
}

extension Condition {
    fileprivate var clause: String {
        guard let choices else { return "`\(key)` is given" }
        return "`\(key)` is \(spokenList(choices.map { "`\($0)`" }))"
    }
}

extension ValueShape {
    /// What may be written, in words with Markdown's code marks.
    ///
    /// - Parameter link: Where a section is described, as the target of a link; nil for nowhere.
    func words(link: (MappingShape) -> String?) -> String {
        switch self {
        case .text(let shape):
            return shape.limits.map { "\(shape.name), \($0)" } ?? shape.name
        case .number(let limits):
            return "whole number, \(limits.lowerBound) to \(limits.upperBound)"
        case .flag:
            return "`true` or `false`"
        case .choice(let words, let synonyms):
            let list = spokenList(words.map { "`\($0)`" })
            let others = synonyms.sorted { $0.key < $1.key }.map { "`\($0)` is `\($1)`" }
            return others.isEmpty ? list : "\(list) (\(others.joined(separator: ", ")))"
        case .list(let element, let count):
            let range =
                count.lowerBound == 0
                ? "at most \(count.upperBound)" : "\(count.lowerBound) to \(count.upperBound)"
            return "list of \(range): \(element.words(link: link))"
        case .mapping(let shape):
            return link(shape).map { "[mapping](\($0))" } ?? "mapping"
        case .entries(let keys, let values, let countMax):
            return "mapping of \(keys.name)s to \(values.name)s, at most \(countMax)"
        case .either(let shapes):
            return Self.alternatives(shapes, link: link)
        }
    }

    private static func alternatives(
        _ shapes: [ValueShape], link: (MappingShape) -> String?
    ) -> String {
        // One or more of a kind: the kind is named once.
        if shapes.count == 2, case .list(shapes[0], let count) = shapes[1] {
            return "\(shapes[0].words(link: link)); or a list of \(count.lowerBound) to "
                + "\(count.upperBound) of them"
        }
        return shapes.map { $0.words(link: link) }.joined(separator: "; or ")
    }

    /// The sections that may stand here or in a list here, with what follows the path of the key:
    /// nothing, or `[]`.
    var sections: [(shape: MappingShape, suffix: String)] {
        switch self {
        case .text, .number, .flag, .choice, .entries: []
        case .mapping(let shape): [(shape, "")]
        case .list(let element, _): element.sections.map { ($0.shape, "[]" + $0.suffix) }
        case .either(let shapes): shapes.flatMap(\.sections)
        }
    }
}

/// `text` with its first letter, if it is an ASCII one, made upper case.
private func capitalized(_ text: String) -> String {
    text.prefix(1).uppercased() + text.dropFirst()
}
