import ClientHello
import Testing

@Suite("Reading a ClientHello")
struct ClientHelloTests {
    @Test("Real clients are understood", arguments: RealHello.all)
    func realHellos(hello: RealHello) {
        let expected = Reading.hello(serverName: hello.serverName, protocols: hello.protocols)
        #expect(Reading(hello.bytes) == expected)
        // What follows the hello, such as early data, is not looked at.
        #expect(Reading(hello.bytes + [20, 3, 3, 0, 1, 1, 23]) == expected)
    }

    @Test("A name that is in one record is found where it is", arguments: RealHello.all)
    func ranges(hello: RealHello) {
        var reader = ClientHelloReader()
        guard case .hello(let read) = reader.read(hello.bytes.span) else {
            Issue.record("no hello")
            return
        }
        let name = read.serverName?.range.map { String(decoding: hello.bytes[$0], as: UTF8.self) }
        #expect(name == hello.serverName)
        #expect(read.serverName?.count == hello.serverName?.utf8.count)
    }

    @Test("A hello cut short at any byte is incomplete", arguments: RealHello.all)
    func truncation(hello: RealHello) {
        var growing = ClientHelloReader()
        for count in 0..<hello.bytes.count {
            let part = Array(hello.bytes[..<count])
            let reading = Reading(&growing, part)
            #expect(reading == Reading(part))
            guard case .incomplete(let atLeast) = reading else {
                Issue.record("\(reading) of \(count) bytes")
                return
            }
            #expect(atLeast > count && atLeast <= hello.bytes.count)
        }
        #expect(Reading(&growing, hello.bytes) == Reading(hello.bytes))
    }

    @Test("A caller that waits for as many bytes as it is told reads four times at most")
    func waiting() {
        for hello in RealHello.all {
            var reader = ClientHelloReader()
            var count = 0
            var reads = 0
            while case .incomplete(let atLeast) = Reading(&reader, Array(hello.bytes[..<count])) {
                count = atLeast
                reads += 1
            }
            #expect(count == hello.bytes.count && reads <= 3)
        }
    }

    @Test("A hello split over two records at any byte means the same", arguments: RealHello.all)
    func twoRecords(hello: RealHello) {
        let message = Array(hello.bytes.dropFirst(5))
        for size in 1..<message.count {
            let bytes = HelloBuilder.records(message, of: [size])
            #expect(Reading(bytes) == Reading(hello.bytes))
            if size % 16 == 0 { checkTruncation(bytes) }
        }
    }

    @Test("A hello in records of any size means the same", arguments: RealHello.all)
    func manyRecords(hello: RealHello) {
        let message = Array(hello.bytes.dropFirst(5))
        for size in 1..<40 {
            let sizes = [Int](repeating: size, count: message.count / size)
            let bytes = HelloBuilder.records(message, of: sizes)
            #expect(Reading(bytes) == Reading(hello.bytes))
        }
        checkTruncation(
            HelloBuilder.records(message, of: [Int](repeating: 1, count: message.count)))
    }

    private func checkTruncation(_ bytes: [UInt8]) {
        var growing = ClientHelloReader()
        for count in stride(from: 0, to: bytes.count, by: 7) {
            let reading = Reading(&growing, Array(bytes[..<count]))
            guard case .incomplete(let atLeast) = reading else {
                Issue.record("\(reading) of \(count) bytes")
                return
            }
            #expect(atLeast > count && atLeast <= bytes.count)
        }
        #expect(Reading(&growing, bytes) == Reading(bytes))
    }

    @Test("A name is in one piece exactly if no record ends inside it")
    func splitNames() {
        let builder = HelloBuilder(name: Array("example.com".utf8))
        let start = builder.message.count - 11
        for size in 1..<builder.message.count {
            let bytes = builder.records(of: [size])
            var reader = ClientHelloReader()
            guard case .hello(let hello) = reader.read(bytes.span), let name = hello.serverName
            else {
                Issue.record("no name")
                return
            }
            let isSplit = size > start
            #expect((name.range == nil) == isSplit)
            if let range = name.range { #expect(bytes[range] == Array("example.com".utf8)[...]) }
            #expect(name.text(in: bytes) == "example.com")
        }
    }

    @Test("A name is copied only where there is room for all of it")
    func room() {
        let bytes = HelloBuilder(name: Array("example.com".utf8)).records(of: [90])
        var reader = ClientHelloReader()
        guard case .hello(let hello) = reader.read(bytes.span), let name = hello.serverName else {
            Issue.record("no name")
            return
        }
        for room in 0..<20 {
            var copy = [UInt8](repeating: 0xEE, count: room)
            var output = copy.mutableSpan
            let count = name.copy(from: bytes.span, to: &output)
            #expect(count == (room < 11 ? nil : 11))
            #expect(copy.prefix(count ?? 0) == Array("example.com".utf8).prefix(count ?? 0))
            #expect(copy.dropFirst(count ?? 0).allSatisfy { $0 == 0xEE })
        }
    }

    @Test("Every version of record and hello since SSL 3.0 is read", arguments: UInt8(0)...5)
    func versions(minor: UInt8) {
        var builder = HelloBuilder(name: Array("a".utf8))
        builder.recordVersion = [3, minor]
        builder.version = [3, minor]
        #expect(Reading(builder.bytes) == .hello(serverName: "a", protocols: []))
    }

    @Test("A hello without extensions, or with none that matter, names no server")
    func nameless() {
        var builder = HelloBuilder()
        #expect(Reading(builder.bytes) == .hello(serverName: nil, protocols: []))
        builder.extensions = nil
        builder.session = []
        #expect(Reading(builder.bytes) == .hello(serverName: nil, protocols: []))
        builder.extensions = [(0x0A0A, []), (43, [2, 3, 4]), (0xFE0D, [0, 1, 2])]
        #expect(Reading(builder.bytes) == .hello(serverName: nil, protocols: []))
    }

    @Test("GREASE and Encrypted Client Hello are passed over: the outer name counts")
    func grease() {
        let inner = HelloBuilder(name: Array("secret.example".utf8)).message
        let bytes = HelloBuilder(
            (0x2A2A, []), (0xFE0D, [0] + inner), HelloBuilder.protocols("\u{2}\u{2}", "h2"),
            HelloBuilder.serverNames(HelloBuilder.hostName(Array("public.example".utf8))),
            (0xFAFA, [0])
        ).bytes
        let expected = Reading.hello(
            serverName: "public.example", protocols: ["\u{2}\u{2}", "h2"])
        #expect(Reading(bytes) == expected)
    }

    @Test("A protocol is offered if it is in the list, byte for byte")
    func offers() {
        let bytes = HelloBuilder(HelloBuilder.protocols("h2", "http/1.1", "H3")).records(of: [95])
        var reader = ClientHelloReader()
        guard case .hello(let hello) = reader.read(bytes.span), let names = hello.protocols else {
            Issue.record("no protocols")
            return
        }
        for (name, isOffered) in [
            ("h2", true), ("http/1.1", true), ("H3", true), ("h3", false), ("h", false),
            ("http/1.10", false), ("", false),
        ] {
            let bytesOfName = Array(name.utf8)
            let contains = names.contains(bytesOfName.span, in: bytes.span)
            #expect(contains == isOffered)
        }
    }
}
