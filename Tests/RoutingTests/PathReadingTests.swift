import Testing

@testable import Routing

struct PathReadingTests {
    @Test(
        "What a path looks like to servers that read more into it",
        arguments: [
            ("/", .plain), ("/api/v1", .plain), ("/.well-known/x", .plain), ("/a.b/..c", .plain),
            ("/...", .plain), ("/a%20b", .plain), ("/%E4", .plain), ("/a/", .plain), ("*", .plain),
            ("", .plain), ("/a%3Bb", .plain), ("/%252F", .plain), ("/%41", .variant([])),
            ("/%7e", .variant([])), ("/%e4", .variant([])), ("/a//b", .variant(.mergedSlashes)),
            ("//", .variant(.mergedSlashes)), ("/a//", .variant(.mergedSlashes)),
            ("/a%2Fb", .variant(.escapedSlashes)), ("/a%2fb", .variant(.escapedSlashes)),
            (#"/a\b"#, .variant(.escapedSlashes)), ("/a%5Cb", .variant(.escapedSlashes)),
            ("/a;v=1/b", .variant(.withoutParameters)), ("/a;", .variant(.withoutParameters)),
            ("/a/%2Fb", .variant([.escapedSlashes, .mergedSlashes])),
            ("/;x/b", .variant([.withoutParameters, .mergedSlashes])),
            ("/..", .refused(.dotSegment)), ("/.", .refused(.dotSegment)),
            ("/a/../b", .refused(.dotSegment)), ("/a/./b", .refused(.dotSegment)),
            ("/a/%2e%2e/b", .refused(.dotSegment)), ("/a/.%2E/b", .refused(.dotSegment)),
            ("/a/..;/b", .refused(.dotSegment)), ("/a/..;x=1", .refused(.dotSegment)),
            ("/a/..%3Bx", .refused(.dotSegment)), ("/a%2F..%2Fb", .refused(.dotSegment)),
            (#"/a\..\b"#, .refused(.dotSegment)), ("/a%5c..", .refused(.dotSegment)),
            ("/%2e", .refused(.dotSegment)), ("/%", .refused(.escape)), ("/%4", .refused(.escape)),
            ("/%4g", .refused(.escape)), ("/%%41", .refused(.escape)), ("/%00", .refused(.zero)),
            ("/a%00.jpg", .refused(.zero)),
        ] as [(String, PathVerdict)])
    func verdicts(path: String, verdict: PathVerdict) {
        let found = PathReading.verdict(on: bytes(path).span)
        #expect(found == verdict)
    }

    @Test(
        "A path is written as it is in a reading",
        arguments: [
            ("/%41%2f%7E/%e4", [], "/A%2F~/%E4"), ("/a//b", [], "/a//b"),
            ("/a///b//", .mergedSlashes, "/a/b/"), ("/a%2Fb", .escapedSlashes, "/a/b"),
            (#"/a\b%5cc"#, .escapedSlashes, "/a/b/c"), ("/a/%2Fb", .escapedSlashes, "/a//b"),
            ("/a/%2Fb", [.escapedSlashes, .mergedSlashes], "/a/b"),
            ("/a;x=1/b;y", .withoutParameters, "/a/b"),
            ("/a;x%2Fb", .withoutParameters, "/a"),
            ("/a;x%2Fb", [.withoutParameters, .escapedSlashes], "/a/b"),
            ("/;x/b", [.withoutParameters, .mergedSlashes], "/b"), ("/a%3bb", [], "/a%3Bb"),
            ("/a%3bb", .withoutParameters, "/a%3Bb"), ("", [], ""),
        ] as [(String, PathReading, String)])
    func writing(path: String, reading: PathReading, written: String) {
        let text = reading.text(of: bytes(path).span)
        #expect(text == written)
        var short = [UInt8](repeating: 0, count: max(path.utf8.count - 1, 0))
        var span = short.mutableSpan
        let isEmpty = path.isEmpty
        let count = reading.write(bytes(path).span, to: &span)
        #expect((count != nil) == isEmpty)
    }

    @Test(
        "What could slip past a rule is refused; what leads to one rule in every reading passes",
        arguments: [
            ("/public", .rule(1)), ("/admin/users", .rule(0)), ("/%61dmin", .normal(0, 6)),
            ("//admin", .refused(.ambiguous)), ("/admin%2Fusers", .refused(.ambiguous)),
            (#"/admin\users"#, .refused(.ambiguous)), ("/admin;x/users", .refused(.ambiguous)),
            ("/admin;x=1", .refused(.ambiguous)), ("/;x/admin", .refused(.ambiguous)),
            ("/public/../admin", .refused(.dotSegment)),
            ("/public/..;/admin", .refused(.dotSegment)),
            ("/public%2F..%2Fadmin", .refused(.dotSegment)), ("//public", .normal(1, 8)),
            ("/public%2Fx", .normal(1, 11)), ("/admin/a%2Fb", .normal(0, 12)),
            ("/admin//x", .normal(0, 9)), ("/x/http://a.b/", .normal(1, 14)),
            ("/x;jsessionid=1", .normal(1, 15)), ("/a%00", .refused(.zero)),
            ("/%2Fadmin", .refused(.ambiguous)), ("/;a%2Fadmin", .refused(.ambiguous)),
            ("/;%2Fx/admin", .refused(.ambiguous)), ("/ADMIN", .rule(1)),
        ] as [(String, Expected)])
    func slippingPast(path: String, expected: Expected) throws {
        let routes = try RouteSet([makeRule(path: "/admin/*"), makeRule(path: "/")])
        let choice: RouteChoice =
            switch expected {
            case .rule(let index): .rule(index)
            case .normal(let index, let count): .ruleForNormalPath(index, pathBytes: count)
            case .refused(let refusal): .refused(refusal)
            }
        #expect(Request(path: path).choose(routes) == choice)
    }

    enum Expected {
        case rule(Int)
        case normal(Int, Int)
        case refused(PathRefusal)
    }

    @Test("Paths that can be read in several ways need twice their length of space")
    func room() throws {
        let routes = try RouteSet([makeRule()])
        let request = Request(path: "/a//b%41")
        #expect(request.choose(routes, scratch: 14) == .ruleForNormalPath(0, pathBytes: 6))
        #expect(request.choose(routes, scratch: 13) == .refused(.noRoom))
        #expect(request.choose(routes, scratch: 0) == .refused(.noRoom))
        #expect(Request(path: "/a").choose(routes, scratch: 0) == .rule(0))
        #expect(Request(path: "/a").choose(try RouteSet([])) == .none)
        #expect(Request(path: "//a").choose(try RouteSet([])) == .none)
    }
}
