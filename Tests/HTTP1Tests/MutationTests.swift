import HTTP1
import Primitives
import Testing

@Suite("Mutated messages")
struct MutationTests {
    static let requests = [
        lines("GET / HTTP/1.1", "Host: a"),
        lines("GET /a?b=c HTTP/1.1", "Host: example.com:8080", "User-Agent: x/1", "Accept: */*"),
        lines(
            "POST /form HTTP/1.1", "Host: a", "Content-Type: text/plain", "Content-Length: 5",
            "Connection: keep-alive"),
        lines("PUT /x HTTP/1.1", "Host: a", "Transfer-Encoding: chunked", "Expect: 100-continue"),
        lines(
            "GET http://a:81/x HTTP/1.1", "Host: a:81", "X-Forwarded-For: 1.2.3.4",
            "Connection: close, foo", "Foo: bar", "TE: trailers"),
        lines("OPTIONS * HTTP/1.1", "Host: [::1]:80", "X_Y: a", "Cookie: a=b; c=d"),
        lines("GET / HTTP/1.0", "Connection: Keep-Alive", "Content-Length: 0012"),
        lines("OPTIONS http://a HTTP/1.1", "Upgrade: h2c", "Host: a", "Connection: upgrade,te"),
    ]

    static let responses = [
        lines("HTTP/1.1 200 OK", "Content-Length: 5", "Server: x", "Date: y"),
        lines("HTTP/1.1 200 OK", "Transfer-Encoding: chunked", "Connection: keep-alive"),
        lines(
            "HTTP/1.0 404 Not Found", "Content-Type: text/html", "Connection: close, foo", "Foo:"),
        lines("HTTP/1.1 304 Not Modified", "ETag: \"x\"", "Content-Length: 07"),
        lines("HTTP/1.1 100 Continue"), lines("HTTP/1.1 204", "Keep-Alive: timeout=5"),
    ]

    static let bodies = [
        "5\r\nhello\r\n0\r\n\r\n", "3;a=b\r\nabc\r\n10\r\n0123456789abcdef\r\n0\r\nX: y\r\n\r\n",
        "1\r\na\r\n1\r\nb\r\n1\r\nc\r\n00\r\n\r\n",
    ]

    static let fragments: [[UInt8]] = [
        "\r\n", "\n", "\r", "\0", " ", "\t", ":", ",", "_", "\r\n\r\n", "\r\n ", "\u{B}", "\u{7F}",
        "Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n", "Content-Length : 6\r\n",
        "Host: b\r\n", "Connection: host\r\n", "Connection: foo, x-y\r\n", "chunked", "close", "0",
        "content_length: 7\r\n", "\r\nTransfer-Encoding:\r\n chunked", "X-Real-IP: 1\r\n", "5",
        "ff",
        "http://b", "#", "@", "HTTP/1.1", "HTTP/1.0", ";", "100-continue", "\r\nX-Y:z", "\u{e9}",
    ].map { [UInt8]($0) }

    /// `seed` with one to four random changes.
    static func mutated(_ seed: String, using random: inout SeededRandom) -> [UInt8] {
        var bytes = [UInt8](seed)
        for _ in 0..<Int.random(in: 1...4, using: &random) where !bytes.isEmpty {
            let place = Int.random(in: 0..<bytes.count, using: &random)
            let end = min(bytes.count, place + Int.random(in: 1...6, using: &random))
            switch Int.random(in: 0..<6, using: &random) {
            case 0: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            case 1: bytes[place] = UInt8.random(in: 0...255, using: &random)
            case 2: bytes.removeSubrange(place..<end)
            case 3: bytes.insert(contentsOf: bytes[place..<end], at: place)
            case 4:
                bytes.insert(contentsOf: fragments.randomElement(using: &random) ?? [], at: place)
            default:
                bytes.replaceSubrange(
                    place..<end, with: fragments.randomElement(using: &random) ?? [])
            }
        }
        return bytes
    }

    @Test(
        "A request that is accepted means the same to everybody, as it came and as it goes on",
        arguments: UInt64(0)..<64)
    func requests(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var accepted = 0
        for _ in 0..<400 {
            let text = Self.requests.randomElement(using: &random) ?? ""
            let bytes = Self.mutated(text, using: &random)
            let outcome = Outcome { () throws(HTTPParseError) in try ParsedRequest(bytes) }
            guard case .value(let request) = outcome else { continue }
            accepted += 1
            try checkMeaning(of: request, in: bytes)
        }
        // The sweep would prove nothing if next to nothing were accepted, or everything.
        #expect((20..<380).contains(accepted))
    }

    private func checkMeaning(of request: ParsedRequest, in bytes: [UInt8]) throws {
        let head = Array(bytes[..<request.length])
        let came = LenientHead(head)
        #expect(came.method == request.methodText)
        #expect(came.target == request.target)
        #expect(came.framing == Self.text(of: request.framing), "\(head)")
        #expect(came.fields.count == request.fields.count)

        let output = try #require(try forwarded(bytes))
        let sent = try #require(try ParsedRequest(output))
        #expect(sent.length == output.count)
        #expect(sent.methodText == request.methodText)
        #expect(sent.form != .absolute && sent.minorVersion == 1 && sent.keepAlive)
        #expect(sent.framing == request.framing)
        #expect(sent.expectsContinue == request.expectsContinue)
        #expect(sent.host == (request.host.isEmpty ? "192.0.2.1:80" : request.host))
        let isServerWide = request.method == .options && request.form == .absolute
        if !isServerWide || sent.path != "*" { #expect(sent.path == request.path) }
        #expect(Self.endToEnd(sent) == Self.endToEnd(request))
        #expect(sent.fields.filter { Self.name($0) == "host" }.count == 1)

        let read = LenientHead(output)
        #expect(read.method == request.methodText && read.target == sent.path)
        #expect(read.framing == Self.text(of: request.framing))
        #expect(read.fields.count == sent.fields.count)
        for name in ["connection", "te", "upgrade", "keep-alive", "trailer", "proxy-connection"] {
            #expect(read.values(name).isEmpty)
        }
        #expect(read.values("x-real-ip") == ["192.0.2.7"])
    }

    /// The fields that must arrive, in order, by a list of its own. `close` is an option that
    /// shares its name with no field (RFC 9110 section 7.6.1).
    private static func endToEnd(_ request: ParsedRequest) -> [String] {
        let nominated = request.fields.filter { name($0) == "connection" }.flatMap { field in
            field.dropFirst("connection:".count).lowercased().split(separator: ",").map { option in
                option.filter { !" \t".contains($0) }
            }
        }.filter { $0 != "close" }
        let others: Set = [
            "host", "content-length", "transfer-encoding", "connection", "keep-alive", "te",
            "trailer", "upgrade", "proxy-connection", "proxy-authenticate", "proxy-authorization",
            "expect", "x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "x-real-ip",
        ]
        return request.fields.filter { field in
            !others.contains(name(field)) && !nominated.contains(name(field))
        }
    }

    private static func name(_ field: String) -> String {
        String(field.prefix { $0 != ":" }).lowercased()
    }

    private static func text(of framing: BodyFraming) -> String {
        switch framing {
        case .none: "none"
        case .length(let length): "length \(length)"
        case .chunked: "coding chunked"
        case .untilClose: "until close"
        }
    }

    @Test("A response that is accepted keeps its meaning", arguments: UInt64(0)..<32)
    func responses(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var accepted = 0
        for _ in 0..<400 {
            let text = Self.responses.randomElement(using: &random) ?? ""
            let bytes = Self.mutated(text, using: &random)
            let method = [HTTPMethod.get, .head].randomElement(using: &random) ?? .get
            let outcome = Outcome { () throws(HTTPParseError) in
                try ParsedResponse(bytes, answering: method)
            }
            guard case .value(let response) = outcome else { continue }
            accepted += 1
            let output = try #require(try forwarded(response: bytes, answering: method))
            let sent = try #require(try ParsedResponse(output, answering: method))
            #expect(sent.length == output.count)
            #expect(sent.status == response.status && sent.reason == response.reason)
            #expect(sent.minorVersion == 1)
            #expect(
                sent.framing == (response.framing == .untilClose ? .chunked : response.framing))
            let believed = LenientHead(bytes[..<response.length]).framing
            switch response.framing {
            case .length, .chunked: #expect(believed == Self.text(of: response.framing))
            case .untilClose: #expect(believed == "none")
            case .none: break
            }
        }
        #expect((20..<380).contains(accepted))
    }

    @Test("A head means the same however it arrives", arguments: UInt64(0)..<96)
    func splitHeads(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        for _ in 0..<40 {
            let text = Self.requests.randomElement(using: &random) ?? ""
            let bytes =
                Bool.random(using: &random) ? [UInt8](text) : Self.mutated(text, using: &random)
            let whole = Outcome { () throws(HTTPParseError) in try ParsedRequest(bytes) }
            var seen = Outcome<ParsedRequest>.incomplete
            var search = HeadSearch()
            for count in 1...max(bytes.count, 1) where count <= bytes.count {
                let part = Array(bytes[..<count])
                let outcome = Outcome { () throws(HTTPParseError) in try ParsedRequest(part) }
                if seen == .incomplete { seen = outcome }
                #expect(outcome == seen)
                if search.isWorthParsing(part.span, limits: HeadLimits()) {
                    #expect(outcome != .incomplete)
                    break
                }
                if case .value = outcome { Issue.record("the search missed the end of a head") }
            }
            #expect(seen == whole)
        }
    }

    @Test("A chunked body means the same however it arrives", arguments: UInt64(0)..<64)
    func bodies(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        for _ in 0..<200 {
            let text = Self.bodies.randomElement(using: &random) ?? ""
            let bytes = Self.mutated(text, using: &random)
            let whole = Outcome { () throws(HTTPParseError) in try ChunkedTests.Decoded([bytes]) }
            let bytewise = Outcome { () throws(HTTPParseError) in
                try ChunkedTests.Decoded(bytes.map { [$0] })
            }
            #expect(whole == bytewise)
        }
    }
}
