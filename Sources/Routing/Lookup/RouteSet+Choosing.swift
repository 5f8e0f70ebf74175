package import Primitives

/// What becomes of a request.
package enum RouteChoice: Hashable, Sendable {
    /// The rule at this position, for the path as it came.
    case rule(Int)
    /// The rule at this position. A rewrite works with the path in normal form, which is the first
    /// `pathBytes` bytes of the scratch space; without one the path goes on as it came.
    case ruleForNormalPath(Int, pathBytes: Int)
    /// No rule matches: 404.
    case none
    /// The path can be read in several ways: 400.
    case refused(PathRefusal)
}

/// Finding the rule for a request whose path may be meant to slip past one.
extension RouteSet {
    /// `match`, for a path as it came in the request line; `PathReading` says why that differs.
    ///
    /// - Parameter scratch: at least twice as long as the longest path that is let through. It is
    ///   written to only if the path has other readings.
    package func choose<Fields: RouteFields & ~Copyable>(
        host: Span<UInt8>, method: Span<UInt8>, path: Span<UInt8>, query: Span<UInt8>,
        client: IPAddress, fields: borrowing Fields, scratch: inout MutableSpan<UInt8>
    ) -> RouteChoice {
        switch PathReading.verdict(on: path) {
        case .plain:
            let found = match(
                host: host, method: method, path: path, query: query, client: client,
                fields: fields)
            return found.map { .rule($0) } ?? .none
        case .refused(let refusal):
            return .refused(refusal)
        case .variant(let readings):
            func match(_ path: Span<UInt8>) -> Int? {
                self.match(
                    host: host, method: method, path: path, query: query, client: client,
                    fields: fields)
            }
            return choose(path, readings: readings, scratch: &scratch, match)
        }
    }

    private func choose(
        _ path: Span<UInt8>, readings: PathReading, scratch: inout MutableSpan<UInt8>,
        _ match: (Span<UInt8>) -> Int?
    ) -> RouteChoice {
        guard let count = PathReading().write(path, to: &scratch) else { return .refused(.noRoom) }
        let found = match(scratch.span.extracting(0..<count))
        for value in 1...PathReading.every.rawValue where value & ~readings.rawValue == 0 {
            let reading = PathReading(rawValue: value)
            guard let other = reading.write(path, to: &scratch, from: count) else {
                return .refused(.noRoom)
            }
            guard match(scratch.span.extracting(count..<count + other)) == found else {
                return .refused(.ambiguous)
            }
        }
        return found.map { .ruleForNormalPath($0, pathBytes: count) } ?? .none
    }
}
