package import Primitives

/// Finding the rule for a request.
extension RouteSet {
    /// The first rule, in the order of precedence, that matches a request; its position in `rules`.
    ///
    /// The path is matched byte for byte: `choose` is for paths that come from strangers.
    ///
    /// - Parameters:
    ///   - host: as the request names it, in any case, with or without a port; empty for none.
    ///   - method: with its case.
    ///   - path: without the query; `*` and other targets that are no path match only rules that
    ///     ask for none.
    ///   - query: what stands behind `?`, without it.
    ///   - client: where the request came from.
    ///   - fields: asked only when a rule has such a condition and all else of it holds.
    package func match<Fields: RouteFields & ~Copyable>(
        host: Span<UInt8>, method: Span<UInt8>, path: Span<UInt8>, query: Span<UInt8>,
        client: IPAddress, fields: borrowing Fields
    ) -> Int? {
        tables.match(
            host: host, method: method, path: path, query: query, client: client, fields: fields)
    }
}
