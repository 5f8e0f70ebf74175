import DNSCodec
import Primitives
import Testing

@Suite("Messages as they travel")
struct CodecTests {
    @Test("Every message is read as what was written", arguments: Samples.messages)
    func roundTrip(message: Message) throws {
        let bytes = message.encoded()
        #expect(try Message(decoding: bytes.span) == message)
        var start = message
        start.answers = []
        start.authorities = []
        start.additionals = []
        start.extension = nil
        start.header.responseCode = ResponseCode(
            rawValue: message.header.responseCode.rawValue & 0xF)
        #expect(try Message(decodingStartOf: bytes.span) == start)
    }

    @Test("A query has the bytes of RFC 1035 and RFC 6891")
    func query() {
        let question = Question(name: Samples.name("a.bc"), type: .aaaa)
        #expect(
            Message.query(id: 0xABCD, question).encoded() == [
                0xAB, 0xCD, 0x01, 0x00, 0, 1, 0, 0, 0, 0, 0, 1,  // recursion desired
                1, 0x61, 2, 0x62, 0x63, 0, 0, 28, 0, 1,
                0, 0, 41, 0x04, 0xD0, 0, 0, 0, 0, 0, 0,  // 1232 bytes
            ])
    }

    @Test("The compressed names of RFC 1035 section 4.1.4 are read")
    func compression() throws {
        // F.ISI.ARPA at 20, FOO.F.ISI.ARPA at 40, ARPA as a pointer to 26, the root at 92.
        var bytes: [UInt8] = [0, 7, 0x80, 0, 0, 4, 0, 0, 0, 0, 0, 0]
        let one: [UInt8] = [0, 1, 0, 1]
        bytes += [1, 0x46, 3, 0x49, 0x53, 0x49, 4, 0x41, 0x52, 0x50, 0x41, 0] + one
        bytes += [3, 0x46, 0x4F, 0x4F, 0xC0, 12] + one + [0xC0, 18] + one + [0] + one
        let message = try Message(decoding: bytes.span)
        #expect(
            message.questions.map(\.name.description) == [
                "F.ISI.ARPA", "FOO.F.ISI.ARPA", "ARPA", ".",
            ])
        // And are written so.
        #expect(message.encoded() == bytes)
    }

    @Test("A target is written in full (RFC 2782)")
    func target() throws {
        let owner = "_a._tcp.example.com"
        let question = Question(name: Samples.name(owner), type: .srv)
        let message = Samples.response(
            to: question, [Samples.service(owner, "b.example.com", port: 1)])
        let wire = Samples.name("b.example.com").wire
        let bytes = message.encoded()
        #expect(bytes.indices.contains { bytes[$0...].starts(with: wire) })
    }

    @Test("A time to live with the top bit set is 0 (RFC 2181 section 8)")
    func topBit() throws {
        var bytes: [UInt8] = [0, 7, 0x80, 0, 0, 0, 0, 2, 0, 0, 0, 0]
        bytes += [0, 0, 1, 0, 1, 0x80, 0, 0, 1, 0, 4, 1, 2, 3, 4]
        bytes += [0, 0, 1, 0, 1, 0x7F, 0xFF, 0xFF, 0xFF, 0, 4, 1, 2, 3, 4]
        let message = try Message(decoding: bytes.span)
        #expect(message.answers.map(\.timeToLive) == [0, Record.timeToLiveMax])
    }

    @Test("What does not fit is left out whole, and marked if it is missed")
    func truncation() throws {
        let question = Question(name: Samples.name("many.example.com"), type: .a)
        let answers = (0..<200).map { Samples.address("many.example.com", "192.0.2.\($0)") }
        var message = Samples.response(to: question, answers)
        for limit in [0, 512, 513, 1_232, 2_000] {
            let bytes = message.encoded(limit: limit)
            let read = try Message(decoding: bytes.span)
            #expect(bytes.count <= max(limit, 512) && bytes.count > max(limit, 512) - 16)
            #expect(read.header.isTruncated)
            #expect(read.answers == Array(answers.prefix(read.answers.count)))
            #expect(read.extension == message.extension)
        }
        #expect(try Message(decoding: message.encoded().span) == message)

        message.additionals = message.answers
        message.answers = []
        let read = try Message(decoding: message.encoded(limit: 512).span)
        #expect(!read.header.isTruncated)
        #expect((20...40).contains(read.additionals.count))
    }

    @Test("A question with the longest name is answered within 512 bytes")
    func longestQuestion() throws {
        let label = String(repeating: "x", count: 61)
        let longest = [label, label, label, label].joined(separator: ".") + ".abcd"
        let question = Question(name: Samples.name(longest), type: .a)
        var message = Samples.response(to: question, [Samples.address(longest, "192.0.2.1")])
        message.extension?.options = [UInt8](repeating: 0, count: 128)
        let read = try Message(decoding: message.encoded(limit: 512).span)
        #expect(read == message)
    }

    @Test("A response repeats what it answers, and fits the one who asked")
    func response() {
        let question = Question(name: Samples.name("a.example"), type: .a)
        var query = Message.query(id: 77, question, extension: nil)
        #expect(query.responseBytesMax == 512)
        #expect(query.response().extension == nil)
        let response = query.response(.refused)
        #expect(response.header.id == 77 && response.header.isResponse)
        #expect(response.header.recursionDesired && response.questions == [question])
        for (said, meant) in [(0, 512), (600, 600), (1_232, 1_232), (65_535, 1_232)]
            as [(UInt16, Int)]
        {
            query.extension = Message.Extension(payloadBytes: said)
            #expect(query.responseBytesMax == meant)
        }
        #expect(query.response().extension == Message.Extension())
    }
}
