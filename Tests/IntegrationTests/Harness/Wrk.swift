import Testing

/// What `wrk` reports.
struct WrkReport {
    let requests: Int
    let connectErrors: Int
    let readErrors: Int
    let writeErrors: Int
    let timeouts: Int
    /// Answers other than 2xx and 3xx.
    let refusals: Int

    init(_ text: String) throws {
        func number(before mark: String) -> Int? {
            text.firstRange(of: mark).flatMap { range in
                text[..<range.lowerBound].split(whereSeparator: \.isWhitespace).last
                    .flatMap { Int($0) }
            }
        }
        func number(after mark: String) -> Int? {
            text.firstRange(of: mark).flatMap { range in
                Int(text[range.upperBound...].drop { $0 == " " }.prefix(while: \.isNumber))
            }
        }
        guard let requests = number(before: " requests in ") else {
            throw Failure("wrk reports nothing: \(text)")
        }
        self.requests = requests
        connectErrors = number(after: "Socket errors: connect ") ?? 0
        readErrors = number(after: ", read ") ?? 0
        writeErrors = number(after: ", write ") ?? 0
        timeouts = number(after: ", timeout ") ?? 0
        refusals = number(after: "Non-2xx or 3xx responses:") ?? 0
    }
}

extension Stage {
    /// Loads an HTTP listener with keep-alive connections while `body` runs.
    func underLoad(
        _ endpoint: Endpoint, connections: Int, seconds: Int, _ body: () async throws -> Void
    ) async throws -> WrkReport {
        let wrk = try start(
            "wrk",
            ["-t1", "-c\(connections)", "-d\(seconds)s", "http://\(endpoint)/name"])
        try await body()
        #expect(wrk.isRunning, "the load ended before the test did")
        #expect(try await wrk.exitStatus(within: .seconds(seconds + 10)) == 0)
        return try WrkReport(wrk.output)
    }
}
