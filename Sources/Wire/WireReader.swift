import Membership
import Primitives

/// Reads fields one after another from borrowed bytes. The bytes come in with each call, so the
/// reader may be stored while the borrow may not.
struct WireReader {
    private(set) var offset = 0
    /// Where reading ends; at most the number of bytes.
    let end: Int

    init(from offset: Int = 0, end: Int) {
        self.offset = offset
        self.end = end
    }

    var isAtEnd: Bool { offset >= end }
    var remaining: Int { end - offset }

    mutating func readByte(_ bytes: Span<UInt8>) throws(WireError) -> UInt8 {
        guard offset < end else { throw .truncated }
        defer { offset += 1 }
        return bytes[offset]
    }

    /// Reads a number of `count` bytes, at most eight, the highest first.
    mutating func readFixed(_ bytes: Span<UInt8>, count: Int) throws(WireError) -> UInt64 {
        guard remaining >= count else { throw .truncated }
        var value: UInt64 = 0
        for index in offset..<offset + count { value = value << 8 | UInt64(bytes[index]) }
        offset += count
        return value
    }

    /// Reads a LEB128 number in its shortest form.
    mutating func readNumber(_ bytes: Span<UInt8>) throws(WireError) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while true {
            let byte = try readByte(bytes)
            let part = UInt64(byte & 0x7F)
            guard shift < 63 || part <= 1 else { throw .malformedNumber }
            value |= part << shift
            if byte & 0x80 == 0 {
                guard byte != 0 || shift == 0 else { throw .malformedNumber }
                return value
            }
            shift += 7
            guard shift <= 63 else { throw .malformedNumber }
        }
    }

    /// Reads a number that may be at most `most`.
    mutating func readNumber(
        _ bytes: Span<UInt8>, most: UInt64, _ field: WireError.Field
    ) throws(WireError) -> UInt64 {
        let value = try readNumber(bytes)
        guard value <= most else { throw .invalid(field) }
        return value
    }

    mutating func readBytes(_ bytes: Span<UInt8>, count: Int) throws(WireError) -> [UInt8] {
        guard count >= 0, remaining >= count else { throw .truncated }
        var copy: [UInt8] = []
        copy.reserveCapacity(count)
        for index in offset..<offset + count { copy.append(bytes[index]) }
        offset += count
        return copy
    }

    /// Reads a text of at most `longest` bytes of valid UTF-8.
    mutating func readText(
        _ bytes: Span<UInt8>, longest: Int, _ field: WireError.Field
    ) throws(WireError) -> String {
        let count = try readNumber(bytes, most: UInt64(longest), field)
        let utf8 = try readBytes(bytes, count: Int(count))
        guard let text = String(validating: utf8, as: UTF8.self) else { throw .invalid(field) }
        return text
    }

    mutating func readName(_ bytes: Span<UInt8>) throws(WireError) -> NodeName {
        let text = try readText(bytes, longest: NodeName.lengthMax, .name)
        guard let name = NodeName(text) else { throw .invalid(.name) }
        return name
    }

    mutating func readBoot(_ bytes: Span<UInt8>) throws(WireError) -> BootID {
        let high = try readFixed(bytes, count: 8)
        return BootID(high: high, low: try readFixed(bytes, count: 8))
    }

    mutating func readIdentity(_ bytes: Span<UInt8>) throws(WireError) -> Identity {
        let name = try readName(bytes)
        let boot = try readBoot(bytes)
        let generation = try readNumber(bytes, most: Identity.generationMax, .generation)
        return Identity(name: name, boot: boot, generation: generation)
    }

    mutating func readAddress(_ bytes: Span<UInt8>) throws(WireError) -> SocketAddress {
        let ip: IPAddress
        switch try readByte(bytes) {
        case 4:
            ip = IPAddress(ipv4: UInt32(truncatingIfNeeded: try readFixed(bytes, count: 4)))
        case 6:
            let high = try readFixed(bytes, count: 8)
            ip = IPAddress(ipv6High: high, low: try readFixed(bytes, count: 8))
        default: throw .invalid(.address)
        }
        let port = UInt16(truncatingIfNeeded: try readFixed(bytes, count: 2))
        guard port != 0 else { throw .invalid(.address) }
        return SocketAddress(ip: ip, port: port)
    }

    /// Reads the type of a field and a reader of its bytes, and goes on behind it.
    mutating func readField(
        _ bytes: Span<UInt8>
    ) throws(WireError) -> (type: UInt8, body: WireReader) {
        let type = try readByte(bytes)
        let length = try readNumber(bytes)
        guard length <= UInt64(remaining) else { throw .truncated }
        let body = WireReader(from: offset, end: offset + Int(length))
        offset += Int(length)
        return (type, body)
    }

    /// Reads what a later release may append, to relay it: fields with type and length, up to the
    /// end and of at most `longest` bytes in all.
    mutating func readExtensions(
        _ bytes: Span<UInt8>, longest: Int
    ) throws(WireError) -> [UInt8] {
        guard !isAtEnd else { return [] }
        guard remaining <= longest else { throw .invalid(.extensions) }
        var check = self
        try check.skipExtensions(bytes)
        return try readBytes(bytes, count: remaining)
    }

    /// Skips what a later release may append, where nothing is relayed.
    mutating func skipExtensions(_ bytes: Span<UInt8>) throws(WireError) {
        while !isAtEnd { _ = try readField(bytes) }
    }
}
