import Foundation
import Testing

/// Plain use: curl in front, nginx behind.
@Suite("HTTP: forwarding", .bounded)
struct ForwardingTests {
    @Test("GET, HEAD and POST reach nginx and come back")
    func methods() async throws {
        try await Stage.run { stage in
            let nginx = try await stage.startNginx()
            try nginx.write("hello\n", to: "hello.txt")
            let node = try await stage.startNode(.http(to: [nginx.endpoint]))
            let url = "http://\(node.endpoint)"

            let get = try await stage.curl("\(url)/hello.txt")
            #expect(get.output == "hello\n")
            let head = try await stage.curl("--head", "\(url)/hello.txt")
            #expect(head.output.contains("HTTP/1.1 200 OK\r\n"))
            #expect(head.output.contains("Content-Length: 6\r\n"))
            let post = try await stage.curl("--data", "a=1&b=2", "\(url)/post")
            #expect(post.output == "POST 7\n")
            let missing = try await stage.curl("-o", "/dev/null", "-w", "%{http_code}", "\(url)/x")
            #expect(missing.output == "404")
            #expect(nginx.requests.map { "\($0[1]) \($0[2]) \($0[3])" }.suffix(4) == [
                "GET /hello.txt 200", "HEAD /hello.txt 200", "POST /post 200", "GET /x 404",
            ])
        }
    }
}
