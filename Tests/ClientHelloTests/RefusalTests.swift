import ClientHello
import Testing

@Suite("Refusing what is no ClientHello")
struct RefusalTests {
    @Test(
        "What is not TLS is known by its first bytes",
        arguments: [
            "GET / HTTP/1.1\r\n", "SSH-2.0-x\r\n", "PROXY TCP4", "\u{15}\u{3}\u{1}", "\u{17}", "\0",
            "\u{16}\u{2}", "\u{16}\u{4}\u{1}", "PRI * HTTP/2.0",
        ])
    func otherProtocols(text: String) {
        #expect(Reading(Array(text.utf8)) == .notTLS)
    }

    @Test("A hello in the form of SSL 2.0 is not TLS")
    func ssl2() {
        #expect(Reading([0x80, 0x2E, 1, 3, 1, 0, 21, 0, 0, 0, 16, 0, 0, 0x35]) == .notTLS)
    }

    struct Row: Sendable {
        let fault: ClientHelloFault
        let bytes: [UInt8]

        init(_ fault: ClientHelloFault, _ bytes: [UInt8]) {
            self.fault = fault
            self.bytes = bytes
        }

        init(_ fault: ClientHelloFault, _ change: (inout HelloBuilder) -> Void) {
            var builder = HelloBuilder(name: Array("example.com".utf8))
            change(&builder)
            self.init(fault, builder.bytes)
        }

        init(_ fault: ClientHelloFault, _ extensions: (kind: Int, data: [UInt8])...) {
            self.init(fault) { $0.extensions = extensions }
        }
    }

    private static let message = HelloBuilder(name: Array("example.com".utf8)).message
    private static let name = HelloBuilder.serverNames(HelloBuilder.hostName([0x61]))
    private static let protocols = HelloBuilder.protocols("h2")

    /// `message` with one byte changed.
    private static func changed(_ place: Int, _ byte: UInt8) -> [UInt8] {
        var message = message
        message[place] = byte
        return HelloBuilder.records(message, of: [])
    }

    static let rows: [Row] = [
        Row(.recordUnexpected, HelloBuilder.records(message, of: [9]).replacing(14, with: 21)),
        Row(.recordUnexpected, HelloBuilder.records(message, of: [9]).replacing(15, with: 2)),
        Row(.recordLengthInvalid, [22, 3, 1, 0, 0]),
        Row(.recordLengthInvalid, [22, 3, 1, 0x40, 1]),
        Row(.recordLengthInvalid, HelloBuilder.records(message, of: [4, 0])),
        Row(.notClientHello) { $0.messageType = 2 }, Row(.notClientHello, [22, 3, 1, 0, 9, 0]),
        Row(.tooLong, [22, 3, 1, 1, 0, 1, 1, 0, 0]),
        Row(.tooLong, [22, 3, 1, 1, 0, 1, 0xFF, 0xFF, 0xFF]),
        Row(.versionInvalid) { $0.version = [2, 0] },
        Row(.versionInvalid) { $0.version = [0xFE, 0xFD] },
        Row(.lengthInvalid) { $0.session = [UInt8](repeating: 0, count: 33) },
        Row(.lengthInvalid) { $0.suites = [] }, Row(.lengthInvalid) { $0.suites = [0, 1, 2] },
        Row(.lengthInvalid) { $0.compressions = [] },
        Row(.lengthInvalid, [22, 3, 1, 0, 4, 1, 0, 0, 0]),
        Row(.lengthInvalid, changed(3, message[3] - 1)),
        // The lengths of session, suites, compressions, extensions, data, list and name.
        Row(.lengthInvalid, changed(38, 33)), Row(.lengthInvalid, changed(38, 255)),
        Row(.lengthInvalid, changed(71, 0xFF)), Row(.lengthInvalid, changed(77, 0xFF)),
        Row(.lengthInvalid, changed(80, message[80] - 1)),
        Row(.lengthInvalid, changed(80, message[80] + 1)),
        Row(.lengthInvalid, changed(84, message[84] - 1)),
        Row(.lengthInvalid, changed(84, message[84] + 1)),
        Row(.lengthInvalid, changed(86, message[86] - 1)),
        Row(.lengthInvalid, changed(86, message[86] + 1)),
        Row(.lengthInvalid, changed(89, message[89] - 1)),
        Row(.lengthInvalid, changed(89, message[89] + 1)),
        Row(.lengthInvalid, (0, [])), Row(.lengthInvalid, (16, [])), Row(.lengthInvalid, (16, [0])),
        Row(.lengthInvalid, (0, [0, 0, 0])), Row(.lengthInvalid, (16, [0, 2, 1, 0x68, 0])),
        Row(.extensionRepeated, name, name),
        Row(.extensionRepeated, protocols, (1, []), protocols),
        Row(.extensionRepeated, HelloBuilder.serverNames([1, 0, 0]), name),
        Row(.serverNameInvalid, HelloBuilder.serverNames()),
        Row(
            .serverNameInvalid,
            HelloBuilder.serverNames(HelloBuilder.hostName([]), HelloBuilder.hostName([0x61]))),
        Row(
            .serverNameInvalid,
            HelloBuilder.serverNames(HelloBuilder.hostName([0x61]), HelloBuilder.hostName([0x61]))),
        Row(.protocolNameInvalid, HelloBuilder.protocols()),
        Row(.protocolNameInvalid, HelloBuilder.protocols("")),
        Row(.protocolNameInvalid, HelloBuilder.protocols("h2", "", "h3")),
        Row(.protocolNameInvalid, (16, [0, 3, 3, 0x68, 0x32])),
    ]

    @Test("Each fault is named", arguments: rows)
    func faults(row: Row) {
        #expect(Reading(row.bytes) == .malformed(row.fault))
    }

    @Test("There is an example of every fault")
    func everyFault() {
        #expect(Set(Self.rows.map(\.fault)) == Set(ClientHelloFault.allCases))
    }

    @Test("More bytes never change the reason, and fewer are incomplete", arguments: rows)
    func growth(row: Row) {
        var growing = ClientHelloReader()
        var isDecided = false
        for count in 0...(row.bytes.count + 20) {
            let bytes = Array((row.bytes + [UInt8](repeating: 22, count: 20)).prefix(count))
            let reading = Reading(bytes)
            if !isDecided {
                #expect(Reading(&growing, bytes) == reading)
                isDecided = !reading.isIncomplete
            }
            if isDecided { #expect(reading == .malformed(row.fault)) }
        }
        #expect(isDecided)
    }

    @Test(
        "Names are passed on as they are",
        arguments: [
            "a", "example.com", "EXAMPLE.com", "example.com.", "192.0.2.1", "[2001:db8::1]",
            "a_b", "*.example.com", "-", "..", "xn--bcher-kva.example",
            String(repeating: "a", count: 255),
        ])
    func names(name: String) {
        let bytes = HelloBuilder(name: Array(name.utf8)).bytes
        #expect(Reading(bytes) == .hello(serverName: name, protocols: []))
    }

    @Test(
        "Names that are not visible ASCII, or too long, are refused",
        arguments: [
            "\0", "example.com\0", "example.com\0.evil", "a b", " a", "a\n", "a\t", "a\u{7F}",
            "b\u{fc}cher.example", String(repeating: "a", count: 256),
        ])
    func refusedNames(name: String) {
        let bytes = HelloBuilder(name: Array(name.utf8)).bytes
        #expect(Reading(bytes) == .malformed(.serverNameInvalid))
    }

    @Test("Names of other kinds are passed over, and an empty name is none")
    func otherKinds() {
        let other: [UInt8] = [7, 0, 2, 0, 0]
        let name = HelloBuilder.hostName(Array("a".utf8))
        for list in [
            HelloBuilder.serverNames(other, name), HelloBuilder.serverNames(name, other),
        ] {
            #expect(Reading(HelloBuilder(list).bytes) == .hello(serverName: "a", protocols: []))
        }
        for list in [
            HelloBuilder.serverNames(other), HelloBuilder.serverNames(HelloBuilder.hostName([])),
        ] {
            #expect(Reading(HelloBuilder(list).bytes) == .hello(serverName: nil, protocols: []))
        }
    }

    /// A hello with a name, whose records have `size` bytes in all.
    private func hello(ofSize size: Int, recordSizes: [Int]) -> [UInt8] {
        var builder = HelloBuilder(name: Array("a".utf8))
        builder.extensions?.append((21, []))
        let missing = size - builder.records(of: recordSizes).count
        builder.extensions?[1].data = [UInt8](repeating: 0, count: missing)
        return builder.records(of: recordSizes)
    }

    @Test("The longest hello that is read has as many bytes as the limit says")
    func longest() {
        let limit = ClientHelloReader.bytesMax
        for sizes in [[], [1, 1, 1, 1, 1], [60]] {
            let bytes = hello(ofSize: limit, recordSizes: sizes)
            #expect(bytes.count == limit)
            #expect(Reading(bytes) == .hello(serverName: "a", protocols: []))
            #expect(Reading(Array(bytes.dropLast())) == .incomplete(atLeast: limit))
            let longer = hello(ofSize: limit + 1, recordSizes: sizes)
            #expect(Reading(longer) == .malformed(.tooLong))
        }
    }

    @Test("A hello that is too long is refused as soon as its length is known")
    func early() {
        let longer = hello(ofSize: ClientHelloReader.bytesMax + 1, recordSizes: [])
        #expect(Reading(Array(longer.prefix(8))) == .incomplete(atLeast: 9))
        #expect(Reading(Array(longer.prefix(9))) == .malformed(.tooLong))
    }

    @Test("Tiny records do not make a hello longer than the limit")
    func tinyRecords() {
        var builder = HelloBuilder(name: Array("a".utf8))
        builder.extensions?.append((21, [UInt8](repeating: 0, count: 4000)))
        let bytes = builder.records(of: [Int](repeating: 1, count: builder.message.count))
        #expect(bytes.count > ClientHelloReader.bytesMax)
        #expect(Reading(bytes) == .malformed(.tooLong))
        var reader = ClientHelloReader()
        var count = 0
        while case .incomplete(let atLeast) = Reading(&reader, Array(bytes[..<count])) {
            #expect(atLeast > count && atLeast <= ClientHelloReader.bytesMax)
            guard atLeast > count else { return }
            count = atLeast
        }
    }
}

extension [UInt8] {
    func replacing(_ place: Int, with byte: UInt8) -> [UInt8] {
        var bytes = self
        bytes[place] = byte
        return bytes
    }
}
