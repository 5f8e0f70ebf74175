import HTTP1
import Primitives
import Testing

@Suite("The balancer's own cookie")
struct CookieForwardingTests {
    static let token = SessionToken(high: 0x0001_0203_0405_0607, low: 0x0809_0A0B_0C0D_0E0F)
    static let text = "AAECAwQFBgcICQoLDA0ODw"

    /// Lines of a head, and what becomes of them.
    struct Row: Sendable {
        let lines: [String]
        let expected: [String]

        init(_ lines: [String], _ expected: [String]) {
            self.lines = lines
            self.expected = expected
        }
    }

    @Test(
        "A backend does not see the cookie that is removed, and sees every other",
        arguments: [
            Row(["Cookie: LB=x"], []), Row(["Cookie: LB=x; LB=y;"], []),
            Row(["Cookie: a=1; LB=x; b=2"], ["Cookie: a=1; b=2"]),
            Row(["Cookie: LB=x; a=1"], ["Cookie: a=1"]),
            Row(["Cookie: a=1; LB=x"], ["Cookie: a=1"]),
            Row(["cookie: a=1;LB=x;b=2"], ["cookie: a=1;b=2"]),
            Row(["Cookie: a=1;LB=x;\tb=2;  c"], ["Cookie: a=1;\tb=2;  c"]),
            Row(["Cookie: LB=1; a; LB=2; b; LB=3; LB=4; c"], ["Cookie: a; b; c"]),
            Row(["Cookie: a=\"x;y\"; LB=1"], ["Cookie: a=\"x;y\""]),
            Row(["Cookie: a=1; ;; b=2;LB=x;"], ["Cookie: a=1; ;; b=2"]),
            Row(["Cookie: a=1;LB=x; b=2 ;; c=3"], ["Cookie: a=1; b=2 ;; c=3"]),
            Row(["Cookie: a=1 ; LB = x ; b=2 "], ["Cookie: a=1; b=2"]),
            Row(["Cookie:LB=x"], []), Row(["Cookie:a=1"], ["Cookie: a=1"]),
            Row(["Cookie: LB"], ["Cookie: LB"]), Row(["Cookie: lb=1"], ["Cookie: lb=1"]),
            Row(
                ["X: 1", "Cookie: a=1; LB=x", "Y:2", "Cookie: LB=y", "Cookie: b=2", "Z: 3"],
                ["X: 1", "Cookie: a=1", "Y: 2", "Cookie: b=2", "Z: 3"]),
            Row(["X: LB=x", "Set-Cookie: LB=x"], ["X: LB=x", "Set-Cookie: LB=x"]),
            Row(["X: 1"], ["X: 1"]),
        ])
    func removal(row: Row) throws {
        try check(row, .remove)
    }

    @Test(
        "A backend sees its own value without the token before it",
        arguments: [
            Row(["Cookie: LB=\(text)~x"], ["Cookie: LB=x"]),
            Row(["Cookie: a=1; LB=\(text)~x; b=2"], ["Cookie: a=1; LB=x; b=2"]),
            Row(["Cookie: LB = \(text)~x ;LB=\(text)~"], ["Cookie: LB = x ;LB="]),
            Row(["Cookie:LB=\(text)~\"x\"", "X: 1"], ["Cookie: LB=\"x\"", "X: 1"]),
            Row(["Cookie: LB=\(text)~\(text)~x"], ["Cookie: LB=\(text)~x"]),
            Row(["Cookie: LB=\(text)", "X: 1"], ["Cookie: LB=\(text)", "X: 1"]),
            Row(["Cookie: lb=\(text)~x"], ["Cookie: lb=\(text)~x"]),
            Row(["Cookie: LB=AAECAwQFBgcICQoLDA0ODx~x"], ["Cookie: LB=AAECAwQFBgcICQoLDA0ODx~x"]),
            Row(["Cookie: LB=a~b; ;"], ["Cookie: LB=a~b; ;"]),
            Row(
                ["Cookie: LB=\(text)~x", "Cookie: LB=\(text)~y"], ["Cookie: LB=x", "Cookie: LB=y"]),
        ])
    func unprefixing(row: Row) throws {
        try check(row, .unprefix)
    }

    @Test(
        "A cookie that is kept goes on byte for byte",
        arguments: ["LB=x; LB=y;", ";LB = \(text)~x"])
    func keeping(value: String) throws {
        try check(Row(["Cookie: \(value)"], ["Cookie: \(value)"]), .keep)
    }

    @Test("A request line that is written anew changes nothing about cookies")
    func absoluteForm() throws {
        let bytes = try #require(
            try forwarded(
                lines("GET http://a/x HTTP/1.1", "Host: a", "Cookie: LB=x; a=1"), .remove))
        let expected = "GET /x HTTP/1.1\r\nHost: a\r\nCookie: a=1\r\nX-Forwarded-For: "
        #expect(String(decoding: bytes, as: UTF8.self).hasPrefix(expected))
    }

    private func check(_ row: Row, _ edit: CookieEdit) throws {
        let head = ["GET / HTTP/1.1", "Host: a"]
        let text = (head + row.lines).joined(separator: "\r\n") + "\r\n\r\n"
        let bytes = try #require(try forwarded(text, edit))
        let own = [
            "X-Forwarded-For: 192.0.2.7", "X-Forwarded-Proto: http", "X-Forwarded-Host: a",
            "X-Real-IP: 192.0.2.7",
        ]
        let expected = (head + row.expected + own).joined(separator: "\r\n") + "\r\n\r\n"
        #expect(String(decoding: bytes, as: UTF8.self) == expected)
    }

    private func forwarded(_ text: String, _ edit: CookieEdit) throws -> [UInt8]? {
        try HTTP1Tests.forwarded([UInt8](text), cookie: "LB", edit: edit)
    }

    // MARK: Answers

    @Test(
        "An answer that sets the cookie has it once, behind the backend's fields",
        arguments: [
            Row(["X: 1"], ["X: 1", "Set-Cookie: LB=\(text); Path=/"]),
            Row(
                ["Set-Cookie: a=1; Path=/", "Set-Cookie: LB=x"],
                ["Set-Cookie: a=1; Path=/", "Set-Cookie: LB=\(text); Path=/"]),
            Row(
                ["set-cookie:LB=x; Secure", "Set-Cookie:LBx=2", "Set-Cookie: a=1; LB=2"],
                ["Set-Cookie: LBx=2", "Set-Cookie: a=1; LB=2", "Set-Cookie: LB=\(text); Path=/"]),
        ])
    func setting(row: Row) throws {
        try check(row, .set(Self.token, isPrivate: false))
        let expected = row.expected + ["Cache-Control: private"]
        try check(Row(row.lines, expected), .set(Self.token, isPrivate: true))
    }

    @Test(
        "An answer that sets the backend's cookie gets the token before its value",
        arguments: [
            Row(["Set-Cookie: LB=x; Path=/"], ["Set-Cookie: LB=\(text)~x; Path=/"]),
            Row(
                ["Set-Cookie: a=1", "set-cookie:LB=x", "Set-Cookie: LB=; Max-Age=0", "Z: 1"],
                [
                    "Set-Cookie: a=1", "set-cookie: LB=\(text)~x",
                    "Set-Cookie: LB=\(text)~; Max-Age=0", "Z: 1",
                ]),
            Row(["Set-Cookie: LB = \"x\" ;b"], ["Set-Cookie: LB = \(text)~\"x\" ;b"]),
            Row(["Set-Cookie: LB", "X: LB=1"], ["Set-Cookie: LB", "X: LB=1"]),
            Row(["Set-Cookie: a=1; LB=2"], ["Set-Cookie: a=1; LB=2"]),
            Row(["Set-Cookie: lb=1", "Cookie: LB=1"], ["Set-Cookie: lb=1", "Cookie: LB=1"]),
        ])
    func prefixing(row: Row) throws {
        try check(row, .prefix(Self.token))
        try check(Row(row.lines, row.lines.map { $0.replacing(/:(?=\S)/) { _ in ": " } }), .none)
    }

    @Test("An interim answer sets no cookie")
    func interim() throws {
        let head = lines("HTTP/1.1 103 Early Hints", "Link: </a>", "Set-Cookie: LB=x")
        for cookie in [AnswerCookie.set(Self.token, isPrivate: true), .prefix(Self.token)] {
            let bytes = try #require(try answered(head, cookie))
            #expect(String(decoding: bytes, as: UTF8.self) == head)
        }
    }

    @Test("A cookie is set whatever the framing, the version and the connection")
    func framings() throws {
        let bytes = try #require(
            try answered(
                lines("HTTP/1.0 200", "X: 1"), .set(Self.token, isPrivate: true), keepAlive: false))
        let expected = lines(
            "HTTP/1.1 200 ", "X: 1", "Transfer-Encoding: chunked",
            "Set-Cookie: LB=\(Self.text); Path=/", "Cache-Control: private", "Connection: close")
        #expect(String(decoding: bytes, as: UTF8.self) == expected)
    }

    @Test("A head that does not fit because of its cookie is reported, at every size")
    func overflow() throws {
        let answer = lines("HTTP/1.1 200 OK", "Content-Length: 0", "Set-Cookie: LB=x")
        for cookie in [AnswerCookie.set(Self.token, isPrivate: true), .prefix(Self.token)] {
            let full = try #require(try answered(answer, cookie)).count
            for capacity in 0..<full {
                #expect(try answered(answer, cookie, capacity: capacity) == nil)
            }
            #expect(try answered(answer, cookie, capacity: full) != nil)
        }
        let request = [UInt8](lines("GET / HTTP/1.1", "Host: a", "Cookie: a; LB=\(Self.text)~x; b"))
        for edit in [CookieEdit.remove, .unprefix] {
            let full = try #require(
                try HTTP1Tests.forwarded(request, cookie: "LB", edit: edit)
            ).count
            for capacity in 0..<full {
                #expect(
                    try HTTP1Tests.forwarded(request, cookie: "LB", edit: edit, capacity: capacity)
                        == nil)
            }
        }
    }

    private func check(_ row: Row, _ cookie: AnswerCookie) throws {
        let head = ["HTTP/1.1 200 OK", "Content-Length: 0"]
        let text = (head + row.lines).joined(separator: "\r\n") + "\r\n\r\n"
        let bytes = try #require(try answered(text, cookie))
        let expected = (head + row.expected).joined(separator: "\r\n") + "\r\n\r\n"
        #expect(String(decoding: bytes, as: UTF8.self) == expected)
    }

    private func answered(
        _ text: String, _ cookie: AnswerCookie, keepAlive: Bool = true, capacity: Int = 65_536
    ) throws -> [UInt8]? {
        let bytes = [UInt8](text)
        let (name, attributes) = ([UInt8]("LB"), [UInt8]("; Path=/"))
        var head = ResponseHead()
        _ = try head.parse(bytes.span, answering: .get, limits: HeadLimits())
        let forwarding = ResponseForwarding(of: head, clientMinorVersion: 1, keepAlive: keepAlive)
        return written(capacity: capacity) { writer in
            head.writeForwarded(
                bytes.span, to: &writer, forwarding: forwarding, cookie: cookie, name: name.span,
                attributes: attributes.span)
        }
    }
}
