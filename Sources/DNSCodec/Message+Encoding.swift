import Primitives

extension Message {
    /// The message as it travels.
    ///
    /// What does not fit is left out whole: further addresses without a word, as they are only a
    /// help; answers and authorities with the mark that there is more (RFC 2181 section 9).
    ///
    /// - Parameter limit: The most bytes, 512 to `bytesMax`; `responseBytesMax` of the query over
    ///   UDP.
    package func encoded(limit: Int = Message.bytesMax) -> [UInt8] {
        let limit = min(max(limit, Self.plainBytesMax), Self.bytesMax)
        var writer = MessageWriter()
        var isCut = false
        writer.write([UInt8](repeating: 0, count: Self.headerBytes))
        let ending = encodedExtension
        let end = limit - ending.count

        var counts: [UInt16] = []
        func append<Item>(
            _ items: [Item], isNeeded: Bool, write: (Item, inout MessageWriter) -> Void
        ) {
            var count: UInt16 = 0
            for item in items where !isCut {
                let start = writer.count
                write(item, &writer)
                if writer.count > end {
                    writer.truncate(to: start)
                    isCut = isNeeded
                    break
                }
                count += 1
            }
            counts.append(count)
        }
        append(questions, isNeeded: true) { $1.write($0) }
        append(answers, isNeeded: true) { $1.write($0) }
        append(authorities, isNeeded: true) { $1.write($0) }
        append(additionals, isNeeded: false) { $1.write($0) }
        if !ending.isEmpty { counts[3] += 1 }
        writer.write(ending)

        writer.overwrite(header.id, at: 0)
        writer.overwrite(header.flags(isTruncated: isCut || header.isTruncated), at: 2)
        for (index, count) in counts.enumerated() {
            writer.overwrite(count, at: 4 + 2 * index)
        }
        return writer.bytes
    }

    /// The OPT record, or nothing. Options that leave no room for a question are left out.
    private var encodedExtension: [UInt8] {
        guard let found = self.extension else { return [] }
        let options = found.options.count <= 128 ? found.options : []
        var writer = MessageWriter()
        writer.write(DomainName.root)
        writer.write(RecordType.opt.rawValue)
        writer.write(found.payloadBytes)
        writer.write(UInt8(truncatingIfNeeded: header.responseCode.rawValue >> 4))
        writer.write(found.version)
        writer.write(UInt16(found.wantsSignatures ? 0x8000 : 0))
        writer.write(UInt16(options.count))
        writer.write(options)
        return writer.bytes
    }
}

extension Message.Header {
    fileprivate func flags(isTruncated: Bool) -> UInt16 {
        var flags = UInt16(opcode.rawValue) << 11 | responseCode.rawValue & 0xF
        if isResponse { flags |= 0x8000 }
        if isAuthoritative { flags |= 0x0400 }
        if isTruncated { flags |= 0x0200 }
        if recursionDesired { flags |= 0x0100 }
        if recursionAvailable { flags |= 0x0080 }
        if isAuthentic { flags |= 0x0020 }
        if checkingDisabled { flags |= 0x0010 }
        return flags
    }
}

extension MessageWriter {
    fileprivate mutating func write(_ question: Question) {
        write(question.name)
        write(question.type.rawValue)
        write(question.class.rawValue)
    }

    fileprivate mutating func write(_ record: Record) {
        write(record.name)
        write(record.type.rawValue)
        write(record.class.rawValue)
        write(record.timeToLive)
        let place = count
        write(UInt16(0))
        write(record.data)
        // Data too long for this make the whole record too long for any message.
        overwrite(UInt16(clamping: count - place - 2), at: place)
    }

    private mutating func write(_ data: RecordData) {
        switch data {
        case .address(let ip) where ip.isIPv4:
            write(UInt32(truncatingIfNeeded: ip.low))
        case .address(let ip):
            write(ip.high)
            write(ip.low)
        case .alias(let name), .nameServer(let name):
            write(name)
        case .service(let service):
            write(service.priority)
            write(service.weight)
            write(service.port)
            // Not compressed (RFC 2782).
            write(service.target.wire)
        case .authority(let authority):
            write(authority.primary)
            write(authority.mailbox)
            for number in [
                authority.serial, authority.refresh, authority.retry, authority.expire,
                authority.minimum,
            ] { write(number) }
        case .other(_, let bytes):
            write(bytes)
        }
    }
}
