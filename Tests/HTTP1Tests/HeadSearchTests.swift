import HTTP1
import Testing

@Suite("Searching for the end of a head")
struct HeadSearchTests {
    @Test(
        "The end is a line feed behind which a line is empty",
        arguments: [
            ("", nil), ("GET / HTTP/1.1\r\n", nil), ("a\r\n\r\n", 5), ("a\n\n", 3),
            ("a\n\r\n", 4), ("a\r\n\rb\r\n\r\n", 9), ("\r\n", nil), ("\r\n\r\n", 4),
            ("a\r\n \r\n\r\n", 8), ("a\r\r\n\r\n", 6), ("\n", nil), ("\r\na\r\nb\r\n\r\n", 10),
            ("a\r\n\0\r\n", nil),
        ] as [(String, Int?)])
    func ends(text: String, end: Int?) {
        let bytes = [UInt8](text)
        var search = HeadSearch()
        var found: Int?
        for count in 0...bytes.count where found == nil {
            let part = Array(bytes[..<count])
            if search.isWorthParsing(part.span, limits: HeadLimits()) { found = count }
        }
        #expect(found == end)
        // All at once, with more behind it.
        var other = HeadSearch()
        let more = bytes + [UInt8]("xyz")
        let isWorthParsing = other.isWorthParsing(more.span, limits: HeadLimits())
        #expect(isWorthParsing == (end != nil))
    }

    @Test("A head that never ends is parsed, and refused, when it has reached its limit")
    func limit() {
        let limits = HeadLimits(headBytes: 100)
        let bytes = [UInt8]("GET / HTTP/1.1\r\nHost: a\r\nX: " + String(repeating: "x", count: 90))
        var search = HeadSearch()
        for count in 1...100 {
            let part = Array(bytes[..<count])
            let isWorthParsing = search.isWorthParsing(part.span, limits: limits)
            #expect(isWorthParsing == (count == 100))
            let outcome = Outcome { () throws(HTTPParseError) in
                try ParsedRequest(part, limits: limits)
            }
            #expect(outcome == (count == 100 ? .refused(.headTooLong) : .incomplete))
        }
    }

    @Test("Limits outside what a parser can hold are clamped")
    func clamped() {
        #expect(
            HeadLimits(headBytes: 0, targetBytes: 0, fields: 0)
                == HeadLimits(headBytes: 64, targetBytes: 1, fields: 1))
        #expect(
            HeadLimits(headBytes: .max, targetBytes: .max, fields: .max)
                == HeadLimits(headBytes: 65_535, targetBytes: 65_535, fields: 128))
        #expect(HeadLimits() == HeadLimits(headBytes: 16_384, targetBytes: 8_190, fields: 128))
    }

    @Test("A head of 65,535 bytes can be parsed and passed on")
    func largest() throws {
        let limits = HeadLimits(headBytes: 65_535, targetBytes: 65_535)
        let start = "GET / HTTP/1.1\r\nHost: a\r\nX: "
        let value = String(repeating: "x", count: 65_535 - start.utf8.count - 4)
        let bytes = [UInt8](start + value + "\r\n\r\n")
        let parsed = try #require(try ParsedRequest(bytes, limits: limits))
        #expect(parsed.length == 65_535)
        #expect(parsed.fields == ["Host: a", "X: " + value])
        expectRefused(bytes + [0x20], with: .headTooLong, limits: HeadLimits(headBytes: 65_534))
    }

    @Test("A field is found by its known name, the first of several")
    func firstIndex() throws {
        let bytes = [UInt8](lines("HTTP/1.1 200 OK", "A: b", "DATE: x", "Date: y"))
        var head = ResponseHead()
        _ = try head.parse(bytes.span, answering: .get, limits: HeadLimits())
        let found = (head.fields.firstIndex(of: .date), head.fields.firstIndex(of: .server))
        #expect(found == (1, nil))
    }

    @Test("A field that is not there is our own mistake, and traps")
    func traps() async {
        await #expect(processExitsWith: .failure) {
            let head = RequestHead()
            _ = head.fields[0]
        }
        await #expect(processExitsWith: .failure) {
            var writer = ByteWriter(UnsafeMutableRawBufferPointer(start: nil, count: 0))
            writer.appendChunkStart(0)
        }
    }
}
