import DNSCodec
import Testing

@Suite("Bytes that are no message")
struct HostileTests {
    /// A message of one record with a name and data; the record begins at 12.
    private static func record(
        name: [UInt8] = [0], type: UInt8 = 1, class: UInt8 = 1, length: UInt16? = nil,
        data: [UInt8] = [1, 2, 3, 4]
    ) -> [UInt8] {
        let count = length ?? UInt16(data.count)
        return [0, 7, 0x80, 0, 0, 0, 0, 1, 0, 0, 0, 0] + name
            + [0, type, 0, `class`, 0, 0, 0, 30, UInt8(count >> 8), UInt8(count & 0xFF)] + data
    }

    private static let option: [UInt8] = [0, 0, 41, 4, 0xD0, 0, 0, 0, 0, 0, 0]
    private static let long: [UInt8] = [63] + [UInt8](repeating: 0x61, count: 63)

    private static let cases: [(what: String, bytes: [UInt8], error: DNSError)] = [
        ("nothing", [], .truncated),
        ("half a header", [0, 7, 0x80, 0, 0, 0], .truncated),
        ("a question that is missing", [0, 7, 0x80, 0, 0, 1, 0, 0, 0, 0, 0, 0], .truncated),
        (
            "65,535 records that are missing", [0, 7, 0x80, 0, 0, 0, 255, 255, 0, 0, 0, 0],
            .truncated
        ),
        ("a byte too many", record() + [0], .trailingBytes),
        ("a pointer to itself", record(name: [0xC0, 12]), .pointer),
        ("a pointer forward", record(name: [0xC0, 14]), .pointer),
        ("a pointer into the header", record(name: [0xC0, 0]), .pointer),
        ("a pointer far behind the end", record(name: [0xFF, 0xFF]), .pointer),
        ("a pointer back to its own labels", record(name: [1, 0x61, 0xC0, 12]), .pointer),
        ("two pointers at one another", record(name: [0xC0, 14, 0xC0, 12]), .pointer),
        ("half a pointer", [0, 7, 0x80, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0xC0], .truncated),
        ("a label of type 01", record(name: [0x41, 0x61, 0]), .labelType),
        ("a label of type 10", record(name: [0x81, 0x61, 0]), .labelType),
        ("a label beyond the end", [0, 7, 0x80, 0, 0, 1, 0, 0, 0, 0, 0, 0, 9, 0x61], .truncated),
        ("a name without end", record(name: long + long + long + long), .nameTooLong),
        (
            "a name of 256 bytes", record(name: long + long + long + [62] + long[..<62] + [0]),
            .nameTooLong
        ),
        ("an address of 3 bytes", record(data: [1, 2, 3]), .dataLength(.a)),
        ("an address of 5 bytes", record(data: [1, 2, 3, 4, 5]), .dataLength(.a)),
        ("an IPv6 address of 4 bytes", record(type: 28), .dataLength(.aaaa)),
        ("data beyond the end", record(length: 5), .truncated),
        ("data of 65,535 bytes", record(length: 65_535), .truncated),
        ("an alias and more", record(type: 5, data: [0, 0]), .dataLength(.cname)),
        ("an alias beyond its data", record(type: 5, length: 1, data: [1, 0x61, 0]), .truncated),
        ("a name server without name", record(type: 2, data: []), .truncated),
        ("a service without target", record(type: 33, data: [0, 1, 0, 1, 0, 80]), .truncated),
        (
            "a service and more", record(type: 33, data: [0, 1, 0, 1, 0, 80, 0, 9]),
            .dataLength(.srv)
        ),
        ("half an authority", record(type: 6, data: [0, 0, 0, 0, 0, 1]), .truncated),
        ("an OPT record among the answers", record(type: 41, data: []), .misplacedExtension),
        (
            "two OPT records", [0, 7, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 2] + option + option,
            .misplacedExtension
        ),
        (
            "an OPT record with a name",
            [0, 7, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0x61] + option, .misplacedExtension
        ),
        (
            "an option beyond its record",
            [0, 7, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 1] + option[..<9] + [0, 4, 0, 3, 0, 9],
            .dataLength(.opt)
        ),
        ("more than 65,535 bytes", [UInt8](repeating: 0, count: 65_536), .messageTooLong),
    ]

    @Test("Each is refused with its reason", arguments: cases.indices)
    func refused(index: Int) {
        let (what, bytes, error) = Self.cases[index]
        #expect(throws: error, "\(what)") { try Message(decoding: bytes.span) }
    }

    @Test("A message that ends early is refused wherever it ends", arguments: Samples.messages)
    func everyEnd(message: Message) {
        let bytes = message.encoded()
        for count in bytes.indices {
            #expect(throws: DNSError.self) {
                try Message(decoding: bytes.span.extracting(first: count))
            }
        }
    }

    @Test("A chain of pointers is followed to its end, but not a very long one")
    func pointerChain() throws {
        /// A record whose data are a root and then pointers, each to the one before, and a second
        /// one that has the last of them for its name.
        func message(pointers: Int) -> [UInt8] {
            var data: [UInt8] = [0]
            var place = 12 + 11
            for index in 0..<pointers {
                data += [0xC0 | UInt8(place >> 8), UInt8(place & 0xFF)]
                place = 12 + 11 + 1 + 2 * index
            }
            var bytes = Self.record(type: 99, data: data)
            bytes[7] = 2
            return bytes + [0xC0 | UInt8(place >> 8), UInt8(place & 0xFF), 0, 1, 0, 1, 0, 0, 0, 1]
                + [0, 4, 1, 2, 3, 4]
        }
        #expect(try Message(decoding: message(pointers: 126).span).answers.last?.name == .root)
        #expect(throws: DNSError.pointer) {
            try Message(decoding: message(pointers: 127).span)
        }
    }

    @Test("The dearest message there is takes a moment only")
    func dearest() throws {
        // A name of 127 labels, and then as many records as fit that point at it.
        var bytes: [UInt8] = [0, 7, 0x80, 0, 0, 1, 0x15, 0x37, 0, 0, 0, 0]
        for _ in 0..<127 { bytes += [1, 0x61] }
        bytes += [0, 0, 1, 0, 1]
        let count = (Message.bytesMax - bytes.count) / 14
        bytes[6] = UInt8(count >> 8)
        bytes[7] = UInt8(count & 0xFF)
        for _ in 0..<count { bytes += [0xC0, 12, 0, 5, 0, 1, 0, 0, 0, 1, 0, 2, 0xC0, 12] }
        let clock = ContinuousClock()
        var records = 0
        let time = try clock.measure {
            records = try Message(decoding: bytes.span).answers.count
        }
        #expect(records == count && records > 4_600)
        #expect(time < .seconds(1), "\(time)")
    }
}
