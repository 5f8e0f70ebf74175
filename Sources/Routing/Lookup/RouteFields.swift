/// How a set of routes looks up the header fields of a request, only when a rule asks for them.
package protocol RouteFields: ~Copyable {
    /// Whether a field line of this name, which is in lower case, has a value that satisfies
    /// `test`. It is called with each line's value, without the whitespace around it, until one
    /// does. `Host` is not expected among them.
    func hasHeader(_ name: Span<UInt8>, _ test: (Span<UInt8>) -> Bool) -> Bool

    /// The same for the first cookie of this name, whose case counts.
    func hasCookie(_ name: Span<UInt8>, _ test: (Span<UInt8>) -> Bool) -> Bool
}

/// A request without header fields.
package struct NoRouteFields: RouteFields {
    package init() {}

    package func hasHeader(_ name: Span<UInt8>, _ test: (Span<UInt8>) -> Bool) -> Bool { false }

    package func hasCookie(_ name: Span<UInt8>, _ test: (Span<UInt8>) -> Bool) -> Bool { false }
}
