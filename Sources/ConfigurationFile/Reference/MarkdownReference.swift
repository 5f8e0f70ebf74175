/// Writes the reference of the configuration: a table for each section, in the order in which a
/// reader meets them.
struct MarkdownReference {
    private(set) var text = ""
    /// The anchors of the sections that have been written or are about to be.
    private var anchors: [MappingShape: String] = [:]

    /// Adds the sections of a file whose top level has the keys of `shape`.
    ///
    /// - Parameter heading: What the top level is called.
    mutating func add(_ shape: MappingShape, heading: String, introduction: String) {
        write(shape, heading: heading, path: "", introduction: introduction)
    }

    mutating func add(paragraph: String) {
        text += paragraph + "\n\n"
    }

    private mutating func write(
        _ shape: MappingShape, heading: String, path: String, introduction: String? = nil
    ) {
        text += "## \(heading)\n\n"
        if let introduction { add(paragraph: introduction) }
        let sections = newSections(of: shape, path: path)
        let anchors = anchors
        text += "| key | what it is | type and limits | default |\n|---|---|---|---|\n"
        for key in shape.keys {
            let type = key.shape.words { anchors[$0].map { "#\($0)" } }
            let cells = [
                "`\(key.name)`", shape.helpWithConditions(of: key), type, Self.defaultText(of: key),
            ]
            text += "| " + cells.map(Self.cell).joined(separator: " | ") + " |\n"
        }
        text += "\n"
        for rule in shape.rules { add(paragraph: Self.sentence(rule, in: shape)) }
        for section in sections { write(section.shape, heading: section.path, path: section.path) }
    }

    /// The sections under the keys of `shape` that are nowhere described yet; from now on they can
    /// be linked to.
    private mutating func newSections(
        of shape: MappingShape, path: String
    ) -> [(shape: MappingShape, path: String)] {
        var sections: [(shape: MappingShape, path: String)] = []
        for key in shape.keys {
            for (section, suffix) in key.shape.sections where anchors[section] == nil {
                let place = (path.isEmpty ? "" : path + ".") + key.name + suffix
                anchors[section] = Self.anchor(of: place)
                sections.append((section, place))
            }
        }
        return sections
    }

    private static func defaultText(of key: ReferenceNode) -> String {
        if key.isRequired { return "**required**" }
        return key.default != nil && key.defaultText != "none"
            ? "`\(key.defaultText)`" : key.defaultText
    }

    private static func sentence(
        _ rule: MappingShape.Rule, in shape: MappingShape
    ) -> String {
        func list(_ keys: [String], _ word: String) -> String {
            let quoted = keys.map { "`\($0)`" }
            return quoted.dropLast().joined(separator: ", ") + " \(word) " + (quoted.last ?? "")
        }
        return switch rule {
        case .exactlyOne(let keys): "Exactly one of \(list(keys, "and")) must be given."
        case .together(let keys): "\(list(keys, "and")) go together."
        case .someOf(let keys): "At least one of \(list(keys, "and")) must give something."
        case .needs(let key, let conditions):
            "`\(key)` is required \(shape.clause(of: conditions))."
        }
    }

    private static func cell(_ text: String) -> String {
        text.replacing("|", with: "\\|")
    }

    /// The anchor that renderers give to a heading: lower case, without punctuation.
    private static func anchor(of heading: String) -> String {
        heading.lowercased().filter { $0.isLetter || $0.isNumber || $0 == "-" || $0 == "_" }
    }
}
