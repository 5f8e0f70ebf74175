/// A set of bytes, as a character class has it.
struct ByteSet: BitwiseCopyable, Hashable, Sendable {
    private var words: InlineArray<4, UInt64> = [0, 0, 0, 0]

    init() {}

    init(_ range: ClosedRange<UInt8>) {
        for byte in range { insert(byte) }
    }

    static let digits = ByteSet(UInt8(ascii: "0")...UInt8(ascii: "9"))

    static let wordCharacters = {
        var set = digits
        set.formUnion(ByteSet(UInt8(ascii: "a")...UInt8(ascii: "z")))
        set.formUnion(ByteSet(UInt8(ascii: "A")...UInt8(ascii: "Z")))
        set.insert(UInt8(ascii: "_"))
        return set
    }()

    /// Space, tab, line feed, vertical tab, form feed and carriage return.
    static let whitespace = {
        var set = ByteSet(9...13)
        set.insert(.space)
        return set
    }()

    static let all = ByteSet(0...255)

    @inline(__always)
    func contains(_ byte: UInt8) -> Bool {
        words[Int(byte >> 6)] >> UInt64(byte & 63) & 1 == 1
    }

    mutating func insert(_ byte: UInt8) {
        words[Int(byte >> 6)] |= 1 << UInt64(byte & 63)
    }

    mutating func formUnion(_ other: ByteSet) {
        for index in words.indices { words[index] |= other.words[index] }
    }

    var inverted: ByteSet {
        var result = self
        for index in words.indices { result.words[index] = ~words[index] }
        return result
    }

    /// With every letter, its other case.
    var ignoringCase: ByteSet {
        var result = self
        for byte in UInt8(ascii: "a")...UInt8(ascii: "z") {
            if contains(byte) { result.insert(byte & ~0x20) }
            if contains(byte & ~0x20) { result.insert(byte) }
        }
        return result
    }

    /// The one byte in it, if there is exactly one.
    var onlyByte: UInt8? {
        var found: UInt8?
        for byte in UInt8.min...UInt8.max where contains(byte) {
            guard found == nil else { return nil }
            found = byte
        }
        return found
    }

    static func == (left: ByteSet, right: ByteSet) -> Bool {
        left.words.indices.allSatisfy { left.words[$0] == right.words[$0] }
    }

    func hash(into hasher: inout Hasher) {
        for index in words.indices { hasher.combine(words[index]) }
    }
}
