import Membership
import Primitives

/// Appends fields to a growing array.
struct WireWriter {
    private(set) var bytes: [UInt8] = []

    /// A writer that takes so many bytes without moving them.
    init(capacity: Int = 0) {
        bytes.reserveCapacity(capacity)
    }

    var count: Int { bytes.count }

    /// Takes back everything after the first `count` bytes.
    mutating func truncate(to count: Int) {
        bytes.removeLast(bytes.count - count)
    }

    mutating func write(_ byte: UInt8) {
        bytes.append(byte)
    }

    mutating func write(_ more: [UInt8]) {
        bytes.append(contentsOf: more)
    }

    /// Writes the low `count` bytes of `value`, the highest first.
    mutating func writeFixed(_ value: UInt64, count: Int) {
        var shift = count * 8
        while shift > 0 {
            shift -= 8
            bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(shift)))
        }
    }

    /// Writes seven bits a byte, the lowest first, all but the last with the high bit set (LEB128).
    mutating func writeNumber(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }

    /// Writes a text's length in bytes and then its UTF-8.
    mutating func writeText(_ text: String) {
        let utf8 = text.utf8
        writeNumber(UInt64(utf8.count))
        bytes.append(contentsOf: utf8)
    }

    mutating func write(_ boot: BootID) {
        writeFixed(boot.high, count: 8)
        writeFixed(boot.low, count: 8)
    }

    mutating func write(_ identity: Identity) {
        writeText(identity.name.text)
        write(identity.boot)
        writeNumber(identity.generation)
    }

    mutating func write(_ address: SocketAddress) {
        if address.ip.isIPv4 {
            write(4)
            writeFixed(address.ip.low, count: 4)
        } else {
            write(6)
            writeFixed(address.ip.high, count: 8)
            writeFixed(address.ip.low, count: 8)
        }
        writeFixed(UInt64(address.port), count: 2)
    }

    /// Writes a type, the length of what `body` writes, and that.
    mutating func writeField(_ type: UInt8, body: (inout WireWriter) -> Void) {
        write(type)
        let place = bytes.count
        write(0)
        body(&self)
        let length = bytes.count - place - 1
        guard length >= 0x80 else { return bytes[place] = UInt8(length) }
        var number = WireWriter()
        number.writeNumber(UInt64(length))
        bytes.replaceSubrange(place...place, with: number.bytes)
    }
}
