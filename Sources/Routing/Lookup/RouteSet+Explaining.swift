package import Primitives

/// Saying why a request goes where it goes.
extension RouteSet {
    /// What `choose` would do with a request, and why. It goes through all rules and allocates:
    /// for people, not for requests.
    package func explain<Fields: RouteFields & ~Copyable>(
        host: Span<UInt8>, method: Span<UInt8>, path: Span<UInt8>, query: Span<UInt8>,
        client: IPAddress, fields: borrowing Fields
    ) -> RouteExplanation {
        var scratch = [UInt8](repeating: 0, count: 2 * path.count)
        var space = scratch.mutableSpan
        let choice = choose(
            host: host, method: method, path: path, query: query, client: client, fields: fields,
            scratch: &space)
        let chosen: Int? =
            switch choice {
            case .rule(let index), .ruleForNormalPath(let index, _): index
            case .none, .refused: nil
            }
        var isRefused = false
        if case .refused = choice { isRefused = true }
        let normal = Array(PathReading().text(of: path).utf8)
        var rejected: [RejectedRule] = []
        var otherHosts = 0
        for index in isRefused ? [] : order.prefix(while: { $0 != chosen }) {
            let reason = rules[index].parts.first { part in
                !part.rule.matches {
                    $0.match(
                        host: host, method: method, path: normal.span, query: query,
                        client: client, fields: fields)
                }
            }?.reason
            guard let reason else { continue }
            if reason == .host {
                otherHosts += 1
            } else {
                rejected.append(RejectedRule(rule: index, reason: reason))
            }
        }
        var readings: [ReadRule] = []
        if choice == .refused(.ambiguous), case .variant(let all) = PathReading.verdict(on: path) {
            readings = all.combinations.map { reading in
                let text = reading.text(of: path)
                let bytes = Array(text.utf8)
                let rule = match(
                    host: host, method: method, path: bytes.span, query: query, client: client,
                    fields: fields)
                return ReadRule(path: text, rule: rule)
            }
        }
        return RouteExplanation(
            choice: choice, path: String(decoding: normal, as: UTF8.self),
            rejected: Array(rejected.prefix(RouteExplanation.rejectedMax)),
            otherHosts: otherHosts,
            omitted: max(0, rejected.count - RouteExplanation.rejectedMax), readings: readings)
    }
}

extension RouteRule {
    /// The rule's conditions as rules of one condition each, in the order in which they are told.
    fileprivate var parts: [(reason: RouteMismatch, rule: RouteRule)] {
        func part(_ change: (inout RouteRule) -> Void) -> RouteRule {
            var part = Self.everything
            change(&part)
            return part
        }
        var parts: [(RouteMismatch, RouteRule)] = [
            (.host, part { $0.host = host }), (.path, part { $0.path = path }),
            (.method, part { $0.methods = methods }),
            (.network, part { $0.networks = networks }),
        ]
        parts += headers.map { field in (.header(field.name), part { $0.headers = [field] }) }
        parts += query.map { field in (.query(field.name), part { $0.query = [field] }) }
        parts += cookies.map { field in (.cookie(field.name), part { $0.cookies = [field] }) }
        return parts
    }

    /// Whether a set of this rule alone finds it.
    fileprivate func matches(_ match: (RouteSet) -> Int?) -> Bool {
        // One rule is always within the limits of a set.
        guard let alone = try? RouteSet([self]) else { return false }
        return match(alone) != nil
    }
}
