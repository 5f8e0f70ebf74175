/// What may be written for a value: enough to describe it to people and to editors.
///
/// A shape may allow more than reading does, never less: that `10.0.0.999:80` is no address is
/// found out by reading it.
package indirect enum ValueShape: Hashable, Sendable {
    case text(TextShape)
    /// A whole number.
    case number(ClosedRange<Int>)
    /// `true` or `false`.
    case flag
    /// One of these words. A synonym stands for one of them.
    case choice([String], synonyms: [String: String] = [:])
    case list(of: ValueShape, count: ClosedRange<Int>)
    /// A mapping with known keys.
    case mapping(MappingShape)
    /// A mapping with keys of the user's own.
    case entries(keys: TextShape, values: TextShape, countMax: Int)
    /// Any of several forms.
    case either([ValueShape])
}

/// What may be written for a text.
package struct TextShape: Hashable, Sendable {
    /// What it is, such as `duration` or `path of a file`.
    package var name: String
    /// Its limits in words, such as `1ms to 24h`; nil for none worth saying.
    package var limits: String?
    /// A regular expression (ECMA-262, anchored) that every such text matches.
    package var pattern: String?
    /// In Unicode scalars, and never less than reading allows.
    package var lengthMax: Int?
    /// Whether a text that looks like a number need not stand in quotes.
    package var mayLookLikeNumber: Bool

    init(
        _ name: String, limits: String? = nil, pattern: String? = nil, lengthMax: Int? = nil,
        mayLookLikeNumber: Bool = false
    ) {
        self.name = name
        self.limits = limits
        self.pattern = pattern
        self.lengthMax = lengthMax
        self.mayLookLikeNumber = mayLookLikeNumber
    }
}

/// The keys of a section, and how they depend on each other.
package struct MappingShape: Hashable, Sendable {
    /// In the order in which they are declared.
    package var keys: [ReferenceNode] = []
    package var rules: [Rule] = []

    /// How keys of one section depend on each other.
    package enum Rule: Hashable, Sendable {
        /// One of them must be there, and only one.
        case exactlyOne(of: [String])
        /// None may be there without the others.
        case together([String])
        /// The key must be there where all conditions are met.
        case needs(String, where: [Condition])
        /// One of them must be there, and be no empty list and not `false`.
        case someOf([String])
    }
}

/// One key of a section as its declaration describes it.
package struct ReferenceNode: Hashable, Sendable {
    package let name: String
    package let shape: ValueShape
    package let isRequired: Bool
    /// The default; nil where there is none, or where it is not always the same.
    package let `default`: Literal?
    /// The default in words, such as `30s`, `as client` or `none`; empty for keys that are
    /// required, and for sections, whose keys have defaults of their own.
    package let defaultText: String
    /// What it is, as a phrase without a full stop.
    package let help: String
    /// When it may stand there: where all of them are met.
    package let conditions: [Condition]
}
