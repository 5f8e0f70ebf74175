import HTTP1
import Primitives
import Testing

@Suite("What is passed on")
struct ForwardingTests {
    /// A request, and what the backend gets of it before the proxy's own fields.
    struct Row: Sendable {
        let request: String
        let expected: String

        init(_ request: String, _ expected: String) {
            self.request = request
            self.expected = expected
        }
    }

    @Test(
        "Request line and end-to-end fields",
        arguments: [
            Row(
                lines("GET /x?y HTTP/1.1", "Host: a", "Accept: */*", "accept-encoding: gzip"),
                "GET /x?y HTTP/1.1\r\nHost: a\r\nAccept: */*\r\naccept-encoding: gzip\r\n"),
            Row("\r\n" + lines("GET / HTTP/1.1", "Host: a"), "GET / HTTP/1.1\r\nHost: a\r\n"),
            Row(
                lines("GET / HTTP/1.1", "Host:a", "X:\t b \t", "Y:", "Z:c", "W: d"),
                "GET / HTTP/1.1\r\nHost: a\r\nX: b\r\nY: \r\nZ: c\r\nW: d\r\n"),
            Row(
                lines("GET / HTTP/1.1", "X: \u{e9}\ta", "Host: a"),
                "GET / HTTP/1.1\r\nX: \u{e9}\ta\r\nHost: a\r\n"),
            Row(
                lines("POST / HTTP/1.1", "Host: a", "Content-Length: 12"),
                "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 12\r\n"),
            Row(
                lines("POST / HTTP/1.1", "Host: a", "Content-Length: 0012", "X: y"),
                "POST / HTTP/1.1\r\nHost: a\r\nX: y\r\nContent-Length: 12\r\n"),
            Row(
                lines("POST / HTTP/1.1", "Transfer-Encoding: CHUNKED", "Host: a"),
                "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n"),
            Row(
                lines("PUT / HTTP/1.1", "Host: a", "Expect: 100-continue", "Content-Length: 1"),
                "PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 1\r\n"),
            Row(
                lines("PUT / HTTP/1.1", "Host: a", "Expect: 100-continue", "Content-Length: 0"),
                "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n"),
            Row(
                lines("PUT / HTTP/1.0", "Host: a", "Expect: 100-continue", "Content-Length: 1"),
                "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n"),
        ])
    func fields(row: Row) throws {
        try check(row, host: "a")
    }

    @Test(
        "Target forms and versions",
        arguments: [
            Row(
                lines("GET http://a/x?y HTTP/1.1", "X: y", "Host: A"),
                "GET /x?y HTTP/1.1\r\nHost: a\r\nX: y\r\n"),
            Row(lines("GET http://a HTTP/1.1", "Host: a"), "GET / HTTP/1.1\r\nHost: a\r\n"),
            Row(lines("GET http://a?q HTTP/1.1", "Host: a"), "GET /?q HTTP/1.1\r\nHost: a\r\n"),
            Row(lines("GET https://a/ HTTP/1.0"), "GET / HTTP/1.1\r\nHost: a\r\n"),
            Row(lines("OPTIONS * HTTP/1.1", "Host: a"), "OPTIONS * HTTP/1.1\r\nHost: a\r\n"),
            Row(lines("OPTIONS http://a HTTP/1.1", "Host: a"), "OPTIONS * HTTP/1.1\r\nHost: a\r\n"),
            Row(
                lines("OPTIONS http://a/ HTTP/1.1", "Host: a"),
                "OPTIONS / HTTP/1.1\r\nHost: a\r\n"),
            Row(
                lines("OPTIONS http://a?x HTTP/1.1", "Host: a"),
                "OPTIONS /?x HTTP/1.1\r\nHost: a\r\n"),
            Row(
                lines("GET /x HTTP/1.0", "Connection: keep-alive", "Host: a", "X: y"),
                "GET /x HTTP/1.1\r\nHost: a\r\nX: y\r\n"),
        ])
    func targets(row: Row) throws {
        try check(row, host: "a")
    }

    @Test("A request without a host gets the address it was received at")
    func missingHost() throws {
        try check(
            Row(
                lines("GET / HTTP/1.0", "X: y"), "GET / HTTP/1.1\r\nHost: 192.0.2.1:80\r\nX: y\r\n"),
            host: "192.0.2.1:80")
    }

    @Test(
        "Hop-by-hop fields and those that Connection names end here",
        arguments: [
            "Connection: close", "Connection: Upgrade, x", "Keep-Alive: timeout=5",
            "Proxy-Connection: keep-alive", "TE: trailers", "Trailer: X-Sum",
            "Upgrade: websocket", "Proxy-Authenticate: Basic", "Proxy-Authorization: Basic eDp5",
            "Connection: foo, BAR\r\nFoo: 1\r\nbar: 2\r\nfOO:3",
            "http2-settings: AAMA\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c",
            "Connection:\r\nConnection: ,\r\nConnection: date-x\r\nDate-X: now",
            "Connection: server\r\nServer: x",
            "Connection: a-name-that-is-longer-than-any-known-one\r\n"
                + "A-Name-That-Is-Longer-Than-Any-Known-One: 1",
        ])
    func hopByHop(fields: String) throws {
        try check(
            Row(
                lines("GET / HTTP/1.1", "Host: a", "One: 1", fields, "Two: 2"),
                "GET / HTTP/1.1\r\nHost: a\r\nOne: 1\r\nTwo: 2\r\n"), host: "a")
        let response = try #require(
            try forwarded(
                response: [UInt8](
                    lines("HTTP/1.1 200 OK", "Content-Length: 0", "One: 1", fields, "Two: 2")),
                keepAlive: true))
        #expect(
            String(decoding: response, as: UTF8.self)
                == lines("HTTP/1.1 200 OK", "Content-Length: 0", "One: 1", "Two: 2"))
    }

    @Test("Every option that is no field of its own leaves the other fields alone")
    func nominationsAreExact() throws {
        try check(
            Row(
                lines(
                    "GET / HTTP/1.1", "Host: a", "Connection: foo, close", "Food: 1", "Fo: 2",
                    "F-oo: 3",
                    "Close: 4"),
                "GET / HTTP/1.1\r\nHost: a\r\nFood: 1\r\nFo: 2\r\nF-oo: 3\r\nClose: 4\r\n"),
            host: "a")
    }

    @Test("The proxy's own fields replace what came, and X-Forwarded-For grows")
    func ownFields() throws {
        let request = lines(
            "GET / HTTP/1.1", "x-forwarded-for: 198.51.100.1, 10.0.0.1", "Host: a:8080",
            "X-Real-IP: 1.1.1.1", "X-Forwarded-Proto: gopher", "X-Forwarded-For:",
            "X-Forwarded-Host: evil", "X-Forwarded-For: unknown", "X-Forwarded-Port: 1")
        let bytes = try #require(
            try forwarded([UInt8](request), client: "2001:db8::1", isTLS: true))
        #expect(
            String(decoding: bytes, as: UTF8.self)
                == lines(
                    "GET / HTTP/1.1", "Host: a:8080", "X-Forwarded-Port: 1",
                    "X-Forwarded-For: 198.51.100.1, 10.0.0.1, unknown, 2001:db8::1",
                    "X-Forwarded-Proto: https", "X-Forwarded-Host: a:8080",
                    "X-Real-IP: 2001:db8::1"))
    }

    @Test("A head that does not fit is reported, at every size")
    func overflow() throws {
        let bytes = [UInt8](lines("GET / HTTP/1.0", "X:y", "Content-Length: 01"))
        let full = try #require(try forwarded(bytes)).count
        for capacity in 0..<full {
            #expect(try fits(bytes, capacity) == nil)
        }
        #expect(try fits(bytes, full) != nil)
    }

    private func fits(_ bytes: [UInt8], _ capacity: Int) throws -> [UInt8]? {
        var head = RequestHead()
        _ = try head.parse(bytes.span, limits: HeadLimits())
        let forwarding = Forwarding(
            client: try #require(IPAddress("192.0.2.7")),
            listener: try #require(SocketAddress("192.0.2.1:80")), isTLS: false)
        return written(capacity: capacity) { writer in
            head.writeForwarded(bytes.span, to: &writer, forwarding: forwarding)
        }
    }

    private func check(_ row: Row, host: String) throws {
        let bytes = try #require(try forwarded([UInt8](row.request)))
        let expected =
            row.expected + "X-Forwarded-For: 192.0.2.7\r\nX-Forwarded-Proto: http\r\n"
            + "X-Forwarded-Host: \(host)\r\nX-Real-IP: 192.0.2.7\r\n\r\n"
        #expect(String(decoding: bytes, as: UTF8.self) == expected)
    }
}
