import HTTP1
import Testing

@Suite("Requests that are accepted")
struct RequestTests {
    /// A request and what differs from a plain `GET / HTTP/1.1` for host `a`.
    struct Row: Sendable {
        let text: String
        let expect: @Sendable (inout ParsedRequest) -> Void

        init(_ text: String, _ expect: @escaping @Sendable (inout ParsedRequest) -> Void = { _ in })
        {
            self.text = text
            self.expect = expect
        }
    }

    @Test(
        "The request line",
        arguments: [
            Row(lines("GET / HTTP/1.1", "Host: a")),
            Row("\r\n" + lines("GET / HTTP/1.1", "Host: a")),
            Row(lines("HEAD / HTTP/1.1", "Host: a")) {
                $0.method = .head
                $0.methodText = "HEAD"
            },
            Row(lines("POST / HTTP/1.1", "Host: a")) {
                $0.method = .post
                $0.methodText = "POST"
            },
            Row(lines("PUT / HTTP/1.1", "Host: a")) {
                $0.method = .put
                $0.methodText = "PUT"
            },
            Row(lines("DELETE / HTTP/1.1", "Host: a")) {
                $0.method = .delete
                $0.methodText = "DELETE"
            },
            Row(lines("PATCH / HTTP/1.1", "Host: a")) {
                $0.method = .patch
                $0.methodText = "PATCH"
            },
            Row(lines("TRACE / HTTP/1.1", "Host: a")) {
                $0.method = .trace
                $0.methodText = "TRACE"
            },
            Row(lines("VERSION-CONTROL / HTTP/1.1", "Host: a")) {
                $0.method = .other
                $0.methodText = "VERSION-CONTROL"
            },
            Row(lines("GETS / HTTP/1.1", "Host: a")) {
                $0.method = .other
                $0.methodText = "GETS"
            },
            Row(lines("GET /a/b%20c?x[]=1&y={z}|\\^`\"<> HTTP/1.1", "Host: a")) {
                $0.target = "/a/b%20c?x[]=1&y={z}|\\^`\"<>"
                $0.path = $0.target
            },
            Row(lines("GET //x HTTP/1.1", "Host: a")) {
                $0.target = "//x"
                $0.path = "//x"
            },
            Row(lines("GET / HTTP/1.0")) {
                $0.host = ""
                $0.minorVersion = 0
                $0.keepAlive = false
                $0.fields = []
            },
        ])
    func requestLine(row: Row) throws {
        try check(row)
    }

    @Test(
        "Targets in absolute and asterisk form",
        arguments: [
            Row(lines("GET http://a/x?y HTTP/1.1", "Host: a")) {
                $0.form = .absolute
                $0.target = "http://a/x?y"
                $0.path = "/x?y"
            },
            Row(lines("GET http://a HTTP/1.1", "Host: a")) {
                $0.form = .absolute
                $0.target = "http://a"
            },
            Row(lines("GET http://a?q HTTP/1.1", "Host: a")) {
                $0.form = .absolute
                $0.target = "http://a?q"
                $0.path = "/?q"
            },
            Row(lines("GET HTTPS://Example.COM:8443/ HTTP/1.1", "Host: example.com:8443")) {
                $0.form = .absolute
                $0.target = "HTTPS://Example.COM:8443/"
                $0.host = "Example.COM:8443"
                $0.fields = ["Host: example.com:8443"]
            },
            Row(lines("GET http://[::1]:80/ HTTP/1.1", "Host: [::1]:80")) {
                $0.form = .absolute
                $0.target = "http://[::1]:80/"
                $0.host = "[::1]:80"
                $0.fields = ["Host: [::1]:80"]
            },
            Row(lines("GET http://a/ HTTP/1.0")) {
                $0.form = .absolute
                $0.target = "http://a/"
                $0.minorVersion = 0
                $0.keepAlive = false
                $0.fields = []
            },
            Row(lines("OPTIONS * HTTP/1.1", "Host: a")) {
                $0.method = .options
                $0.methodText = "OPTIONS"
                $0.form = .asterisk
                $0.target = "*"
                $0.path = "*"
            },
        ])
    func targetForms(row: Row) throws {
        try check(row)
    }

    @Test(
        "Framing and connection",
        arguments: [
            Row(lines("GET / HTTP/1.1", "Host: a", "Content-Length: 0")) {
                $0.framing = .length(0)
                $0.fields.append("Content-Length: 0")
            },
            Row(lines("GET / HTTP/1.1", "Host: a", "content-length:9223372036854775807")) {
                $0.framing = .length(UInt64(Int64.max))
                $0.fields.append("content-length: 9223372036854775807")
            },
            Row(lines("GET / HTTP/1.1", "Host: a", "Content-Length: 0000000000000000012")) {
                $0.framing = .length(12)
                $0.fields.append("Content-Length: 0000000000000000012")
            },
            Row(lines("GET / HTTP/1.1", "Host: a", "Transfer-Encoding: chunked")) {
                $0.framing = .chunked
                $0.fields.append("Transfer-Encoding: chunked")
            },
            Row(lines("GET / HTTP/1.1", "Host: a", "TRANSFER-ENCODING:\t CHUNKED \t")) {
                $0.framing = .chunked
                $0.fields.append("TRANSFER-ENCODING: CHUNKED")
            },
            Row(lines("GET / HTTP/1.1", "Host: a", "Connection: close")) {
                $0.keepAlive = false
                $0.fields.append("Connection: close")
            },
            Row(lines("GET / HTTP/1.1", "Host: a", "Connection: Keep-Alive, CLOSE")) {
                $0.keepAlive = false
                $0.fields.append("Connection: Keep-Alive, CLOSE")
            },
            Row(lines("GET / HTTP/1.1", "Host: a", "Connection: ,, upgrade ,", "Connection: x")) {
                $0.fields += ["Connection: ,, upgrade ,", "Connection: x"]
            },
            Row(lines("GET / HTTP/1.0", "Host: a", "Connection: keep-alive")) {
                $0.minorVersion = 0
                $0.fields.append("Connection: keep-alive")
            },
            Row(lines("GET / HTTP/1.0", "Host: a", "Connection: keep-alive, close")) {
                $0.minorVersion = 0
                $0.keepAlive = false
                $0.fields.append("Connection: keep-alive, close")
            },
            Row(
                lines("GET / HTTP/1.1", "Host: a", "Expect: 100-Continue", "Content-Length: 1")
            ) {
                $0.framing = .length(1)
                $0.expectsContinue = true
                $0.fields += ["Expect: 100-Continue", "Content-Length: 1"]
            },
            Row(
                lines(
                    "GET / HTTP/1.1", "Host: a", "Transfer-Encoding: chunked",
                    "Expect: 100-continue")
            ) {
                $0.framing = .chunked
                $0.expectsContinue = true
                $0.fields += ["Transfer-Encoding: chunked", "Expect: 100-continue"]
            },
            Row(lines("GET / HTTP/1.1", "Host: a", "Expect: 100-continue")) {
                $0.fields.append("Expect: 100-continue")
            },
            Row(lines("GET / HTTP/1.0", "Host: a", "Expect: anything", "Content-Length: 1")) {
                $0.minorVersion = 0
                $0.keepAlive = false
                $0.framing = .length(1)
                $0.fields += ["Expect: anything", "Content-Length: 1"]
            },
        ])
    func framing(row: Row) throws {
        try check(row)
    }

    @Test(
        "Field lines",
        arguments: [
            Row(lines("GET / HTTP/1.1", "hOsT:a")) { $0.fields = ["hOsT: a"] },
            Row(lines("GET / HTTP/1.1", "Host:  \t a\t ")) { $0.fields = ["Host: a"] },
            Row(lines("GET / HTTP/1.1", "Host: a", "X:", "Y: ", "Z: \t ")) {
                $0.fields += ["X: ", "Y: ", "Z: "]
            },
            Row(lines("GET / HTTP/1.1", "Host: a", "!#$%&'*+-.^_`|~9aZ: tchar")) {
                $0.fields.append("!#$%&'*+-.^_`|~9aZ: tchar")
            },
            Row(lines("GET / HTTP/1.1", "Host: a", "X: a:b\tc  d;\"e\" \u{e9}\u{ff}~~~\u{ff}~")) {
                $0.fields.append("X: a:b\tc  d;\"e\" \u{e9}\u{ff}~~~\u{ff}~")
            },
            Row(lines("GET / HTTP/1.1", "Host: a", "X: \u{e9}\t\u{e9}\t")) {
                $0.fields.append("X: \u{e9}\t\u{e9}")
            },
            Row(lines("GET / HTTP/1.1", "X-One: 1", "Host: a", "X_Two: 2")) {
                $0.fields = ["X-One: 1", "Host: a", "X_Two: 2"]
            },
            Row(lines("GET / HTTP/1.1", "Host: sub-1.example_x.com:65535")) {
                $0.host = "sub-1.example_x.com:65535"
                $0.fields = ["Host: sub-1.example_x.com:65535"]
            },
            Row(lines("GET / HTTP/1.1", "Host: [2001:db8::192.0.2.1]:8080")) {
                $0.host = "[2001:db8::192.0.2.1]:8080"
                $0.fields = ["Host: [2001:db8::192.0.2.1]:8080"]
            },
        ])
    func fieldLines(row: Row) throws {
        try check(row)
    }

    private func check(_ row: Row) throws {
        let bytes = [UInt8](row.text)
        var expected = try #require(try ParsedRequest([UInt8](lines("GET / HTTP/1.1", "Host: a"))))
        expected.length = bytes.count
        row.expect(&expected)
        #expect(try ParsedRequest(bytes) == expected)
        // What follows the head belongs to the body or the next request.
        #expect(try ParsedRequest(bytes + [UInt8]("GET \0\n")) == expected)
        expectPrefixesIncomplete(bytes)
    }
}

/// Checks that no part of an accepted head is refused or taken for the whole.
func expectPrefixesIncomplete(_ bytes: [UInt8]) {
    var search = HeadSearch()
    for count in 0..<bytes.count {
        let part = Array(bytes[..<count])
        #expect(Outcome { () throws(HTTPParseError) in try ParsedRequest(part) } == .incomplete)
        let isWorthParsing = search.isWorthParsing(part.span, limits: HeadLimits())
        #expect(!isWorthParsing)
    }
    let isWorthParsing = search.isWorthParsing(bytes.span, limits: HeadLimits())
    #expect(isWorthParsing)
}
