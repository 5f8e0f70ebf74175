import Yams

/// Makes one `YAMLValue` of a YAML text. The only code that knows Yams.
///
/// Yams itself puts the anchored value wherever an alias stands, even into keys, which it then
/// compares; so a few lines of nested aliases cost unbounded time before any of our limits is
/// asked. Therefore it never sees an alias: each `*` goes in as `mask`, which makes of an alias an
/// ordinary scalar in the same columns, and comes back out here, where aliases are resolved and
/// counted.
struct YAMLReader {
    /// Bytes in a file. Yams needs up to a hundred times as much memory; a pool of 10,000 backends
    /// is half a MiB.
    static let bytesMax = 4 << 20
    /// Values in a document, each alias counted as what it stands for.
    static let valuesMax = 1_000_000

    private let reporter: Reporter
    private var anchors: [String: YAMLValue] = [:]
    private var valuesLeft = Self.valuesMax

    /// The document in `yaml`, or nil if that holds none. Whatever makes it no YAML is reported
    /// and thrown; tags, bad aliases and bad keys are reported only.
    static func read(yaml: String, reporter: Reporter) throws(InvalidDocument) -> YAMLValue? {
        func fatal(_ place: Place, _ message: String) -> InvalidDocument {
            reporter.error(at: place, message)
            return reporter.failure
        }
        guard yaml.utf8.count <= bytesMax else {
            throw fatal(.start, "the file is larger than \(bytesMax >> 20) MiB")
        }
        let text = withoutByteOrderMark(yaml)
        if let (place, message) = forbiddenCharacter(in: text) { throw fatal(place, message) }
        let parser: Parser
        let root: Node?
        do {
            parser = try Parser(yaml: masked(text), resolver: .basic, encoding: .utf8)
            root = try parser.singleRoot()
        } catch {
            let (place, message) = describe(error, in: text)
            throw fatal(place, message)
        }
        guard let root else { return nil }
        var reader = YAMLReader(reporter: reporter)
        // The nodes hold their anchors weakly; the parser owns them.
        return try withExtendedLifetime(parser) { () throws(InvalidDocument) in
            try reader.value(of: root)
        }
    }

    private init(reporter: Reporter) {
        self.reporter = reporter
    }

    private mutating func value(of node: Node) throws(InvalidDocument) -> YAMLValue {
        let place = Self.place(of: node)
        checkTag(of: node, at: place)
        let value: YAMLValue
        // A list or a mapping costs one more than its parts, which were counted before it.
        var cost = 1
        switch node {
        case .scalar(let scalar) where Self.isAlias(scalar):
            value = aliased(by: scalar, at: place)
            cost = value.size
        case .scalar(let scalar):
            value = YAMLValue(Self.content(of: scalar), at: place)
        case .sequence(let nodes):
            var values: [YAMLValue] = []
            for node in nodes { values.append(try self.value(of: node)) }
            value = YAMLValue(.list(values), at: place)
        case .mapping(let pairs):
            value = YAMLValue(.mapping(try entries(of: pairs)), at: place)
        case .alias:
            // Yams makes these when it writes, never when it reads.
            value = YAMLValue(.invalid, at: place)
        }
        if let anchor = node.anchor { anchors[anchor.rawValue] = value }
        valuesLeft -= cost
        guard valuesLeft >= 0 else {
            reporter.error(
                at: place, "the file has more than \(Self.valuesMax) values, aliases resolved")
            throw reporter.failure
        }
        return value
    }

    private mutating func entries(
        of pairs: Node.Mapping
    ) throws(InvalidDocument) -> [YAMLValue.Entry] {
        var entries: [YAMLValue.Entry] = []
        for (keyNode, node) in pairs {
            let value = try self.value(of: node)
            let keyPlace = Self.place(of: keyNode)
            if case .scalar(let scalar) = keyNode, !Self.isAlias(scalar) {
                let key = Self.unmasked(scalar.string)
                entries.append(YAMLValue.Entry(key: key, keyPlace: keyPlace, value: value))
            } else {
                reporter.error(at: keyPlace, "a key must be plain text")
            }
        }
        return entries
    }

    private static func content(of scalar: Node.Scalar) -> YAMLValue.Content {
        let isPlain = scalar.style == .plain
        if isPlain, ["", "~", "null", "Null", "NULL"].contains(scalar.string) { return .nothing }
        return .text(unmasked(scalar.string), isPlain: isPlain)
    }

    private static func isAlias(_ scalar: Node.Scalar) -> Bool {
        scalar.style == .plain && scalar.string.unicodeScalars.first == mask
    }

    private func aliased(by scalar: Node.Scalar, at place: Place) -> YAMLValue {
        let name = String(scalar.string.unicodeScalars.dropFirst())
        if let target = anchors[name] { return target }
        if Self.isAnchorName(name) {
            reporter.error(at: place, "no anchor '&\(name)' stands before this alias")
        } else {
            let text = quoted(Self.unmasked(scalar.string))
            reporter.error(at: place, "\(text) must stand in quotes: a bare '*' begins an alias")
        }
        return YAMLValue(.invalid, at: place)
    }

    /// Reports a tag, such as `!include` or `!!binary`: ignoring it would change the meaning.
    private func checkTag(of node: Node, at place: Place) {
        let tag =
            switch node {
            case .scalar(let scalar): scalar.tag
            case .sequence(let nodes): nodes.tag
            case .mapping(let pairs): pairs.tag
            case .alias(let alias): alias.tag
            }
        let implied: [Tag.Name] = [.implicit, .nonSpecific, .str]
        if !implied.contains(where: { $0.rawValue == tag.rawValue }) {
            reporter.error(at: place, "tags such as \(quoted(tag.rawValue)) are not supported")
        }
    }

    private static func place(of node: Node) -> Place {
        // Every node that was parsed has a mark, whose numbers count from 1 like ours.
        node.mark.map { Place(line: $0.line, column: $0.column) } ?? .start
    }
}
