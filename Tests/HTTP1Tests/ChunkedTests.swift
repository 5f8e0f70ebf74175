import HTTP1
import Primitives
import Testing

@Suite("Chunked bodies")
struct ChunkedTests {
    /// What a decoder made of a body that came in pieces.
    struct Decoded: Equatable, Sendable {
        var data: [UInt8] = []
        /// Bytes read to the end of the body, nil when the end did not come.
        var length: Int?

        init(_ pieces: [[UInt8]]) throws(HTTPParseError) {
            var decoder = ChunkedDecoder()
            var base = 0
            for piece in pieces {
                var offset = 0
                reading: while true {
                    switch try decoder.next(piece.span, at: &offset) {
                    case .data(let range):
                        data += piece[range]
                    case .needMore:
                        break reading
                    case .end:
                        length = base + offset
                        return
                    }
                }
                base += piece.count
            }
        }
    }

    static let longExtension = String(repeating: "x", count: 16_383)
    static let fullTrailers = String(repeating: "X: y\r\n", count: 32)

    @Test(
        "Bodies that are accepted, at whatever places they are split",
        arguments: [
            ("0\r\n\r\n", ""), ("5\r\nhello\r\n0\r\n\r\n", "hello"),
            ("5\r\nhello\r\n7\r\n, world\r\n0\r\n\r\n", "hello, world"),
            ("a\r\n0123456789\r\nA\r\n0123456789\r\n000\r\n\r\n", "01234567890123456789"),
            ("0000000000000003\r\nabc\r\n0000000000000000\r\n\r\n", "abc"),
            ("4\r\n\r\n\r\n\r\n0\r\n\r\n", "\r\n\r\n"),
            ("3;a=b\r\nabc\r\n0;c=\"d\te \u{e9}\"\r\n\r\n", "abc"),
            ("3;\r\nabc\r\n0\r\n\r\n", "abc"),
            ("1\r\na\r\n0\r\nETag: x\r\nServer-Timing: a\r\nX-Y:\r\n\r\n", "a"),
        ])
    func accepted(text: String, data: String) throws {
        let bytes = [UInt8](text)
        let whole = try Decoded([bytes])
        #expect(whole.data == [UInt8](data))
        #expect(whole.length == bytes.count)
        #expect(try Decoded([bytes + [UInt8]("GET / HTTP/1.1")]) == whole)
        #expect(try Decoded(bytes.map { [$0] }) == whole)
        for split in 0...bytes.count {
            let pieces = [Array(bytes[..<split]), Array(bytes[split...])]
            #expect(try Decoded(pieces) == whole)
            if split < bytes.count { #expect(try Decoded([pieces[0]]).length == nil) }
        }
    }

    @Test(
        "Bodies that are refused, at whatever places they are split",
        arguments: [
            ("\r\n", .chunkSizeInvalid), ("g\r\n", .chunkSizeInvalid),
            (" 5\r\n", .chunkSizeInvalid),
            ("5 \r\n", .chunkSizeInvalid), ("5\t;a\r\n", .chunkSizeInvalid),
            ("+5\r\n", .chunkSizeInvalid), ("-5\r\n", .chunkSizeInvalid),
            ("0x5\r\n", .chunkSizeInvalid), ("5h\r\n", .chunkSizeInvalid),
            (";a\r\n", .chunkSizeInvalid), ("5_0\r\n", .chunkSizeInvalid),
            ("\u{FF15}\r\n", .chunkSizeInvalid), ("5\0\r\n", .chunkSizeInvalid),
            ("00000000000000005\r\n", .chunkSizeTooLarge),
            ("8000000000000000\r\n", .chunkSizeTooLarge),
            ("ffffffffffffffff\r\n", .chunkSizeTooLarge),
            ("10000000000000000\r\n", .chunkSizeTooLarge), ("5\nhello", .bareLineFeed),
            ("5\rhello", .bareCarriageReturn), ("5\r\rhello", .bareCarriageReturn),
            ("5;a\nhello", .chunkExtensionInvalid), ("5;a\0\r\n", .chunkExtensionInvalid),
            ("5;a\u{7F}\r\n", .chunkExtensionInvalid), ("5;a\rb\r\n", .bareCarriageReturn),
            ("5\r\nhello0\r\n\r\n", .chunkEndMissing), ("5\r\nhello\n0\r\n", .chunkEndMissing),
            ("5\r\nhello\r0\r\n", .chunkEndMissing), ("5\r\nhello!\r\n", .chunkEndMissing),
            ("3\r\nab\r\n0\r\n\r\n", .chunkEndMissing), ("0\r\n\n", .bareLineFeed),
            ("0\r\n\rx", .bareCarriageReturn), ("0\r\nX\r\n\r\n", .fieldNameInvalid),
            ("0\r\n: x\r\n\r\n", .fieldNameInvalid), ("0\r\n X: y\r\n\r\n", .leadingWhitespace),
            ("0\r\nX: y\r\n z\r\n\r\n", .foldedLine),
            ("0\r\nX : y\r\n\r\n", .whitespaceBeforeColon),
            ("0\r\nX: y\nZ: a\r\n\r\n", .bareLineFeed), ("0\r\nX: \0\r\n\r\n", .controlByte),
            ("0\r\nX\n", .bareLineFeed), ("0\r\nX: y\rZ\r\n", .bareCarriageReturn),
            ("0\r\nX@: y\r\n\r\n", .fieldNameInvalid),
            ("0\r\nGET / HTTP/1.1", .whitespaceBeforeColon),
        ] as [(String, HTTPParseError)])
    func refused(text: String, error: HTTPParseError) {
        let bytes = [UInt8](text)
        expectRefused([bytes], error)
        expectRefused(bytes.map { [$0] }, error)
        for split in 0...bytes.count {
            expectRefused([Array(bytes[..<split]), Array(bytes[split...])], error)
        }
    }

    @Test(
        "Trailers that only a head may have",
        arguments: [
            "Content-Length", "Transfer-Encoding", "Host", "Connection", "Trailer", "TE", "Upgrade",
            "Content-Type", "Content-Encoding", "Content-Range", "Authorization", "Cookie",
            "Set-Cookie", "Cache-Control", "Expect", "Range", "If-Match", "X-Forwarded-For",
            "X-Real-IP", "Forwarded", "Proxy-Authorization", "Content_Length", "TRANSFER_ENCODING",
        ])
    func forbiddenTrailers(name: String) {
        for body in ["0\r\n\(name): x\r\n\r\n", "0\r\nA: b\r\n\(name.lowercased()):\r\n\r\n"] {
            expectRefused([[UInt8](body)], .trailerForbidden)
            expectRefused([UInt8](body).map { [$0] }, .trailerForbidden)
        }
    }

    @Test("Extensions and trailers have limits over the whole body")
    func limits() throws {
        let one = [UInt8]("1;\(Self.longExtension)\r\na\r\n")
        #expect(try Decoded([one + [UInt8]("0\r\n\r\n")]).data == [UInt8]("a"))
        expectRefused([one + [UInt8]("0;\r\n\r\n")], .chunkExtensionsTooLong)
        let half = String(repeating: "x", count: 8_192)
        expectRefused(
            [[UInt8]("1;\(half)\r\na\r\n1;\(half)\r\nb\r\n0\r\n\r\n")], .chunkExtensionsTooLong)
        #expect(try Decoded([[UInt8]("0\r\n\(Self.fullTrailers)\r\n")]).length != nil)
        expectRefused([[UInt8]("0\r\n\(Self.fullTrailers)X: y\r\n\r\n")], .trailersTooLong)
        let value = String(repeating: "v", count: 8_192 - 7)
        #expect(try Decoded([[UInt8]("0\r\nX: \(value)\r\n\r\n")]).length != nil)
        expectRefused([[UInt8]("0\r\nX: \(value)v\r\n\r\n")], .trailersTooLong)
    }

    @Test("Data of a large chunk passes in whatever pieces it comes")
    func largeChunk() throws {
        var decoder = ChunkedDecoder()
        let start = [UInt8]("7fffffffffffffff\r\nabc")
        var offset = 0
        let first = try decoder.next(start.span, at: &offset)
        #expect(first == .data(18..<21))
        let more = try decoder.next(start.span, at: &offset)
        #expect(more == .needMore)
        let piece = [UInt8](repeating: 0, count: 1_000)
        offset = 10
        let second = try decoder.next(piece.span, at: &offset)
        #expect(second == .data(10..<1_000))
        #expect(!decoder.isFinished)
    }

    @Test("What the writer frames, the decoder reads", arguments: UInt64(0)..<32)
    func roundTrip(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var data: [UInt8] = []
        let body = written { writer in
            for _ in 0..<Int.random(in: 0..<12, using: &random) {
                let count = Int.random(in: 1..<600, using: &random)
                let chunk = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
                data += chunk
                writer.appendChunkStart(chunk.count)
                writer.append(chunk.span)
                writer.appendChunkEnd()
            }
            writer.appendLastChunk()
        }
        let bytes = try #require(body)
        var pieces: [[UInt8]] = []
        var start = 0
        while start < bytes.count {
            let end = min(bytes.count, start + Int.random(in: 1..<200, using: &random))
            pieces.append(Array(bytes[start..<end]))
            start = end
        }
        let decoded = try Decoded(pieces)
        #expect(decoded.data == data)
        #expect(decoded.length == bytes.count)
    }

    private func expectRefused(
        _ pieces: [[UInt8]], _ error: HTTPParseError,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let outcome = Outcome { () throws(HTTPParseError) in try Decoded(pieces) }
        #expect(outcome == .refused(error), sourceLocation: sourceLocation)
    }
}
