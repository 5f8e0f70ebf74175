/// What an admin API answered.
struct AdminAnswer: Sendable {
    let status: Int
    let text: String
}

extension SkeinNode {
    /// Asks the admin API about a backend, through curl.
    func admin(
        _ method: String, _ backend: String, of pool: String = "app", _ body: String? = nil
    ) async throws -> AdminAnswer {
        try await call(method, "/v1/pools/\(pool)/backends/\(backend)", body)
    }

    func admin(
        _ method: String, _ backend: Endpoint, of pool: String = "app", _ body: String? = nil
    ) async throws -> AdminAnswer {
        try await admin(method, "\(backend)", of: pool, body)
    }

    func call(_ method: String, _ path: String, _ body: String? = nil) async throws -> AdminAnswer {
        let data = body.map { ["--data-binary", $0] } ?? []
        let result = try await stage.run(
            "curl",
            ["--silent", "--show-error", "--unix-socket", adminSocket, "-X", method]
                + data + ["--write-out", "%{http_code}", "http://skein\(path)"])
        guard result.status == 0, let status = Int(result.output.suffix(3)) else {
            throw Failure("curl to \(adminSocket): \(result.error)\(result.output)")
        }
        return AdminAnswer(status: status, text: String(result.output.dropLast(3)))
    }
}
