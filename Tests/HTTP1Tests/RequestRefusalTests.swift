import HTTP1
import Testing

@Suite("Requests that are refused")
struct RequestRefusalTests {
    @Test(
        "Request lines",
        arguments: [
            ("\0", .methodInvalid), (" GET / HTTP/1.1", .methodInvalid),
            ("\tGET / HTTP/1.1", .methodInvalid), ("GET\t/ HTTP/1.1", .methodInvalid),
            ("get / HTTP/1.1", .methodInvalid), ("GeT / HTTP/1.1", .methodInvalid),
            ("G=T / HTTP/1.1", .methodInvalid), ("GET\r\n", .methodInvalid),
            ("G3T / HTTP/1.1", .methodInvalid), ("\u{e9}", .methodInvalid),
            ("GET\n", .bareLineFeed), ("\nGET / HTTP/1.1", .bareLineFeed),
            ("\rGET / HTTP/1.1", .bareCarriageReturn), ("\r\n\r\nGET / HTTP/1.1", .emptyLine),
            ("\r\n\nGET / HTTP/1.1", .bareLineFeed), ("\r\n GET / HTTP/1.1", .methodInvalid),
            ("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", .methodTooLong),
            ("CONNECT a:443 HTTP/1.1", .connectUnsupported),
            ("GET  / HTTP/1.1", .targetInvalid), ("GET foo HTTP/1.1", .targetInvalid),
            ("GET * HTTP/1.1", .targetInvalid), ("OPTIONS *x HTTP/1.1", .targetInvalid),
            ("PRI * HTTP/2.0", .targetInvalid), ("GET example.com:80 HTTP/1.1", .targetInvalid),
            ("GET /\r\n", .targetInvalid), ("GET /\t HTTP/1.1", .targetInvalid),
            ("GET /a\0b HTTP/1.1", .targetInvalid), ("GET /\u{7f} HTTP/1.1", .targetInvalid),
            ("GET /\u{e9} HTTP/1.1", .targetInvalid), ("GET /\n", .bareLineFeed),
            ("GET /a#b HTTP/1.1", .targetFragment), ("GET http://a/#b HTTP/1.1", .targetFragment),
            ("GET ftp://a/ HTTP/1.1", .targetInvalid), ("GET http:/a HTTP/1.1", .targetInvalid),
            ("GET https//a/ HTTP/1.1", .targetInvalid), ("GET http:// HTTP/1.1", .targetInvalid),
            ("GET http:///x HTTP/1.1", .authorityInvalid),
            ("GET http://?x HTTP/1.1", .authorityInvalid),
            ("GET http://u@a/ HTTP/1.1", .authorityInvalid),
            ("GET http://u:p@a/ HTTP/1.1", .authorityInvalid),
            ("GET http://a:/ HTTP/1.1", .authorityInvalid),
            ("GET http://a:65536/ HTTP/1.1", .authorityInvalid),
            ("GET http://a:1x/ HTTP/1.1", .authorityInvalid),
            ("GET http://a%41/ HTTP/1.1", .authorityInvalid),
            ("GET http://a,b/ HTTP/1.1", .authorityInvalid),
            ("GET / http/1.1\r\n", .versionInvalid), ("GET / HTTQ/1.1\r\n", .versionInvalid),
            ("GET /  HTTP/1.1\r\n", .versionInvalid), ("GET / HTTP/1.1 \r\n", .versionInvalid),
            ("GET / HTTP/1.11\r\n", .versionInvalid), ("GET / HTTP/1,1\r\n", .versionInvalid),
            ("GET / HTTP/1\r\n", .versionInvalid), ("GET / HTTP/x.1\r\n", .versionInvalid),
            ("GET / HTTP/1.\0\r\n", .versionInvalid), ("GET / HTTP/\0.1\r\n", .versionInvalid),
            ("GET / \r\n", .versionInvalid), ("GET / HTTP/1.1x", .versionInvalid),
            ("GET / HTTP/2.0\r\n", .versionUnsupported),
            ("GET / HTTP/1.2\r\n", .versionUnsupported),
            ("GET / HTTP/0.9\r\n", .versionUnsupported), ("GET / HTTP/1.1\n", .bareLineFeed),
            ("GET / HT\n", .bareLineFeed), ("GET / HTTP/1.1\r\r\n", .bareCarriageReturn),
        ] as [(String, HTTPParseError)])
    func requestLine(text: String, error: HTTPParseError) {
        expectRefused([UInt8](text), with: error)
    }

    @Test(
        "Field lines behind a Host",
        arguments: [
            // Framing
            ("Content-Length: 5\r\nTransfer-Encoding: chunked", .lengthAndTransferEncoding),
            ("Transfer-Encoding: chunked\r\nContent-Length: 5", .lengthAndTransferEncoding),
            ("Transfer-Encoding: chunked\r\nContent-Length: x", .lengthAndTransferEncoding),
            (
                "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
                .transferEncodingRepeated
            ),
            ("Transfer-Encoding: chunked, chunked", .transferEncodingInvalid),
            ("Transfer-Encoding: gzip, chunked", .transferEncodingInvalid),
            ("Transfer-Encoding: chunked, gzip", .transferEncodingInvalid),
            ("Transfer-Encoding: chunked,", .transferEncodingInvalid),
            ("Transfer-Encoding: identity", .transferEncodingInvalid),
            ("Transfer-Encoding: xchunked", .transferEncodingInvalid),
            ("Transfer-Encoding: chunkedx", .transferEncodingInvalid),
            ("Transfer-Encoding: chunked;q=1", .transferEncodingInvalid),
            ("Transfer-Encoding: \"chunked\"", .transferEncodingInvalid),
            ("Transfer-Encoding: chun ked", .transferEncodingInvalid),
            ("Transfer-Encoding:", .transferEncodingInvalid),
            ("Transfer-Encoding:\r\n chunked", .transferEncodingInvalid),
            ("Transfer-Encoding: \u{0B}chunked", .controlByte),
            ("Transfer-Encoding: chunked\u{0C}", .controlByte),
            ("Transfer-Encoding : chunked", .whitespaceBeforeColon),
            ("Transfer_Encoding: chunked", .fieldNameAmbiguous),
            ("Content_Length: 5", .fieldNameAmbiguous), ("CONTENT_LENGTH: 5", .fieldNameAmbiguous),
            ("Content-Length: 5, 5", .contentLengthInvalid),
            ("Content-Length: 5,6", .contentLengthInvalid),
            ("Content-Length: +5", .contentLengthInvalid),
            ("Content-Length: -5", .contentLengthInvalid),
            ("Content-Length: 0x5", .contentLengthInvalid),
            ("Content-Length: 5 5", .contentLengthInvalid),
            ("Content-Length: 1e3", .contentLengthInvalid),
            ("Content-Length: 5.0", .contentLengthInvalid),
            ("Content-Length: ", .contentLengthInvalid),
            ("Content-Length: \u{0665}", .contentLengthInvalid),
            ("Content-Length: 9223372036854775808", .contentLengthInvalid),
            ("Content-Length: 18446744073709551617", .contentLengthInvalid),
            ("Content-Length: 99999999999999999999999", .contentLengthInvalid),
            ("Content-Length: 00000000000000000005", .contentLengthInvalid),
            ("Content-Length: 5\r\nContent-Length: 5", .contentLengthRepeated),
            ("Content-Length: 5\r\nContent-Length: 6", .contentLengthRepeated),
            // Lines
            ("X: a\r\n b: c", .foldedLine), ("X: a\r\n\tb", .foldedLine),
            ("X: a\nY: b", .bareLineFeed), ("X: a\rY: b", .bareCarriageReturn),
            ("X: a\n", .bareLineFeed), ("\nX: a", .bareLineFeed), ("X\n", .bareLineFeed),
            ("X: a\0", .controlByte), ("X: \u{1}", .controlByte), ("X: \u{7F}", .controlByte),
            ("X: \u{ff}\u{7F}", .controlByte), ("X\0: a", .fieldNameInvalid),
            (": a", .fieldNameInvalid), ("X", .fieldNameInvalid), ("X(: a", .fieldNameInvalid),
            ("X/y: a", .fieldNameInvalid), ("X\u{e9}: a", .fieldNameInvalid),
            ("X@y: a", .fieldNameInvalid), ("X\u{7F}: a", .fieldNameInvalid),
            ("X\r: a", .fieldNameInvalid), ("\rX: a", .bareCarriageReturn),
            ("X : a", .whitespaceBeforeColon), ("X\t: a", .whitespaceBeforeColon),
            ("X y: a", .whitespaceBeforeColon),
            // Hosts
            ("Host: a", .hostRepeated), ("Host: b", .hostRepeated), ("Host_: b", nil),
            // Headers that say who sent the request
            ("X_Forwarded_For: 192.0.2.9", .fieldNameAmbiguous),
            ("X-Real_IP: 192.0.2.9", .fieldNameAmbiguous),
            // Expectations
            ("Expect: 200-ok", .expectationUnsupported), ("Expect: ", .expectationUnsupported),
            ("Expect: 100-continue, x", .expectationUnsupported),
            ("Expect: 100-continue\r\nExpect: 100-continue", .expectationUnsupported),
        ] as [(String, HTTPParseError?)])
    func field(text: String, error: HTTPParseError?) throws {
        let bytes = [UInt8]("GET / HTTP/1.1\r\nHost: a\r\n" + text + "\r\n\r\n")
        if let error {
            expectRefused(bytes, with: error)
        } else {
            #expect(try ParsedRequest(bytes) != nil)
        }
    }

    @Test(
        "Connection options that ask for the loss of an end-to-end field, or are no tokens",
        arguments: [
            "Host", "content-length", "Content-Type", "Content-Encoding", "Transfer-Encoding",
            "X-Forwarded-For", "x-forwarded-proto", "X-Forwarded-Host", "X-Forwarded-Port",
            "X-Real-IP", "Forwarded", "Via", "Authorization", "Cookie", "Set-Cookie", "Expect",
            "Cache-Control", "Date", "Range", "If-Match", "If-None-Match", "If-Modified-Since",
            "Origin", "Referer", "Location", "User-Agent", "WWW-Authenticate",
        ])
    func endToEndOptions(name: String) {
        for value in [name, "close, " + name, name.uppercased() + ",keep-alive", "x," + name] {
            expectRefused(
                [UInt8](lines("GET / HTTP/1.1", "Host: a", "Connection: " + value)),
                with: .connectionNamesEndToEnd)
        }
    }

    @Test(
        "Malformed Connection fields",
        arguments: [
            ("a b", .connectionInvalid), ("close;q", .connectionInvalid), ("@", .connectionInvalid),
            ("\"close\"", .connectionInvalid), ("x, \u{e9}", .connectionInvalid),
            ("a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q", .tooManyConnectionOptions),
        ] as [(String, HTTPParseError)])
    func connection(value: String, error: HTTPParseError) {
        expectRefused(
            [UInt8](lines("GET / HTTP/1.1", "Host: a", "Connection: " + value)), with: error)
    }

    @Test(
        "Hosts",
        arguments: [
            "", "a/b", "a@b", "u:p@b", "a b", "a,b", "a, a", "a:b", "a:", ":80", "a:123456",
            "a:65536", "a:80:80", "a:+80", "[::1", "[]", "[::1]x", "[g::1]", "[::1]:", "::1",
            "a%41", "a?b", "a#b", "a\\b", "a\tb", "b\u{e9}", "*", "a;b", "[fe80::1%25eth0]",
        ])
    func host(value: String) {
        expectRefused([UInt8](lines("GET / HTTP/1.1", "Host: " + value)), with: .hostInvalid)
    }

    @Test(
        "Whole heads",
        arguments: [
            (lines("GET / HTTP/1.1"), .hostMissing),
            (lines("GET / HTTP/1.1", "X: a"), .hostMissing),
            (lines("GET http://a/ HTTP/1.1"), .hostMissing),
            (lines("GET / HTTP/1.1", " Host: a"), .leadingWhitespace),
            (lines("GET / HTTP/1.1", "\tHost: a"), .leadingWhitespace),
            (lines("GET http://a/ HTTP/1.1", "Host: b"), .hostDisagrees),
            (lines("GET http://a/ HTTP/1.1", "Host: a:80"), .hostDisagrees),
            (lines("GET http://a:80/ HTTP/1.0", "Host: a"), .hostDisagrees),
            (lines("GET http://a/ HTTP/1.1", "Host: a", "Host: a"), .hostRepeated),
            (
                lines("GET / HTTP/1.0", "Host: a", "Transfer-Encoding: chunked"),
                .transferEncodingInHTTP10
            ),
        ] as [(String, HTTPParseError)])
    func wholeHead(text: String, error: HTTPParseError) {
        expectRefused([UInt8](text), with: error)
    }

    @Test("Limits are exact, and a head within them is accepted")
    func limits() throws {
        let head = [UInt8](
            lines("GET /" + String(repeating: "a", count: 99) + " HTTP/1.1", "Host: a"))
        let exact = HeadLimits(headBytes: head.count, targetBytes: 100, fields: 1)
        #expect(try ParsedRequest(head, limits: exact)?.length == head.count)
        let shortTarget = HeadLimits(targetBytes: 99)
        expectRefused(head, with: .targetTooLong, limits: shortTarget)
        let shortHead = HeadLimits(headBytes: head.count - 1)
        expectRefused(head, with: .headTooLong, limits: shortHead)
        let many = [UInt8](lines("GET / HTTP/1.1", "Host: a", "X: 1", "Y: 2"))
        expectRefused(many, with: .tooManyFields, limits: HeadLimits(fields: 2))
        #expect(try ParsedRequest(many, limits: HeadLimits(fields: 3)) != nil)
    }

    @Test("The defaults are 16 KiB, 8,190 bytes of target and 128 fields")
    func defaultLimits() throws {
        func request(target: Int, fields: Int, padding: Int) -> [UInt8] {
            let target = "/" + String(repeating: "a", count: target - 1)
            let names = (1..<max(fields, 1)).map { "X\($0): y" }
            let pad = padding == 0 ? [] : ["P: " + String(repeating: "p", count: padding)]
            return [UInt8](
                (["GET \(target) HTTP/1.1", "Host: a"] + names + pad).joined(separator: "\r\n")
                    + "\r\n\r\n")
        }
        #expect(try ParsedRequest(request(target: 8_190, fields: 1, padding: 0)) != nil)
        expectRefused(request(target: 8_191, fields: 1, padding: 0), with: .targetTooLong)
        #expect(try ParsedRequest(request(target: 1, fields: 128, padding: 0))?.fields.count == 128)
        expectRefused(request(target: 1, fields: 129, padding: 0), with: .tooManyFields)
        let base = request(target: 1, fields: 1, padding: 1).count - 1
        #expect(try ParsedRequest(request(target: 1, fields: 1, padding: 16_384 - base)) != nil)
        expectRefused(
            request(target: 1, fields: 1, padding: 16_385 - base), with: .headTooLong)
    }

    @Test("Every error has a status and a reason of its own")
    func errors() {
        let statuses: Set = [400, 414, 417, 431, 501, 505]
        let reasons = Set(HTTPParseError.allCases.map { "\($0.reason)" })
        #expect(reasons.count == HTTPParseError.allCases.count)
        #expect(HTTPParseError.allCases.allSatisfy { statuses.contains($0.status) })
        #expect(HTTPParseError.lengthAndTransferEncoding.status == 400)
        #expect(HTTPParseError.targetTooLong.status == 414)
        #expect(HTTPParseError.headTooLong.status == 431)
    }
}

/// Checks that `bytes` are refused with `error`, and that a part of them is either incomplete or
/// refused with the same error, never accepted; and that a search sends no part in vain.
func expectRefused(
    _ bytes: [UInt8], with error: HTTPParseError, limits: HeadLimits = HeadLimits(),
    sourceLocation: SourceLocation = #_sourceLocation
) {
    var refused = false
    var search = HeadSearch()
    // Long heads are cut at some places only, and near their end at each.
    let counts = (1...bytes.count).filter { $0 % 97 == 0 || $0 < 300 || $0 + 40 > bytes.count }
    for count in counts {
        let part = Array(bytes[..<count])
        let outcome = Outcome { () throws(HTTPParseError) in
            try ParsedRequest(part, limits: limits)
        }
        let expected: Outcome<ParsedRequest> =
            refused || outcome != .incomplete ? .refused(error) : .incomplete
        #expect(outcome == expected, "\(count) bytes", sourceLocation: sourceLocation)
        refused = refused || outcome != .incomplete
        if search.isWorthParsing(part.span, limits: limits) {
            #expect(refused, "\(count) bytes", sourceLocation: sourceLocation)
            break
        }
    }
    let whole = Outcome { () throws(HTTPParseError) in try ParsedRequest(bytes, limits: limits) }
    #expect(whole == .refused(error), sourceLocation: sourceLocation)
}
