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
            #expect(
                nginx.requests.map { "\($0[1]) \($0[2]) \($0[3])" } == [
                    "GET /hello.txt 200", "HEAD /hello.txt 200", "POST /post 200", "GET /x 404",
                ])
        }
    }

    @Test("Connections are kept on both sides")
    func keepAlive() async throws {
        try await Stage.run { stage in
            let nginx = try await stage.startNginx()
            let node = try await stage.startNode(.http(to: [nginx.endpoint]))
            let client = try await RawClient.connect(to: node.endpoint)
            for _ in 0..<200 {
                let answer = try await client.ask("GET /name?one HTTP/1.1\r\nHost: a\r\n\r\n")
                #expect(answer.status == 200)
                #expect(answer.text == "nginx\n")
            }
            for _ in 0..<20 {
                let other = try await RawClient.connect(to: node.endpoint)
                let answer = try await other.ask("GET /name?many HTTP/1.1\r\nHost: a\r\n\r\n")
                #expect(answer.status == 200)
            }
            #expect(nginx.requests.count == 220)
            #expect(nginx.connectionCount(for: "/name") == 1)
        }
    }

    @Test("Chunked bodies pass in both directions")
    func chunked() async throws {
        try await Stage.run { stage in
            let nginx = try await stage.startNginx()
            let node = try await stage.startNode(.http(to: [nginx.endpoint]))
            let text = (0..<50_000).map { "line \($0)\n" }.joined()
            let file = try stage.write(text, named: "body")

            // nginx cannot know the length of a page that it puts together.
            try nginx.write(text, to: "parts/page.html")
            let down = try await stage.curl("--include", "http://\(node.endpoint)/parts/page.html")
            #expect(down.output.contains("\r\nTransfer-Encoding: chunked\r\n"))
            #expect(down.output.hasSuffix("\r\n\r\n" + text))

            let up = try await stage.curl(
                "-H", "Transfer-Encoding: chunked", "-T", file, "-w", "%{http_code}",
                "http://\(node.endpoint)/upload/chunked")
            #expect(up.output == "201")
            let stored = FileManager.default.contents(atPath: "\(nginx.documents)/upload/chunked")
            #expect(stored == Data(text.utf8))
        }
    }

    @Test("Expect: 100-continue is answered before the body is sent")
    func expectation() async throws {
        try await Stage.run { stage in
            let nginx = try await stage.startNginx()
            let node = try await stage.startNode(.http(to: [nginx.endpoint]))
            let file = try stage.write(String(repeating: "x", count: 100_000), named: "body")
            let result = try await stage.curl(
                "--verbose", "-H", "Expect: 100-continue", "--expect100-timeout", "8", "-T", file,
                "-w", "%{http_code} %{time_total}", "http://\(node.endpoint)/upload/expected")
            #expect(result.error.contains("< HTTP/1.1 100 Continue"))
            let words = result.output.split(separator: " ")
            #expect(words.first == "201")
            #expect(words.last.flatMap { Double($0) }.map { $0 < 4 } == true)
        }
    }

    @Test("Large heads pass, larger ones are refused with 431")
    func largeHeads() async throws {
        try await Stage.run { stage in
            let nginx = try await stage.startNginx()
            let node = try await stage.startNode(.http(to: [nginx.endpoint]))
            let large = "X-Large: " + String(repeating: "x", count: 12_000)
            let code = try await stage.curl(
                "-o", "/dev/null", "-w", "%{http_code}", "-H", large,
                "http://\(node.endpoint)/name")
            #expect(code.output == "200")
            #expect(nginx.requests.last.flatMap { Int($0[4]) }.map { $0 > 12_000 } == true)

            let client = try await RawClient.connect(to: node.endpoint)
            let line = "X-Large: " + String(repeating: "x", count: 1_000) + "\r\n"
            let tooLarge = String(repeating: line, count: 17)
            let answer = try await client.ask("GET /b HTTP/1.1\r\nHost: a\r\n\(tooLarge)\r\n")
            #expect(answer.status == 431)
            #expect(await client.readToEnd().ending == .closed)
            #expect(nginx.requests.count == 1)
        }
    }

    private static let hasIPv6 =
        (try? String(contentsOfFile: "/proc/net/if_inet6", encoding: .utf8))?
        .contains(" lo\n") == true

    @Test("IPv6 on both sides: clients are served and named", .enabled(if: hasIPv6))
    func ipv6() async throws {
        try await Stage.run { stage in
            let nginx = try await stage.startNginx(ipv6: true)
            var plan = try NodePlan.http(
                to: [Endpoint(host: "[::1]", port: nginx.endpoint.port)])
            plan.listeners[0].endpoint = Endpoint(
                host: "[::1]", port: plan.listeners[0].endpoint.port)
            let node = try await stage.startNode(plan)
            let result = try await stage.curl("-g", "http://\(node.endpoint)/host")
            #expect(result.output == "\(node.endpoint) ::1\n")
        }
    }

    @Test("An answer of many megabytes arrives whole, to several clients at once")
    func largeAnswers() async throws {
        try await Stage.run { stage in
            let nginx = try await stage.startNginx()
            let text = (0..<1_000_000).map { "\($0)\n" }.joined()
            try nginx.write(text, to: "large")
            let node = try await stage.startNode(.http(to: [nginx.endpoint], workers: 2))
            try await withThrowingTaskGroup(of: Bool.self) { clients in
                for _ in 0..<4 {
                    clients.addTask {
                        try await stage.curl("http://\(node.endpoint)/large").output == text
                    }
                }
                for try await isWhole in clients { #expect(isWhole) }
            }
        }
    }
}
