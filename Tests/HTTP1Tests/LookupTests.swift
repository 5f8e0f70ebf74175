import HTTP1
import Primitives
import Testing

@Suite("Looking up fields and cookies")
struct LookupTests {
    struct Row: Sendable {
        let fields: [String]
        let name: String
        let value: String?

        init(_ fields: [String], _ name: String, _ value: String?) {
            self.fields = fields
            self.name = name
            self.value = value
        }
    }

    @Test(
        "The first field of a name counts, whatever its case",
        arguments: [
            Row(["X-User: 7"], "x-user", "7"), Row(["x-uSER:\t7 "], "x-user", "7"),
            Row(["X-Users: 1", "X-Use: 2", "X-User: 3"], "x-user", "3"),
            Row(["X-User: 1", "x-user: 2"], "x-user", "1"), Row(["X-User:"], "x-user", ""),
            Row(["X-User: 1"], "x-other", nil), Row([], "host", "a"),
            Row(["X^y: 1"], "x~y", nil), Row(["X_y: 1"], "x_y", "1"), Row(["A: 1"], "", nil),
            Row(["X-User: 1"], "X-User", nil),
        ])
    func fields(row: Row) throws {
        try check(row) { head, name, bytes in head.value(of: name.span, in: bytes.span) }
    }

    @Test(
        "The first cookie of a name counts, over all Cookie fields",
        arguments: [
            Row(["Cookie: LB=x"], "LB", "x"), Row(["cookie: a=1; LB=x"], "LB", "x"),
            Row(["Cookie: a=1;LB=x;b=2"], "LB", "x"), Row(["Cookie: LB=x; LB=y"], "LB", "x"),
            Row(["Cookie: a=1", "X: LB=z", "Cookie: LB=y"], "LB", "y"),
            Row(["Cookie: lb=1; LBx=2; xLB=3; LB2=4; LB=5"], "LB", "5"),
            Row(["Cookie: LB=\"x\""], "LB", "\"x\""), Row(["Cookie: LB=a=b=="], "LB", "a=b=="),
            Row(["Cookie: a=\"1; LB=2\""], "LB", "2\""), Row(["Cookie: LB="], "LB", ""),
            Row(["Cookie: LB"], "LB", nil), Row(["Cookie: LB; LB=1"], "LB", "1"),
            Row(["Cookie: \t LB \t=\t x \t; a"], "LB", "x"), Row(["Cookie: ; ;; LB=x;"], "LB", "x"),
            Row(["Cookie: =LB"], "LB", nil), Row(["Cookie: =LB"], "", nil), Row([], "LB", nil),
            Row(["Cookie:"], "LB", nil), Row(["Set-Cookie: LB=x"], "LB", nil),
            Row(["Cookie: a=1, LB=2"], "LB", nil), Row(["Cookie: L=B=x"], "LB", nil),
            Row(["Cookie: \u{e9}=\u{fc}; LB=\u{e9}"], "LB", "\u{e9}"),
            Row(["Cookie: a=1;", "Cookie: ;LB=x"], "LB", "x"),
        ])
    func cookies(row: Row) throws {
        try check(row) { head, name, bytes in head.cookie(name.span, in: bytes.span) }
    }

    private func check(
        _ row: Row, _ find: (borrowing RequestHead, [UInt8], [UInt8]) -> ByteRange?
    ) throws {
        let head = ["GET / HTTP/1.1", "Host: a"] + row.fields
        // What stands behind the head must not matter.
        let bytes = [UInt8](head.joined(separator: "\r\n") + "\r\n\r\n; LB=behind")
        var parsed = RequestHead()
        _ = try parsed.parse(bytes.span, limits: HeadLimits())
        let range = find(parsed, [UInt8](row.name), bytes)
        #expect(range.map(bytes.text) == row.value)
    }

    @Test("A cookie is found at every distance from the start and the end of its field")
    func distances() throws {
        for before in 0..<20 {
            for behind in 0..<20 {
                let text =
                    String(repeating: "x", count: before) + ";LB=v;"
                    + String(repeating: "y", count: behind)
                try check(Row(["Cookie: \(text)"], "LB", "v")) { head, name, bytes in
                    head.cookie(name.span, in: bytes.span)
                }
            }
        }
    }
}
