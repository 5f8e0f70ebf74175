import Testing

@testable import Routing

struct PathRewriteTests {
    /// The table of the Kubernetes Gateway API, `HTTPPathModifier.replacePrefixMatch`.
    @Test(
        "Prefixes are replaced as the Gateway API's table has it",
        arguments: [
            ("/foo/bar", "/foo", "/xyz", "/xyz/bar"), ("/foo/bar", "/foo", "/xyz/", "/xyz/bar"),
            ("/foo/bar", "/foo/", "/xyz", "/xyz/bar"), ("/foo/bar", "/foo/", "/xyz/", "/xyz/bar"),
            ("/foo", "/foo", "/xyz", "/xyz"), ("/foo/", "/foo", "/xyz", "/xyz/"),
            ("/foo/bar", "/foo", "", "/bar"), ("/foo/", "/foo", "", "/"), ("/foo", "/foo", "", "/"),
            ("/foo/", "/foo", "/", "/"), ("/foo", "/foo", "/", "/"),
            ("/bar", "/", "/xyz", "/xyz/bar"),
            ("/", "/", "/xyz", "/xyz/"), ("/foo", "= /foo", "/xyz/abc", "/xyz/abc"),
            ("/bar", nil, "/xyz", "/xyz/bar"), ("/foo/b%20r", "/foo", "/x%20z", "/x%20z/b%20r"),
        ] as [(String, String?, String, String)])
    func prefixes(path: String, pattern: String?, replacement: String, result: String) throws {
        var rewrite = try PathRewrite(
            prefix: replacement, path: pattern.map { try PathPattern($0) })
        #expect(try written(&rewrite, path) == result)
    }

    @Test(
        "Templates are filled in with what the path captured",
        arguments: [
            ("/api/users/1", "/api/*", "/$1", "/users/1"), ("/api/", "/api/*", "/$1", "/"),
            ("/api", "/api/*", "/$1", "/"), ("/a/b", "/", "/x/$1", "/x/a/b"),
            ("/a/b", nil, "/x/$1", "/x/a/b"), ("/old", "= /old", "/new", "/new"),
            ("/api/v2/users", "~ /api/v([0-9]+)/(.*)", "/$2/v$1", "/users/v2"),
            ("/x", "~ /(x)|/(y)", "/$1$2", "/x"), ("/x", "/x", "/$$1", "/$1"),
            ("/api/a", "/api", "/$1/$1", "/a/a"), ("/api/x", "/api", "/y", "/y"),
            ("/something/new", "~ /something(/|$)(.*)", "/$2", nil),
            ("/something/new", "~ /something(?:/(.*))?", "/$1", "/new"),
            ("/something", "~ /something(?:/(.*))?", "/$1", "/"),
        ] as [(String, String?, String, String?)])
    func templates(path: String, pattern: String?, template: String, result: String?) throws {
        guard let result else {
            #expect(throws: PatternError.expression(.anchor, at: 13)) {
                try pattern.map { try PathPattern($0) }
            }
            return
        }
        var rewrite = try PathRewrite(
            template: template, path: pattern.map { try PathPattern($0) })
        #expect(try written(&rewrite, path) == result)
    }

    @Test(
        "A result that is no path, or not one path, is refused",
        arguments: [
            ("/x/..y", "~ /x/(..)y", "/$1", .refused(.dotSegment)),
            ("/x.y.", "~ /x(.)y(.)", "/$1$2/a", .refused(.dotSegment)),
            ("/api//evil.com", "/api", "/$1", .refused(.ambiguous)),
            ("/x%4", "~ /x(.*)", "/a$1", .refused(.escape)),
            ("/x", "~ /(x)|/(y)", "$2", .notAPath), ("/ax", "~ /(a)(x)", "$2", .notAPath),
            ("/%3", "~ /(%)3", "/$14", .refused(.escape)), ("/y", "~ /x", "/z", .notMatched),
        ] as [(String, String, String, RewriteError)])
    func refusals(path: String, pattern: String, template: String, error: RewriteError) throws {
        var rewrite = try PathRewrite(template: template, path: PathPattern(pattern))
        #expect(throws: error) { try written(&rewrite, path) }
    }

    @Test("A result that does not fit is refused, to the byte")
    func room() throws {
        var prefix = try PathRewrite(prefix: "/xyz", path: PathPattern("/foo"))
        #expect(try written(&prefix, "/foo/bar", room: 8) == "/xyz/bar")
        #expect(throws: RewriteError.noRoom) { try written(&prefix, "/foo/bar", room: 7) }
        #expect(throws: RewriteError.noRoom) { try written(&prefix, "/foo/bar", room: 2) }
        var bare = try PathRewrite(prefix: "", path: PathPattern("/foo"))
        #expect(throws: RewriteError.noRoom) { try written(&bare, "/foo", room: 0) }
        var template = try PathRewrite(template: "/$1", path: PathPattern("/foo"))
        #expect(try written(&template, "/foo/bar", room: 4) == "/bar")
        #expect(throws: RewriteError.noRoom) { try written(&template, "/foo/bar", room: 3) }
    }

    @Test(
        "A template is checked when it is read",
        arguments: [
            ("", .empty), ("x/$1", .pathStart), ("/$", .templateDollar), ("/$a", .templateDollar),
            ("/$0", .templateDollar), ("/$2", .captureMissing(2)), ("/a b", .pathByte(0x20)),
            ("/a?b", .pathByte(0x3F)), ("/a#b", .pathByte(0x23)),
            ("/" + String(repeating: "a", count: 1_024), .tooLong(limit: 1_024)),
        ] as [(String, PatternError)])
    func wrongTemplates(template: String, error: PatternError) throws {
        let path = try PathPattern("/api/*")
        #expect(throws: error) { try PathRewrite(template: template, path: path) }
    }

    @Test("An exact path captures nothing, and an expression has no prefix")
    func captures() throws {
        #expect(throws: PatternError.captureMissing(1)) {
            try PathRewrite(template: "/$1", path: PathPattern("= /a"))
        }
        #expect(throws: PatternError.captureMissing(3)) {
            try PathRewrite(template: "/$3", path: PathPattern("~ /(a)(b)"))
        }
        #expect(throws: PatternError.pathWildcard) {
            try PathRewrite(prefix: "/x", path: PathPattern("~ /a"))
        }
    }

    private func written(
        _ rewrite: inout PathRewrite, _ path: String, room: Int = 100
    ) throws -> String {
        var output = [UInt8](repeating: 0, count: room)
        var span = output.mutableSpan
        let count = try rewrite.write(bytes(path).span, to: &span)
        return String(decoding: output[..<count], as: UTF8.self)
    }
}
