import Primitives

extension Message {
    /// Bytes of the header, its counts included.
    static let headerBytes = 12

    /// Reads a whole message, to its last byte.
    ///
    /// Memory and time are bounded by the number of bytes: nothing is reserved because a count
    /// says so, and no name takes more than 255 bytes and as many steps.
    package init(decoding bytes: Span<UInt8>) throws(DNSError) {
        var (message, counts, reader) = try Self.readStart(bytes)
        message.answers = try Self.readRecords(counts.answers, bytes, &reader)
        message.authorities = try Self.readRecords(counts.authorities, bytes, &reader)
        for _ in 0..<counts.additionals {
            switch try Self.readEntry(bytes, &reader) {
            case .record(let record):
                message.additionals.append(record)
            case .extension(let found, let upperCode):
                guard message.extension == nil else { throw .misplacedExtension }
                message.extension = found
                message.header.responseCode = ResponseCode(
                    rawValue: message.header.responseCode.rawValue | upperCode << 4)
            }
        }
        guard reader.remaining == 0 else { throw .trailingBytes }
        self = message
    }

    /// Reads the header and the questions only. That is enough to tell whose answer it is, and
    /// whether the rest was cut off, when that may end anywhere.
    package init(decodingStartOf bytes: Span<UInt8>) throws(DNSError) {
        self = try Self.readStart(bytes).message
    }

    private struct Counts {
        let answers: UInt16
        let authorities: UInt16
        let additionals: UInt16
    }

    private static func readStart(
        _ bytes: Span<UInt8>
    ) throws(DNSError) -> (message: Message, Counts, MessageReader) {
        guard bytes.count <= bytesMax else { throw .messageTooLong }
        var reader = MessageReader(end: bytes.count)
        let id = try reader.read16(bytes)
        let flags = try reader.read16(bytes)
        let questions = try reader.read16(bytes)
        let counts = Counts(
            answers: try reader.read16(bytes), authorities: try reader.read16(bytes),
            additionals: try reader.read16(bytes))
        var message = Message(header: Header(id: id, flags: flags))
        for _ in 0..<questions {
            message.questions.append(
                Question(
                    name: try reader.readName(bytes),
                    type: RecordType(rawValue: try reader.read16(bytes)),
                    class: RecordClass(rawValue: try reader.read16(bytes))))
        }
        return (message, counts, reader)
    }

    private static func readRecords(
        _ count: UInt16, _ bytes: Span<UInt8>, _ reader: inout MessageReader
    ) throws(DNSError) -> [Record] {
        var records: [Record] = []
        for _ in 0..<count {
            guard case .record(let record) = try readEntry(bytes, &reader) else {
                throw .misplacedExtension
            }
            records.append(record)
        }
        return records
    }

    /// What can stand where a record does.
    private enum Entry {
        case record(Record)
        case `extension`(Extension, upperCode: UInt16)
    }

    private static func readEntry(
        _ bytes: Span<UInt8>, _ reader: inout MessageReader
    ) throws(DNSError) -> Entry {
        let name = try reader.readName(bytes)
        let type = RecordType(rawValue: try reader.read16(bytes))
        let `class` = RecordClass(rawValue: try reader.read16(bytes))
        let number = try reader.read32(bytes)
        var body = try reader.readPart(count: Int(try reader.read16(bytes)))
        if type == .opt {
            guard name.isRoot else { throw .misplacedExtension }
            let found = try Extension(payloadBytes: `class`.rawValue, number, bytes, &body)
            return .extension(found, upperCode: UInt16(number >> 24))
        }
        // A time to live with the top bit set is to be read as 0 (RFC 2181 section 8).
        let timeToLive = number > Record.timeToLiveMax ? 0 : number
        let data = try RecordData(type, `class`, bytes, &body)
        return .record(Record(name: name, class: `class`, timeToLive: timeToLive, data: data))
    }
}

extension Message.Header {
    init(id: UInt16, flags: UInt16) {
        self.id = id
        isResponse = flags & 0x8000 != 0
        opcode = Opcode(rawValue: UInt8(truncatingIfNeeded: flags >> 11))
        isAuthoritative = flags & 0x0400 != 0
        isTruncated = flags & 0x0200 != 0
        recursionDesired = flags & 0x0100 != 0
        recursionAvailable = flags & 0x0080 != 0
        isAuthentic = flags & 0x0020 != 0
        checkingDisabled = flags & 0x0010 != 0
        responseCode = ResponseCode(rawValue: flags & 0xF)
    }
}

extension Message.Extension {
    /// Reads the options; version and flag stand where other records have their time to live.
    fileprivate init(
        payloadBytes: UInt16, _ number: UInt32, _ bytes: Span<UInt8>, _ body: inout MessageReader
    ) throws(DNSError) {
        var check = body
        while check.remaining > 0 {
            guard check.remaining >= 4 else { throw .dataLength(.opt) }
            _ = try check.read16(bytes)
            let length = Int(try check.read16(bytes))
            guard check.remaining >= length else { throw .dataLength(.opt) }
            _ = try check.readPart(count: length)
        }
        self.init(
            payloadBytes: payloadBytes, version: UInt8(truncatingIfNeeded: number >> 16),
            wantsSignatures: number & 0x8000 != 0,
            options: try body.readBytes(bytes, count: body.remaining))
    }
}

extension RecordData {
    /// Reads the data of a record, to their last byte.
    fileprivate init(
        _ type: RecordType, _ class: RecordClass, _ bytes: Span<UInt8>,
        _ body: inout MessageReader
    ) throws(DNSError) {
        guard `class` == .internet else {
            self = .other(type, try body.readBytes(bytes, count: body.remaining))
            return
        }
        switch type {
        case .a:
            guard body.remaining == 4 else { throw .dataLength(type) }
            self = .address(IPAddress(ipv4: try body.read32(bytes)))
        case .aaaa:
            guard body.remaining == 16 else { throw .dataLength(type) }
            let high = try body.readNumber(bytes, count: 8)
            self = .address(IPAddress(ipv6High: high, low: try body.readNumber(bytes, count: 8)))
        case .cname:
            self = .alias(try body.readName(bytes))
        case .ns:
            self = .nameServer(try body.readName(bytes))
        case .srv:
            // RFC 2782 forbids to compress the target; RFC 3597 section 4 has us read it anyway.
            self = .service(
                Service(
                    priority: try body.read16(bytes), weight: try body.read16(bytes),
                    port: try body.read16(bytes), target: try body.readName(bytes)))
        case .soa:
            self = .authority(
                Authority(
                    primary: try body.readName(bytes), mailbox: try body.readName(bytes),
                    serial: try body.read32(bytes), refresh: try body.read32(bytes),
                    retry: try body.read32(bytes), expire: try body.read32(bytes),
                    minimum: try body.read32(bytes)))
        default:
            self = .other(type, try body.readBytes(bytes, count: body.remaining))
        }
        guard body.remaining == 0 else { throw .dataLength(type) }
    }
}
