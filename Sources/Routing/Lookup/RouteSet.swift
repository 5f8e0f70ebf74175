/// The routes of one listener, made once for a table and looked up for every request.
///
/// A lookup goes down a tree of host labels from the right and a tree of path segments from the
/// left, one look into a hash table for each, then tries the rules of the places that it came by,
/// the most specific first; `RoutePrecedence` says which that are. So its cost follows the number
/// of labels and segments that rules have, not the number of rules; but rules of the same host and
/// path are tried one after another, and so are all rules of a host whose path is a regular
/// expression. Nothing is allocated and no reference is counted.
package final class RouteSet: Sendable {
    /// The rules, in the order of the configuration.
    package let rules: [RouteRule]
    /// Positions in `rules`, in the order of precedence.
    let order: [Int]
    let tables: RouteTables

    /// A set of `rules`, whose positions are what a lookup returns.
    package init(_ rules: [RouteRule]) throws(RouteSetError) {
        guard rules.count <= RouteLimits.rulesMax else { throw .tooManyRules }
        let precedence = rules.enumerated().map { RoutePrecedence($1, index: $0) }
        self.rules = rules
        order = rules.indices.sorted { precedence[$0] < precedence[$1] }
        var builder = RouteTableBuilder()
        tables = try builder.build(order.map { (index: $0, rule: rules[$0]) })
    }
}

/// Why rules are too many for one set.
package enum RouteSetError: Error, Hashable, Sendable {
    /// More than `RouteLimits.rulesMax`.
    case tooManyRules
    /// More than `RouteLimits.pathExpressionsMax` of one host have a regular expression as path.
    case tooManyPathExpressions
    /// The tables of all regular expressions have more than `RouteLimits.entriesMax` entries.
    case expressionsTooLarge
}

extension RouteSetError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .tooManyRules: "there are more than \(RouteLimits.rulesMax) routes"
        case .tooManyPathExpressions:
            "more than \(RouteLimits.pathExpressionsMax) routes of one host have a regular expression as path"
        case .expressionsTooLarge: "the regular expressions of all routes have too many states"
        }
    }
}

/// What a lookup works with, read only.
struct RouteTables: Sendable {
    var segments = SegmentTree()
    var hostRoot: UInt32 = 0
    /// By place in `segments`; of hosts and paths, which never share one.
    var hosts: [HostNode] = []
    var paths: [PathNode] = []
    var scopes: [HostScope] = []
    /// Positions in `rules`: all lists of several, one behind the other.
    var lists: [UInt32] = []
    /// In the order of precedence.
    var rules: [CompiledRule] = []
    /// Whether each rule asks for a path at all, which `*` of OPTIONS is not.
    var needsPath: [Bool] = []
    var conditions: [RuleConditions] = []
    var fields: [CompiledField] = []
    /// Stretches of `bytes`.
    var methods: [Stretch] = []
    var networks: [Network] = []
    var bytes: [UInt8] = []
    /// The tables of regular expressions.
    var transitions: [UInt16] = []
}
