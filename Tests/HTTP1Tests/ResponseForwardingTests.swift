import HTTP1
import Testing

@Suite("What clients get")
struct ResponseForwardingTests {
    struct Row: Sendable {
        let response: String
        let method: HTTPMethod
        let clientMinorVersion: UInt8
        let keepAlive: Bool
        let expected: String

        init(
            _ response: String, to method: HTTPMethod = .get, client: UInt8 = 1,
            keepAlive: Bool = true, _ expected: String
        ) {
            self.response = response
            self.method = method
            clientMinorVersion = client
            self.keepAlive = keepAlive
            self.expected = expected
        }
    }

    @Test(
        "Framing and connection towards clients of both versions",
        arguments: [
            Row(
                lines("HTTP/1.1 200 OK", "Content-Length: 5", "X: y"),
                lines("HTTP/1.1 200 OK", "Content-Length: 5", "X: y")),
            Row(
                lines("HTTP/1.1 200 OK", "Content-Length: 5"), keepAlive: false,
                lines("HTTP/1.1 200 OK", "Content-Length: 5", "Connection: close")),
            Row(
                lines("HTTP/1.1 200 OK", "Content-Length: 5"), client: 0,
                lines("HTTP/1.1 200 OK", "Content-Length: 5", "Connection: keep-alive")),
            Row(
                lines("HTTP/1.1 200 OK", "Content-Length: 5"), client: 0, keepAlive: false,
                lines("HTTP/1.1 200 OK", "Content-Length: 5", "Connection: close")),
            Row(
                lines("HTTP/1.1 200 OK", "Transfer-Encoding: chunked", "X: y"),
                lines("HTTP/1.1 200 OK", "X: y", "Transfer-Encoding: chunked")),
            Row(
                lines("HTTP/1.1 200 OK", "Transfer-Encoding: chunked"), client: 0,
                lines("HTTP/1.1 200 OK", "Connection: close")),
            Row(
                lines("HTTP/1.1 200 OK", "X: y"),
                lines("HTTP/1.1 200 OK", "X: y", "Transfer-Encoding: chunked")),
            Row(
                lines("HTTP/1.0 200 OK", "X: y"), client: 0,
                lines("HTTP/1.1 200 OK", "X: y", "Connection: close")),
            Row(
                lines("HTTP/1.1 200 OK", "Content-Length: 5", "Connection: close"),
                lines("HTTP/1.1 200 OK", "Content-Length: 5")),
            Row(
                lines("HTTP/1.1 200 OK", "Content-Length: 05"),
                lines("HTTP/1.1 200 OK", "Content-Length: 5")),
        ])
    func framing(row: Row) throws {
        try check(row)
    }

    @Test(
        "Answers without a body",
        arguments: [
            Row(
                lines("HTTP/1.1 200 OK", "Content-Length: 5"), to: .head,
                lines("HTTP/1.1 200 OK", "Content-Length: 5")),
            Row(
                lines("HTTP/1.1 200 OK", "Content-Length: 05"), to: .head,
                lines("HTTP/1.1 200 OK", "Content-Length: 5")),
            Row(
                lines("HTTP/1.1 200 OK", "Transfer-Encoding: chunked"), to: .head,
                lines("HTTP/1.1 200 OK")),
            Row(
                lines("HTTP/1.1 200 OK"), to: .head, client: 0,
                lines("HTTP/1.1 200 OK", "Connection: keep-alive")),
            Row(
                lines("HTTP/1.1 304 Not Modified", "Content-Length: 5"),
                lines("HTTP/1.1 304 Not Modified", "Content-Length: 5")),
            Row(
                lines("HTTP/1.1 204 No Content", "Content-Length: 5"),
                lines("HTTP/1.1 204 No Content")),
            Row(
                lines("HTTP/1.1 204 No Content", "Transfer-Encoding: chunked"),
                lines("HTTP/1.1 204 No Content")),
            Row(lines("HTTP/1.1 100 Continue"), keepAlive: false, lines("HTTP/1.1 100 Continue")),
            Row(
                lines("HTTP/1.1 103 Early Hints", "Link: </a>", "Content-Length: 3"),
                lines("HTTP/1.1 103 Early Hints", "Link: </a>")),
        ])
    func bodiless(row: Row) throws {
        try check(row)
    }

    @Test(
        "Status lines and fields",
        arguments: [
            Row(
                lines("HTTP/1.0 404 Not Found", "Content-Length: 0"),
                lines("HTTP/1.1 404 Not Found", "Content-Length: 0")),
            Row(
                lines("HTTP/1.1 200", "Content-Length: 0"),
                lines("HTTP/1.1 200 ", "Content-Length: 0")),
            Row(
                lines(
                    "HTTP/1.1 299 a\tb \u{e9}", "content-length:0", "Set-Cookie: a", "Set-Cookie: b"
                ),
                lines(
                    "HTTP/1.1 299 a\tb \u{e9}", "content-length: 0", "Set-Cookie: a",
                    "Set-Cookie: b")),
            Row(
                lines(
                    "HTTP/1.1 200 OK", "Date: x", "Server: y", "X-Real-IP: 1", "Content-Length: 0"),
                lines(
                    "HTTP/1.1 200 OK", "Date: x", "Server: y", "X-Real-IP: 1", "Content-Length: 0")),
        ])
    func lineAndFields(row: Row) throws {
        try check(row)
    }

    @Test("The chosen framing and persistence are what the head says")
    func choice() throws {
        let bytes = [UInt8](lines("HTTP/1.1 200 OK", "Transfer-Encoding: chunked"))
        var head = ResponseHead()
        _ = try head.parse(bytes.span, answering: .get, limits: HeadLimits())
        let old = ResponseForwarding(of: head, clientMinorVersion: 0, keepAlive: true)
        #expect(old.framing == .untilClose)
        #expect(!old.keepAlive)
        let new = ResponseForwarding(of: head, clientMinorVersion: 1, keepAlive: true)
        #expect(new.framing == .chunked)
        #expect(new.keepAlive)
    }

    private func check(_ row: Row) throws {
        let bytes = try #require(
            try forwarded(
                response: [UInt8](row.response), answering: row.method,
                clientMinorVersion: row.clientMinorVersion, keepAlive: row.keepAlive))
        #expect(String(decoding: bytes, as: UTF8.self) == row.expected)
    }
}
