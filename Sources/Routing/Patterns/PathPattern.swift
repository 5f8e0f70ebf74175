/// Which paths a route is for: one exactly, all that begin with some segments, or those that a
/// regular expression matches.
///
/// Paths are compared byte for byte, with their case. In a pattern as in a request, escapes of
/// unreserved characters count as the characters (`%7E` as `~`) and hexadecimal digits as upper
/// case, as RFC 3986 section 6.2.2 has it; `PathReading` says what becomes of the rest.
package struct PathPattern: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        /// This path and no other.
        case exact
        /// This path and all below it: `/api` and `/api/x`, not `/apix`. A `/` at its end counts
        /// for nothing, as in the Kubernetes Gateway API, and has been taken off.
        case prefix
        /// Whatever the expression matches from the path's first byte to its last.
        case expression(RegularExpression)
    }

    package let kind: Kind
    /// The path or prefix in its normal form (the prefix of everything is empty), or the
    /// expression's text.
    package let text: String

    private init(kind: Kind, text: String) {
        self.kind = kind
        self.text = text
    }

    /// The pattern that `text` spells: `= /one/path`, `~ EXPRESSION`, or `/a/prefix`, which may
    /// also be written `/a/prefix/` or `/a/prefix/*`.
    package init(_ text: String) throws(PatternError) {
        self =
            if let rest = text.operand(behind: "=") {
                try .exact(rest)
            } else if let rest = text.operand(behind: "~") {
                try .expression(rest)
            } else {
                try .prefix(text)
            }
    }

    /// The path `text` and no other.
    package static func exact(_ text: String) throws(PatternError) -> PathPattern {
        PathPattern(kind: .exact, text: try normal(text))
    }

    /// `text` and all below it; `/*` or `/` at its end count for nothing.
    package static func prefix(_ text: String) throws(PatternError) -> PathPattern {
        var prefix = text.hasSuffix("/*") ? String(text.dropLast()) : text
        prefix = try normal(prefix)
        if prefix.hasSuffix("/") { prefix.removeLast() }
        return PathPattern(kind: .prefix, text: prefix)
    }

    /// Paths that the regular expression `text` matches as a whole.
    package static func expression(_ text: String) throws(PatternError) -> PathPattern {
        PathPattern(kind: .expression(try RegularExpression(text)), text: text)
    }

    /// How many parts of a path the pattern captures for `$1`...`$9`: the groups of an
    /// expression; of a prefix one, what stands behind it and its `/`.
    package var captures: Int {
        switch kind {
        case .exact: 0
        case .prefix: 1
        case .expression(let expression): expression.captures
        }
    }

    /// The segments of the path, each without the `/` before it.
    var segments: [[UInt8]] {
        text.utf8.split(separator: .slash, omittingEmptySubsequences: false).dropFirst()
            .map(Array.init)
    }

    private static func normal(_ text: String) throws(PatternError) -> String {
        guard !text.isEmpty else { throw .empty }
        guard text.utf8.count <= RouteLimits.pathBytesMax else {
            throw .tooLong(limit: RouteLimits.pathBytesMax)
        }
        let bytes = Array(text.utf8)
        guard bytes[0] == .slash else { throw .pathStart }
        guard !bytes.contains(.asterisk) else { throw .pathWildcard }
        if let byte = bytes.first(where: { !PathReading.isAllowed($0) }) { throw .pathByte(byte) }
        switch PathReading.verdict(on: bytes.span) {
        case .plain: return text
        case .refused(.escape): throw .pathByte(.percent)
        case .refused(let refusal): throw .pathReading(refusal)
        case .variant(let reading):
            guard reading.isEmpty else { throw .pathReading(.ambiguous) }
            return PathReading().text(of: bytes.span)
        }
    }
}

extension String {
    /// What follows `sign` and its spaces, if the text begins with it.
    func operand(behind sign: Character) -> String? {
        guard first == sign else { return nil }
        return String(dropFirst().drop { $0 == " " })
    }
}

extension PathPattern: CustomStringConvertible {
    package var description: String {
        switch kind {
        case .exact: "= " + text
        case .prefix: text + "/*"
        case .expression: "~ " + text
        }
    }
}
