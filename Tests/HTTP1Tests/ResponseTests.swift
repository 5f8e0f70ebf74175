import HTTP1
import Testing

@Suite("Responses")
struct ResponseTests {
    @Test(
        "The status line",
        arguments: [
            ("HTTP/1.1 200 OK", 200, "OK", 1), ("HTTP/1.0 404 Not Found", 404, "Not Found", 0),
            ("HTTP/1.1 200 ", 200, "", 1), ("HTTP/1.1 200", 200, "", 1),
            ("HTTP/1.1 100 Continue", 100, "Continue", 1), ("HTTP/1.1 999 Odd", 999, "Odd", 1),
            ("HTTP/1.1 200  two\tspaces ", 200, " two\tspaces ", 1),
            ("HTTP/1.1 200 \u{e9}~", 200, "\u{e9}~", 1),
        ])
    func statusLine(line: String, status: Int, reason: String, minorVersion: UInt8) throws {
        let bytes = [UInt8](lines(line, "Content-Length: 3"))
        let parsed = try #require(try ParsedResponse(bytes))
        #expect(parsed.status == status)
        #expect(parsed.reason == reason)
        #expect(parsed.minorVersion == minorVersion)
        #expect(parsed.length == bytes.count)
        for count in 0..<bytes.count {
            #expect(try ParsedResponse(Array(bytes[..<count])) == nil)
        }
    }

    @Test(
        "Heads that are refused",
        arguments: [
            ("ICY 200 OK", .versionInvalid), ("\r\nHTTP/1.1 200 OK", .versionInvalid),
            ("http/1.1 200 OK", .versionInvalid), (" HTTP/1.1 200 OK", .versionInvalid),
            ("<html>", .versionInvalid), ("HTTP/2.0 200 OK", .versionUnsupported),
            ("HTTP/1.1200 OK", .statusLineInvalid), ("HTTP/1.1  200 OK", .statusLineInvalid),
            ("HTTP/1.1 20 OK", .statusLineInvalid), ("HTTP/1.1 2000 OK", .statusLineInvalid),
            ("HTTP/1.1 099 OK", .statusLineInvalid), ("HTTP/1.1 2x0 OK", .statusLineInvalid),
            ("HTTP/1.1 -20 OK", .statusLineInvalid), ("HTTP/1.1 200\tOK", .statusLineInvalid),
            ("HTTP/1.1\t200 OK", .statusLineInvalid), ("HTTP/1.1 200 O\0K", .controlByte),
            ("HTTP/1.1 200 OK\n", .bareLineFeed), ("HTTP/1.1 200 OK\rX: a", .bareCarriageReturn),
            ("HTTP/1.1 200\n", .statusLineInvalid),
            ("HTTP/1.1 200 OK\r\n X: a", .leadingWhitespace),
            ("HTTP/1.1 200 OK\r\nX: a\r\n b", .foldedLine),
            ("HTTP/1.1 200 OK\r\nX : a", .whitespaceBeforeColon),
            ("HTTP/1.1 200 OK\r\nX: a\nY: b", .bareLineFeed),
            ("HTTP/1.1 200 OK\r\nX: a\0", .controlByte),
            (
                "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked",
                .lengthAndTransferEncoding
            ),
            (
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 5",
                .lengthAndTransferEncoding
            ),
            (
                "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5",
                .contentLengthRepeated
            ),
            ("HTTP/1.1 200 OK\r\nContent-Length: 5, 5", .contentLengthInvalid),
            ("HTTP/1.1 200 OK\r\nContent-Length: -1", .contentLengthInvalid),
            ("HTTP/1.1 304 Not Modified\r\nContent-Length: x", .contentLengthInvalid),
            ("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked", .transferEncodingInHTTP10),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked", .transferEncodingInvalid),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: identity", .transferEncodingInvalid),
            ("HTTP/1.1 200 OK\r\nContent_Length: 5", .fieldNameAmbiguous),
            ("HTTP/1.1 200 OK\r\nConnection: Content-Length", .connectionNamesEndToEnd),
            ("HTTP/1.1 200 OK\r\nConnection: Set-Cookie", .connectionNamesEndToEnd),
        ] as [(String, HTTPParseError)])
    func refused(text: String, error: HTTPParseError) {
        let bytes = [UInt8](text + "\r\n\r\n")
        var refused = false
        for count in 1...bytes.count {
            let outcome = Outcome { () throws(HTTPParseError) in
                try ParsedResponse(Array(bytes[..<count]))
            }
            let expected: Outcome<ParsedResponse> =
                refused || outcome != .incomplete ? .refused(error) : .incomplete
            #expect(outcome == expected)
            refused = refused || outcome != .incomplete
        }
        #expect(refused)
    }

    /// One row of RFC 9112 section 6.3.
    struct Framing: Sendable {
        let method: HTTPMethod
        let line: String
        let fields: [String]
        let framing: BodyFraming
        let keepAlive: Bool

        init(
            _ line: String, _ fields: [String], to method: HTTPMethod = .get,
            _ framing: BodyFraming, keepAlive: Bool = true
        ) {
            self.line = line
            self.fields = fields
            self.method = method
            self.framing = framing
            self.keepAlive = keepAlive
        }
    }

    @Test(
        "Framing and persistence",
        arguments: [
            Framing("HTTP/1.1 200 OK", ["Content-Length: 5"], .length(5)),
            Framing("HTTP/1.1 200 OK", ["Content-Length: 0"], .length(0)),
            Framing("HTTP/1.1 200 OK", ["Transfer-Encoding: chunked"], .chunked),
            Framing("HTTP/1.1 200 OK", [], .untilClose, keepAlive: false),
            Framing(
                "HTTP/1.1 200 OK", ["Connection: keep-alive"], .untilClose, keepAlive: false),
            Framing("HTTP/1.1 200 OK", ["Content-Length: 5"], to: .head, .none),
            Framing("HTTP/1.1 200 OK", ["Transfer-Encoding: chunked"], to: .head, .none),
            Framing("HTTP/1.1 200 OK", [], to: .head, .none),
            Framing("HTTP/1.1 204 No Content", [], .none),
            Framing("HTTP/1.1 204 No Content", ["Content-Length: 5"], .none),
            Framing("HTTP/1.1 204 No Content", ["Transfer-Encoding: chunked"], .none),
            Framing("HTTP/1.1 304 Not Modified", [], .none),
            Framing("HTTP/1.1 304 Not Modified", ["Content-Length: 5"], .none),
            Framing("HTTP/1.1 100 Continue", [], .none),
            Framing("HTTP/1.1 103 Early Hints", ["Content-Length: 5"], .none),
            Framing("HTTP/1.1 101 Switching Protocols", [], .none, keepAlive: false),
            Framing(
                "HTTP/1.1 200 OK", ["Content-Length: 5", "Connection: close"], .length(5),
                keepAlive: false),
            Framing("HTTP/1.0 200 OK", ["Content-Length: 5"], .length(5), keepAlive: false),
            Framing(
                "HTTP/1.0 200 OK", ["Content-Length: 5", "Connection: Keep-Alive"], .length(5)),
            Framing("HTTP/1.0 200 OK", [], .untilClose, keepAlive: false),
        ])
    func framing(row: Framing) throws {
        let bytes = [UInt8](([row.line] + row.fields).joined(separator: "\r\n") + "\r\n\r\n")
        let parsed = try #require(try ParsedResponse(bytes, answering: row.method))
        #expect(parsed.framing == row.framing)
        #expect(parsed.keepAlive == row.keepAlive)
        #expect(parsed.fields == row.fields)
    }

    @Test(
        "Interim answers and 101 are told apart",
        arguments: [
            (100, true, false), (101, true, true), (103, true, false), (200, false, false),
            (204, false, false),
        ])
    func kinds(status: Int, isInterim: Bool, isSwitching: Bool) throws {
        let bytes = [UInt8](lines("HTTP/1.1 \(status) X"))
        var head = ResponseHead()
        _ = try head.parse(bytes.span, answering: .get, limits: HeadLimits())
        let kinds = (head.isInterim, head.isSwitchingProtocols)
        #expect(kinds == (isInterim, isSwitching))
    }

    @Test("Limits hold for responses too")
    func limits() {
        let bytes = [UInt8](lines("HTTP/1.1 200 OK", "A: 1", "B: 2", "C: 3"))
        func outcome(_ limits: HeadLimits) -> Outcome<Int> {
            Outcome { () throws(HTTPParseError) in
                try ParsedResponse(bytes, limits: limits)?.fields.count
            }
        }
        #expect(outcome(HeadLimits(fields: 3)) == .value(3))
        #expect(outcome(HeadLimits(fields: 2)) == .refused(.tooManyFields))
        let long = [UInt8](lines("HTTP/1.1 200 OK", "A: " + String(repeating: "a", count: 80)))
        let short = Outcome { () throws(HTTPParseError) in
            try ParsedResponse(long, limits: HeadLimits(headBytes: long.count - 1))
        }
        #expect(short == .refused(.headTooLong))
    }
}
