/// Reads fields one after another from borrowed bytes. The bytes come in with each call, so the
/// reader may be stored while the borrow may not.
struct MessageReader {
    private(set) var offset: Int
    /// Where reading ends; at most the number of bytes.
    let end: Int

    /// Pointers that are followed for one name. Each stands behind a label in any sensible name,
    /// and a name has at most 127 of those; so whatever the bytes, a name is read in few steps.
    private static let pointersMax = 127

    init(from offset: Int = 0, end: Int) {
        self.offset = offset
        self.end = end
    }

    var remaining: Int { end - offset }

    mutating func readByte(_ bytes: Span<UInt8>) throws(DNSError) -> UInt8 {
        guard offset < end else { throw .truncated }
        defer { offset += 1 }
        return bytes[offset]
    }

    mutating func read16(_ bytes: Span<UInt8>) throws(DNSError) -> UInt16 {
        UInt16(truncatingIfNeeded: try readNumber(bytes, count: 2))
    }

    mutating func read32(_ bytes: Span<UInt8>) throws(DNSError) -> UInt32 {
        UInt32(truncatingIfNeeded: try readNumber(bytes, count: 4))
    }

    /// Reads a number of `count` bytes, at most eight, the highest first.
    mutating func readNumber(_ bytes: Span<UInt8>, count: Int) throws(DNSError) -> UInt64 {
        guard remaining >= count else { throw .truncated }
        var value: UInt64 = 0
        for index in offset..<offset + count { value = value << 8 | UInt64(bytes[index]) }
        offset += count
        return value
    }

    mutating func readBytes(_ bytes: Span<UInt8>, count: Int) throws(DNSError) -> [UInt8] {
        guard count >= 0, remaining >= count else { throw .truncated }
        var copy: [UInt8] = []
        copy.reserveCapacity(count)
        for index in offset..<offset + count { copy.append(bytes[index]) }
        offset += count
        return copy
    }

    /// A reader of the next `count` bytes; this one goes on behind them.
    mutating func readPart(count: Int) throws(DNSError) -> MessageReader {
        guard remaining >= count else { throw .truncated }
        defer { offset += count }
        return MessageReader(from: offset, end: offset + count)
    }

    /// Reads a name, whose end may be a pointer to an earlier place (RFC 1035 section 4.1.4).
    ///
    /// "Earlier" is taken at its word: a pointer leads before the run of labels that it ends, so
    /// each leads further back than the last and none in a circle.
    mutating func readName(_ bytes: Span<UInt8>) throws(DNSError) -> DomainName {
        var wire: [UInt8] = []
        var position = offset
        var runStart = offset
        var pointers = 0
        while true {
            // What a pointer leads to is anywhere in the message; the name itself ends in here.
            let limit = pointers == 0 ? end : bytes.count
            guard position < limit else { throw .truncated }
            let first = bytes[position]
            switch first >> 6 {
            case 0:
                let next = position + 1 + Int(first)
                guard next <= limit else { throw .truncated }
                // Room for the root's zero must be left.
                guard first == 0 || wire.count + next - position < DomainName.bytesMax else {
                    throw .nameTooLong
                }
                for index in position..<next { wire.append(bytes[index]) }
                position = next
                guard first > 0 else {
                    if pointers == 0 { offset = position }
                    return DomainName(wire: wire)
                }
            case 3:
                guard position + 1 < limit else { throw .truncated }
                let target = Int(first & 0x3F) << 8 | Int(bytes[position + 1])
                guard target >= Message.headerBytes, target < runStart,
                    pointers < Self.pointersMax
                else { throw .pointer }
                if pointers == 0 { offset = position + 2 }
                pointers += 1
                runStart = target
                position = target
            default:
                throw .labelType
            }
        }
    }
}
