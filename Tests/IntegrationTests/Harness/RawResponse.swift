/// An answer as it came over the wire; a chunked body is decoded.
struct RawResponse {
    var status: Int
    /// The status line and the fields, without line ends.
    var lines: [String]
    var body: [UInt8] = []

    /// The values of all fields of that name.
    func values(_ name: String) -> [String] {
        lines.dropFirst().filter { $0.lowercased().hasPrefix(name.lowercased() + ":") }
            .map { String($0.dropFirst(name.utf8.count + 1).drop { $0 == " " }) }
    }

    var isChunked: Bool { values("transfer-encoding") == ["chunked"] }
    var text: String { body.text }
}

extension RawClient {
    /// Sends a request and reads its answer.
    func ask(_ request: String, isHead: Bool = false) async throws -> RawResponse {
        try await send(request)
        return try await readResponse(isHead: isHead)
    }

    /// Reads an answer, or an interim one, with its whole body.
    func readResponse(
        isHead: Bool = false, within limit: Duration = .seconds(10)
    ) async throws -> RawResponse {
        let head = try await read(through: "\r\n\r\n", within: limit).text
        let lines = head.split(separator: "\r\n").map(String.init)
        guard let line = lines.first, line.hasPrefix("HTTP/1.1 "),
            let status = Int(line.dropFirst(9).prefix(3))
        else { throw Failure("not an answer: \(head)") }
        var response = RawResponse(status: status, lines: lines)
        if isHead || status < 200 || status == 204 || status == 304 { return response }
        if response.isChunked {
            while true {
                let size = try await read(through: "\r\n").dropLast(2).text
                guard let count = Int(size, radix: 16) else {
                    throw Failure("not a chunk size: \(size)")
                }
                response.body += try await read(count + 2).dropLast(2)
                if count == 0 { return response }
            }
        }
        if let length = response.values("content-length").first.flatMap({ Int($0) }) {
            response.body = try await read(length)
        } else {
            response.body = await readToEnd().bytes
        }
        return response
    }
}
