import Primitives

@testable import Routing

/// What a set of routes must answer, said as simply as possible: try all rules, sort those that
/// match, take the first. It shares no code with the lookup.
struct NaiveMatcher {
    /// With their positions, in the order in which they are tried.
    private let rules: [(index: Int, rule: RouteRule)]

    init(rules: [RouteRule]) {
        self.rules = rules.enumerated().map { ($0, $1) }.sorted {
            Self.isBefore($0.rule, $0.index, $1.rule, $1.index)
        }
    }

    func match(_ request: Request) -> Int? {
        var host = String(request.host.lowercased().prefix { $0 != ":" })
        if host.hasSuffix("."), host.count > 1 { host.removeLast() }
        let query = request.query.split(separator: "&", omittingEmptySubsequences: false).map {
            let parts = $0.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (unescaped(String(parts[0])), parts.count > 1 ? unescaped(String(parts[1])) : "")
        }
        return rules.first {
            ($0.rule.methods.isEmpty || $0.rule.methods.contains(request.method))
                && matchesPath($0.rule.path, request.path) && matchesHost($0.rule.host, host)
                && matchesFields($0.rule, request, query)
        }?.index
    }

    private func matchesFields(
        _ rule: RouteRule, _ request: Request, _ query: [(String, String)]
    ) -> Bool {
        (rule.networks.isEmpty || rule.networks.contains { $0.contains(request.client) })
            && rule.headers.allSatisfy { pattern in
                request.headers.contains {
                    $0.0.lowercased() == pattern.name && matches(pattern.value, $0.1)
                }
            }
            && rule.query.allSatisfy { pattern in
                query.first { $0.0 == pattern.name }.map { matches(pattern.value, $0.1) } ?? false
            }
            && rule.cookies.allSatisfy { pattern in
                request.cookies.first { $0.0 == pattern.name }
                    .map { matches(pattern.value, $0.1) } ?? false
            }
    }

    private func matchesHost(_ pattern: HostPattern?, _ host: String) -> Bool {
        switch pattern?.kind {
        case .exact: return host == pattern?.name
        case .wildcard:
            let end = "." + (pattern?.name ?? "")
            return host.hasSuffix(end) && host.dropLast(end.count).last.map { $0 != "." } ?? false
        case .any, nil: return true
        }
    }

    private func matchesPath(_ pattern: PathPattern?, _ path: String) -> Bool {
        guard let pattern else { return true }
        guard path.hasPrefix("/") else { return false }
        switch pattern.kind {
        case .exact: return path == pattern.text
        case .prefix: return path == pattern.text || path.hasPrefix(pattern.text + "/")
        case .expression(let expression): return expression.matches(bytes(path).span)
        }
    }

    private func matches(_ pattern: ValuePattern, _ value: String) -> Bool {
        switch pattern {
        case .present: true
        case .exact(let text): value == text
        case .wildcard(let text): wildcard(bytes(text)[...], bytes(value)[...])
        case .expression(let expression): expression.matches(bytes(value).span)
        }
    }

    private func wildcard(_ pattern: ArraySlice<UInt8>, _ value: ArraySlice<UInt8>) -> Bool {
        guard let first = pattern.first else { return value.isEmpty }
        if first == UInt8(ascii: "*") {
            return (value.startIndex...value.endIndex).contains {
                wildcard(pattern.dropFirst(), value[$0...])
            }
        }
        return value.first == first && wildcard(pattern.dropFirst(), value.dropFirst())
    }

    private func unescaped(_ text: String) -> String {
        var rest = bytes(text)[...]
        var result: [UInt8] = []
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), rest.count >= 2,
                let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
            {
                result.append(value)
                rest = rest.dropFirst(2)
            } else {
                result.append(byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    private static func isBefore(
        _ left: RouteRule, _ a: Int, _ right: RouteRule, _ b: Int
    ) -> Bool {
        func host(_ rule: RouteRule) -> (Int, Int) {
            switch rule.host?.kind {
            case .exact: (2, rule.host?.name.count ?? 0)
            case .wildcard: (1, rule.host?.name.count ?? 0)
            case .any, nil: (0, 0)
            }
        }
        func path(_ rule: RouteRule) -> (Int, Int) {
            switch rule.path?.kind {
            case .exact: (2, 0)
            case .expression: (1, 0)
            case .prefix: (0, rule.path?.text.utf8.count ?? 0)
            case nil: (0, 0)
            }
        }
        if left.priority != right.priority { return left.priority > right.priority }
        if host(left) != host(right) { return host(left) > host(right) }
        if path(left) != path(right) { return path(left) > path(right) }
        if left.methods.isEmpty != right.methods.isEmpty { return right.methods.isEmpty }
        if left.headers.count != right.headers.count {
            return left.headers.count > right.headers.count
        }
        if left.query.count != right.query.count { return left.query.count > right.query.count }
        if left.cookies.count != right.cookies.count {
            return left.cookies.count > right.cookies.count
        }
        if left.networks.isEmpty != right.networks.isEmpty { return right.networks.isEmpty }
        return a < b
    }
}
