/// Requests whose answers say which backend gave them.
extension RawClient {
    /// A request without a body.
    ///
    /// - Parameter fields: further fields, without line ends.
    static func get(_ path: String = "/", _ fields: String...) -> String {
        let lines = ["GET \(path) HTTP/1.1", "Host: a"] + fields
        return lines.joined(separator: "\r\n") + "\r\n\r\n"
    }

    /// The answers to so many requests in a row; others than 200 as `status 503`.
    func names(_ count: Int, for request: String = RawClient.get()) async throws -> [String] {
        var names: [String] = []
        for _ in 0..<count {
            let answer = try await ask(request)
            names.append(answer.status == 200 ? answer.text : "status \(answer.status)")
        }
        return names
    }
}

extension Endpoint {
    /// The answers to so many requests on one new connection.
    ///
    /// - Parameter host: the address to come from.
    func names(
        _ count: Int, for request: String = RawClient.get(), from host: String? = nil
    ) async throws -> [String] {
        try await RawClient.connect(to: self, from: host).names(count, for: request)
    }

    /// How often each name came among so many requests, each on a connection of its own.
    func names(ofConnections count: Int) async throws -> [String: Int] {
        var all: [String] = []
        for _ in 0..<count { all += try await names(1) }
        return all.tally
    }
}

extension Sequence<String> {
    /// How often each is there.
    var tally: [String: Int] { reduce(into: [:]) { $0[$1, default: 0] += 1 } }
}
