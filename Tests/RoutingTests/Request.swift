import Primitives

@testable import Routing

/// A request as the tests write it.
struct Request {
    var host = "example.com"
    var method = "GET"
    var path = "/"
    var query = ""
    var headers: [(String, String)] = []
    var cookies: [(String, String)] = []
    var client = IPAddress(ipv4: 0xC000_0201)

    /// Whose rule `match` finds.
    func match(_ routes: RouteSet) -> Int? {
        routes.match(
            host: bytes(host).span, method: bytes(method).span, path: bytes(path).span,
            query: bytes(query).span, client: client, fields: fields)
    }

    /// What `choose` makes of it, with room for `scratch` bytes.
    func choose(_ routes: RouteSet, scratch size: Int = 4_096) -> RouteChoice {
        var scratch = [UInt8](repeating: 0, count: size)
        var span = scratch.mutableSpan
        return routes.choose(
            host: bytes(host).span, method: bytes(method).span, path: bytes(path).span,
            query: bytes(query).span, client: client, fields: fields, scratch: &span)
    }

    var fields: ListedFields { ListedFields(headers: headers, cookies: cookies) }
}

/// Header fields and cookies in lists.
struct ListedFields: RouteFields {
    let headers: [(String, String)]
    let cookies: [(String, String)]

    func hasHeader(_ name: Span<UInt8>, _ test: (Span<UInt8>) -> Bool) -> Bool {
        let name = text(name)
        return headers.contains { $0.0.lowercased() == name && test(bytes($0.1).span) }
    }

    func hasCookie(_ name: Span<UInt8>, _ test: (Span<UInt8>) -> Bool) -> Bool {
        let name = text(name)
        return cookies.first { $0.0 == name }.map { test(bytes($0.1).span) } ?? false
    }
}

func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

func text(_ bytes: Span<UInt8>) -> String {
    String(decoding: bytes.indices.map { bytes[$0] }, as: UTF8.self)
}

/// A rule from its texts.
func makeRule(
    host: String? = nil, path: String? = nil, methods: [String] = [],
    headers: [(String, String)] = [], query: [(String, String)] = [],
    cookies: [(String, String)] = [], networks: [String] = [], priority: Int = 0
) throws -> RouteRule {
    try RouteRule(
        host: host.map { try HostPattern($0) }, path: path.map { try PathPattern($0) },
        methods: methods,
        headers: headers.map { try .header($0.0, ValuePattern($0.1)) },
        query: query.map { try .query($0.0, ValuePattern($0.1)) },
        cookies: cookies.map { try .cookie($0.0, ValuePattern($0.1)) },
        networks: networks.map { try Network($0) }, priority: priority)
}
