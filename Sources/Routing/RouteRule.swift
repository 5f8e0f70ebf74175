/// What a route asks of a request. All that is given must hold; a rule of which nothing is given
/// matches everything.
package struct RouteRule: Hashable, Sendable {
    package internal(set) var host: HostPattern?
    package internal(set) var path: PathPattern?
    /// One of these, with their case (RFC 9110 section 9.1); any if empty. `GET` is not `HEAD`.
    package internal(set) var methods: [String]
    /// All of these, on a field line each.
    package internal(set) var headers: [FieldPattern]
    package internal(set) var query: [FieldPattern]
    package internal(set) var cookies: [FieldPattern]
    /// One of these, of the client's address; any if empty.
    package internal(set) var networks: [Network]
    /// A higher one comes first, however specific the others are.
    package internal(set) var priority: Int

    /// The rule that matches everything.
    static let everything = RouteRule()

    private init() {
        host = nil
        path = nil
        methods = []
        headers = []
        query = []
        cookies = []
        networks = []
        priority = 0
    }

    /// A rule; what a list has more than `RouteLimits.conditionsMax` of is refused.
    package init(
        host: HostPattern? = nil, path: PathPattern? = nil, methods: [String] = [],
        headers: [FieldPattern] = [], query: [FieldPattern] = [], cookies: [FieldPattern] = [],
        networks: [Network] = [], priority: Int = 0
    ) throws(PatternError) {
        let counts = [methods.count, headers.count, query.count, cookies.count, networks.count]
        guard counts.allSatisfy({ $0 <= RouteLimits.conditionsMax }) else {
            throw .tooMany(limit: RouteLimits.conditionsMax)
        }
        for method in methods {
            guard method.utf8.count <= RouteLimits.nameBytesMax else {
                throw .tooLong(limit: RouteLimits.nameBytesMax)
            }
            guard !method.isEmpty, method.utf8.allSatisfy(\.isTokenCharacter) else {
                throw .name(method)
            }
        }
        guard (-RouteLimits.priorityMax...RouteLimits.priorityMax).contains(priority) else {
            throw .priority(limit: RouteLimits.priorityMax)
        }
        self.host = host
        self.path = path
        self.methods = methods
        self.headers = headers
        self.query = query
        self.cookies = cookies
        self.networks = networks
        self.priority = priority
    }
}

/// Where a rule stands among others: the smaller, the earlier it is tried.
///
/// After the explicit priority, which is Skein's own, the order is that of the Kubernetes Gateway
/// API (v1, `HTTPRouteSpec.hostnames` and `HTTPRouteRule.matches`), going on at ties:
///
/// 1. the most characters in a host without wildcard, then in one with; then no host
/// 2. an exact path
/// 3. a regular expression as path, whose place that API leaves open: it stands where Envoy
///    Gateway and Contour put it, and all of them are equal
/// 4. the prefix with the most characters; `/` and no path come last and are equal
/// 5. a method
/// 6. the most headers
/// 7. the most query parameters
/// 8. the most cookies, then a network: these two are not in that API
/// 9. the order in the configuration
struct RoutePrecedence: Comparable {
    private let criteria: InlineArray<12, Int>

    init(_ rule: RouteRule, index: Int) {
        let host = rule.host ?? .any
        let path = rule.path?.text.utf8.count ?? 0
        var isExact = false
        var isExpression = false
        switch rule.path?.kind {
        case .exact: isExact = true
        case .expression: isExpression = true
        case .prefix, nil: break
        }
        criteria = [
            -rule.priority,
            host.kind == .exact ? -host.name.utf8.count : 0,
            host.kind == .wildcard ? -host.name.utf8.count : 0,
            isExact ? 0 : 1,
            isExpression ? 0 : 1,
            isExact || isExpression ? 0 : -path,
            rule.methods.isEmpty ? 1 : 0,
            -rule.headers.count,
            -rule.query.count,
            -rule.cookies.count,
            rule.networks.isEmpty ? 1 : 0,
            index,
        ]
    }

    static func < (left: RoutePrecedence, right: RoutePrecedence) -> Bool {
        for place in left.criteria.indices where left.criteria[place] != right.criteria[place] {
            return left.criteria[place] < right.criteria[place]
        }
        return false
    }

    static func == (left: RoutePrecedence, right: RoutePrecedence) -> Bool {
        left.criteria.indices.allSatisfy { left.criteria[$0] == right.criteria[$0] }
    }
}
