/// Appends the fields of a payload. Numbers are written as `Wire` writes them: LEB128, or in a
/// fixed number of bytes with the highest first.
struct PayloadWriter {
    private(set) var bytes: [UInt8] = []

    mutating func writeNumber(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }

    mutating func writeWord(_ value: UInt64) {
        for shift in stride(from: UInt64(56), through: 0, by: -8) {
            bytes.append(UInt8(truncatingIfNeeded: value >> shift))
        }
    }

    mutating func write(_ more: some Sequence<UInt8>) {
        bytes.append(contentsOf: more)
    }
}

/// Reads the fields of a payload, which may be hostile. Every read checks the end, and whatever
/// does not fit its field is an error.
struct PayloadReader {
    private let bytes: [UInt8]
    private(set) var offset = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    var remaining: Int { bytes.count - offset }

    mutating func readByte() throws(PayloadError) -> UInt8 {
        guard offset < bytes.count else { throw .truncated }
        defer { offset += 1 }
        return bytes[offset]
    }

    /// Reads a LEB128 number in its shortest form that is at most `most`.
    mutating func readNumber(most: UInt64) throws(PayloadError) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while true {
            let byte = try readByte()
            let part = UInt64(byte & 0x7F)
            guard shift < 63 || (shift == 63 && part <= 1) else { throw .malformedNumber }
            value |= part << shift
            if byte & 0x80 == 0 {
                guard byte != 0 || shift == 0, value <= most else { throw .malformedNumber }
                return value
            }
            shift += 7
        }
    }

    mutating func readWord() throws(PayloadError) -> UInt64 {
        var value: UInt64 = 0
        for _ in 0..<8 { value = value << 8 | UInt64(try readByte()) }
        return value
    }

    mutating func readBytes(count: Int) throws(PayloadError) -> [UInt8] {
        guard count >= 0, count <= remaining else { throw .truncated }
        defer { offset += count }
        return Array(bytes[offset..<offset + count])
    }

    /// Skips what a later release may append: fields with a type, a length and a value.
    mutating func skipExtensions() throws(PayloadError) {
        while remaining > 0 {
            _ = try readByte()
            let length = try readNumber(most: UInt64(bytes.count))
            _ = try readBytes(count: Int(length))
        }
    }
}

/// Why the payload of a shared record cannot be read. It is always its writer's fault.
package enum PayloadError: Error, Hashable, Sendable {
    /// The bytes end before the field does.
    case truncated
    /// A number is longer than it need be, or too big for its field.
    case malformedNumber
    /// A field has a value that it may not have.
    case invalid
}
