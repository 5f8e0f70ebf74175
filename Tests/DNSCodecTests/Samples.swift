import DNSCodec
import Primitives
import Testing

/// Names and messages that the tests share.
enum Samples {
    static func name(_ text: String) -> DomainName {
        guard let name = DomainName(text) else { fatalError("\(text) is no name") }
        return name
    }

    static func ip(_ text: String) -> IPAddress {
        guard let ip = IPAddress(text) else { fatalError("\(text) is no address") }
        return ip
    }

    static let authority = RecordData.authority(
        RecordData.Authority(
            primary: name("ns.example.com"), mailbox: name("admin.example.com"), serial: 2_026,
            refresh: 7_200, retry: 3_600, expire: 1_209_600, minimum: 60))

    static func address(_ owner: String, _ text: String, seconds: UInt32 = 30) -> Record {
        Record(name: name(owner), timeToLive: seconds, data: .address(ip(text)))
    }

    static func alias(_ owner: String, _ target: String, seconds: UInt32 = 30) -> Record {
        Record(name: name(owner), timeToLive: seconds, data: .alias(name(target)))
    }

    static func service(
        _ owner: String, _ target: String, port: UInt16, priority: UInt16 = 0, weight: UInt16 = 1
    ) -> Record {
        Record(
            name: name(owner), timeToLive: 10,
            data: .service(
                RecordData.Service(
                    priority: priority, weight: weight, port: port, target: name(target))))
    }

    static func response(
        to question: Question, code: ResponseCode = .noError, _ answers: [Record],
        authorities: [Record] = [], additionals: [Record] = []
    ) -> Message {
        var message = Message.query(id: 0x1234, question).response(code)
        message.header.recursionAvailable = true
        message.answers = answers
        message.authorities = authorities
        message.additionals = additionals
        return message
    }

    /// Messages of every kind, which are equal to what their bytes are read as.
    static let messages: [Message] = {
        let a = Question(name: name("www.example.com"), type: .a)
        let srv = Question(name: name("_http._tcp.example.com"), type: .srv)
        let start = Record(name: name("example.com"), timeToLive: 300, data: authority)
        var strange = response(
            to: Question(name: name("x.test"), type: RecordType(rawValue: 16)),
            [
                Record(
                    name: name("x.test"), timeToLive: 0,
                    data: .other(RecordType(rawValue: 16), [3, 97, 98, 99])),
                Record(
                    name: .root, class: RecordClass(rawValue: 3),
                    timeToLive: Record.timeToLiveMax, data: .other(.a, [1, 2, 3])),
            ])
        strange.header.responseCode = .badVersion
        strange.header.isAuthoritative = true
        strange.header.isTruncated = true
        strange.header.isAuthentic = true
        strange.header.checkingDisabled = true
        strange.header.opcode = Opcode(rawValue: 5)
        strange.extension = Message.Extension(
            payloadBytes: 4_096, version: 1, wantsSignatures: true, options: [0, 10, 0, 2, 7, 8])
        return [
            .query(id: 1, a), .query(id: 0xFFFF, srv, extension: nil),
            response(
                to: a,
                [
                    alias("WWW.example.com", "web.example.com"),
                    address("web.example.com", "192.0.2.1"),
                    address("web.example.com", "2001:db8::1"),
                ],
                authorities: [
                    Record(
                        name: name("example.com"), timeToLive: 60,
                        data: .nameServer(name("ns.example.com")))
                ]),
            response(
                to: srv,
                [
                    service("_http._tcp.example.com", "b-1.example.com", port: 8_080),
                    service("_http._tcp.example.com", "b-2.example.com", port: 8_081, priority: 9),
                ],
                additionals: [
                    address("b-1.example.com", "192.0.2.1"),
                    address("b-2.example.com", "192.0.2.2"),
                ]),
            response(to: a, code: .noSuchName, [], authorities: [start]),
            strange,
            Message(header: Message.Header(id: 0)),
        ]
    }()
}
