/// Appends fields to a growing message, names compressed.
struct MessageWriter {
    private(set) var bytes: [UInt8] = []
    /// Where names, and ends of names, stand in `bytes`; as they travel, case and all.
    private var places: [ArraySlice<UInt8>: Int] = [:]

    /// Pointers have fourteen bits.
    private static let pointerEnd = 0x4000

    var count: Int { bytes.count }

    /// Takes back everything after the first `count` bytes.
    mutating func truncate(to count: Int) {
        bytes.removeLast(bytes.count - count)
        places = places.filter { $0.value < count }
    }

    mutating func write(_ more: [UInt8]) {
        bytes.append(contentsOf: more)
    }

    mutating func write(_ value: UInt8) {
        bytes.append(value)
    }

    mutating func write(_ value: UInt16) {
        bytes.append(UInt8(truncatingIfNeeded: value >> 8))
        bytes.append(UInt8(truncatingIfNeeded: value))
    }

    mutating func write(_ value: UInt32) {
        write(UInt16(truncatingIfNeeded: value >> 16))
        write(UInt16(truncatingIfNeeded: value))
    }

    mutating func write(_ value: UInt64) {
        write(UInt32(truncatingIfNeeded: value >> 32))
        write(UInt32(truncatingIfNeeded: value))
    }

    /// Writes `value` over the two bytes at `place`.
    mutating func overwrite(_ value: UInt16, at place: Int) {
        bytes[place] = UInt8(truncatingIfNeeded: value >> 8)
        bytes[place + 1] = UInt8(truncatingIfNeeded: value)
    }

    /// Writes the labels that do not stand in the message yet, and a pointer to the others.
    mutating func write(_ name: DomainName) {
        var rest = name.wire[...]
        while let length = rest.first, length > 0 {
            if let place = places[rest] {
                write(UInt16(0xC000 | place))
                return
            }
            if count < Self.pointerEnd { places[rest] = count }
            let label = rest.prefix(1 + Int(length))
            bytes.append(contentsOf: label)
            rest = rest.dropFirst(label.count)
        }
        write(UInt8(0))
    }
}
