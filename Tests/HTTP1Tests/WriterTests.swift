import HTTP1
import Testing

@Suite("Writing")
struct WriterTests {
    @Test(
        "Numbers",
        arguments: [
            (0, "0", "0"), (9, "9", "9"), (10, "10", "a"), (15, "15", "f"), (16, "16", "10"),
            (255, "255", "ff"), (256, "256", "100"), (65_535, "65535", "ffff"),
            (1_000_000, "1000000", "f4240"),
            (UInt64.max, "18446744073709551615", "ffffffffffffffff"),
        ] as [(UInt64, String, String)])
    func numbers(number: UInt64, decimal: String, hex: String) {
        #expect(written { $0.appendDecimal(number) } == [UInt8](decimal))
        #expect(written { $0.appendHex(number) } == [UInt8](hex))
    }

    @Test("What does not fit is left out, and nothing follows it")
    func overflow() {
        var buffer = [UInt8](repeating: 0xEE, count: 8)
        var state: (Int, Bool) = (0, false)
        buffer.withUnsafeMutableBytes { bytes in
            var writer = ByteWriter(UnsafeMutableRawBufferPointer(rebasing: bytes[..<6]))
            writer.append("abcd")
            writer.append("efg")
            writer.append(UInt8(ascii: "h"))
            writer.appendDecimal(1)
            writer.appendHex(1)
            let one: [UInt8] = [1]
            writer.append(one.span)
            state = (writer.count, writer.overflowed)
        }
        #expect(state == (4, true))
        #expect(buffer == [UInt8]("abcd") + [0xEE, 0xEE, 0xEE, 0xEE])
    }

    @Test("An empty buffer takes nothing, and nothing is no overflow")
    func empty() {
        #expect(written(capacity: 0) { $0.append("") } == [])
        let nothing: [UInt8] = []
        let spanWritten = written(capacity: 0) { $0.append(nothing.span) }
        #expect(spanWritten == [])
        #expect(written(capacity: 0) { $0.append("a") } == nil)
        var writer = ByteWriter(UnsafeMutableRawBufferPointer(start: nil, count: 0))
        writer.append("")
        let before = writer.overflowed
        writer.append("a")
        let after = writer.overflowed
        #expect(!before && after)
    }

    @Test(
        "Error answers",
        arguments: [
            (
                503, false,
                lines(
                    "HTTP/1.1 503 Service Unavailable", "Content-Type: text/plain",
                    "Content-Length: 42") + "503 Service Unavailable: no backend is up\n"
            ),
            (
                400, true,
                lines(
                    "HTTP/1.1 400 Bad Request", "Content-Type: text/plain", "Content-Length: 34",
                    "Connection: close") + "400 Bad Request: no backend is up\n"
            ),
            (
                599, true,
                lines(
                    "HTTP/1.1 599 Error", "Content-Type: text/plain", "Content-Length: 28",
                    "Connection: close") + "599 Error: no backend is up\n"
            ),
        ])
    func errors(status: Int, close: Bool, expected: String) throws {
        let answer = written {
            $0.writeError(status: status, detail: "no backend is up", close: close)
        }
        #expect(answer == [UInt8](expected))
        let head = written {
            $0.writeError(
                status: status, detail: "no backend is up", close: close, omitsBody: true)
        }
        let body = try #require(expected.split(separator: "\r\n\r\n").last)
        #expect(head == [UInt8](String(expected.dropLast(body.count))))
    }

    @Test(
        "Every error of a client can be answered, and the answer parses",
        arguments: HTTPParseError.allCases)
    func everyError(error: HTTPParseError) throws {
        let bytes = try #require(
            written {
                $0.writeError(status: error.status, detail: error.reason, close: true)
            })
        let parsed = try #require(try ParsedResponse(bytes))
        #expect(parsed.status == error.status)
        #expect(parsed.reason != "Error")
        #expect(parsed.framing == .length(UInt64(bytes.count - parsed.length)))
        #expect(!parsed.keepAlive)
    }
}
