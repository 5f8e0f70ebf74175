/// What is wrong with the text of a pattern, for whoever wrote it.
package enum PatternError: Error, Hashable, Sendable {
    /// There is no text, where there must be some.
    case empty
    /// More bytes than `limit`.
    case tooLong(limit: Int)
    /// A host name has a label that is empty, too long or has characters that no name has; names
    /// in other scripts are written in their `xn--` form.
    case hostLabel(String)
    /// A host name has a port; listeners have ports, routes have none.
    case hostPort
    /// `*` may only be all of a host or its whole first label.
    case hostWildcard
    /// A path does not begin with `/`.
    case pathStart
    /// A path has a byte that must be escaped in a target (RFC 3986 section 3.3), or `%` that no
    /// two hexadecimal digits follow.
    case pathByte(UInt8)
    /// A path that servers read in more than one way, so that no request with it is let through.
    case pathReading(PathRefusal)
    /// `*` stands somewhere else than alone behind the last `/`.
    case pathWildcard
    /// A name has a character that no such name has.
    case name(String)
    /// Neither an address nor `ADDRESS/BITS`.
    case network(String)
    /// Bits are set behind the prefix of a network, which is written as the text that follows.
    case networkBits(meant: String)
    /// A regular expression is wrong at the byte that is given.
    case expression(ExpressionFault, at: Int)
    /// A rule has more of something than `limit`.
    case tooMany(limit: Int)
    /// A priority outside `-limit...limit`.
    case priority(limit: Int)
    /// A template refers to `$digit`, which the path of its rule does not capture.
    case captureMissing(Int)
    /// `$` in a template is followed by neither `1`...`9` nor another `$`.
    case templateDollar
}

/// What is wrong with a regular expression.
package enum ExpressionFault: Error, Hashable, Sendable {
    /// `(` without its `)`, or the other way about.
    case group
    /// `[` without its `]`, a range that runs backwards, or a byte outside ASCII in it.
    case characterClass
    /// `*`, `+`, `?` or `{` with nothing before it, or behind another one.
    case repetition
    /// `{m,n}` that is none, runs backwards or is over `RouteLimits.repetitionsMax`.
    case count
    /// `\` before a letter or a digit that means nothing here: back references are not supported.
    case escape
    /// `^` elsewhere than at the start or `$` elsewhere than at the end. They are not needed: a
    /// pattern always matches the whole text.
    case anchor
    /// `(?` with something else than `:`, or `(?i)` elsewhere than at the start.
    case groupKind
    /// More numbered groups than `RouteLimits.capturesMax`.
    case captures
    /// Groups in one another deeper than `RouteLimits.groupDepthMax`.
    case depth
    /// More instructions than `RouteLimits.expressionInstructionsMax`.
    case size
    /// More states than fit into `RouteLimits.automatonEntriesMax`: mostly a count behind something
    /// that can begin at any place, as in `.*a.{20}b`.
    case states
}

extension PatternError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .empty: "it is empty"
        case .tooLong(let limit): "it is longer than \(limit) bytes"
        case .hostLabel(let label): "\"\(label)\" is not a label of a host name"
        case .hostPort: "a host has no port here"
        case .hostWildcard:
            "in a host, * stands alone or for all labels before the rest: *.example.com"
        case .pathStart: "a path begins with /"
        case .pathByte(let byte):
            "the byte 0x\(String(byte, radix: 16)) must be escaped with % in a path"
        case .pathReading(let refusal): "no request with this path is let through: \(refusal)"
        case .pathWildcard: "in a path, * stands only alone behind the last /; or use ~ EXPRESSION"
        case .name(let name): "\"\(name)\" is not a name"
        case .network(let text): "\"\(text)\" is not a network, like 192.0.2.0/24"
        case .networkBits(let meant): "bits are set behind the prefix; \(meant) is meant"
        case .expression(let fault, let place):
            "\(fault) at byte \(place + 1) of the regular expression"
        case .tooMany(let limit): "there are more than \(limit)"
        case .priority(let limit): "a priority is between -\(limit) and \(limit)"
        case .captureMissing(let number): "the path captures nothing that $\(number) could be"
        case .templateDollar: "$ is followed by 1 to 9, or by another $"
        }
    }
}

extension ExpressionFault: CustomStringConvertible {
    package var description: String {
        switch self {
        case .group: "a parenthesis without its other one"
        case .characterClass: "a character class that is none"
        case .repetition: "nothing to repeat"
        case .count: "a count that is none, or over \(RouteLimits.repetitionsMax)"
        case .escape: "an escape that means nothing here"
        case .anchor: "^ or $ inside (a pattern matches the whole text without them)"
        case .groupKind: "a kind of group that is not supported"
        case .captures: "more than \(RouteLimits.capturesMax) numbered groups"
        case .depth: "groups more than \(RouteLimits.groupDepthMax) deep"
        case .size: "more than \(RouteLimits.expressionInstructionsMax) instructions"
        case .states: "more states than can be searched at once"
        }
    }
}
