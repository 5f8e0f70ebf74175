import Primitives

/// Makes nearly right bytes from right ones, repeatably: half of the changes know where fields and
/// their lengths are, the others do not.
struct Mutator {
    /// Numbers at which something changes: the ends of one byte, of one digit of seven bits, of 32
    /// and of 64 bits, and of the limits in between.
    private static let numbers: [UInt64] = [
        0, 1, 2, 15, 16, 32, 33, 63, 64, 127, 128, 129, 200, 201, 255, 256, 1_000, 1_157, 16_383,
        16_384, 65_535, 65_536, 1 << 31, 1 << 32 - 1, 1 << 32, 1 << 32 + 1, 1 << 60, 1 << 60 + 1,
        1 << 63, .max,
    ]

    private var random: SeededRandom
    private let corpus: [[UInt8]]

    init(corpus: [[UInt8]], seed: UInt64) {
        self.corpus = corpus
        random = SeededRandom(seed: seed)
    }

    /// The next input.
    mutating func next() -> [UInt8] {
        guard int(16) > 0, var bytes = corpus.randomElement(using: &random) else { return noise() }
        for _ in 0...int(3) {
            if Bool.random(using: &random) { changeField(&bytes) } else { change(&bytes) }
        }
        return bytes
    }

    private mutating func int(_ end: Int) -> Int { Int.random(in: 0..<max(end, 1), using: &random) }
    private mutating func byte() -> UInt8 { UInt8(truncatingIfNeeded: random.next()) }
    private mutating func noise() -> [UInt8] { (0..<int(200)).map { _ in byte() } }

    private mutating func number() -> UInt64 {
        Bool.random(using: &random)
            ? Self.numbers[int(Self.numbers.count)] : random.next() >> UInt64(int(64))
    }

    /// A change that knows nothing of the format.
    private mutating func change(_ bytes: inout [UInt8]) {
        guard !bytes.isEmpty else { return bytes = noise() }
        let index = int(bytes.count)
        let end = index + int(min(bytes.count - index, 32))
        switch int(8) {
        case 0: bytes[index] ^= 1 << UInt8(int(8))
        case 1: bytes[index] = [0, 1, 0x7F, 0x80, 0xFF][int(5)]
        case 2: bytes.removeLast(bytes.count - index)
        case 3: bytes.insert(byte(), at: index)
        case 4: bytes.removeSubrange(index..<end)
        case 5: bytes.insert(contentsOf: bytes[index..<end], at: index)
        case 6:
            guard let other = corpus.randomElement(using: &random) else { return }
            bytes.replaceSubrange(index..., with: other.suffix(int(other.count + 1)))
        default:
            let digits = Self.digits(number(), isPadded: int(8) == 0)
            bytes.replaceSubrange(index..<min(index + 1 + int(3), bytes.count), with: digits)
        }
    }

    /// A change to one field of the outermost sequence: its type, its length or its value, with the
    /// others and the length left right.
    private mutating func changeField(_ bytes: inout [UInt8]) {
        let fields = Self.fields(bytes)
        guard let field = fields.randomElement(using: &random) else { return change(&bytes) }
        let value = Array(bytes[field.value])
        switch int(5) {
        case 0: bytes[field.start] = UInt8(int(20))
        case 1:
            let length = UInt64(max(0, value.count + int(5) - 2))
            bytes.replaceSubrange(
                field.start + 1..<field.value.lowerBound,
                with: Self.digits(int(4) == 0 ? number() : length))
        case 2:
            var changed = value
            change(&changed)
            replace(field, in: &bytes, with: changed)
        case 3:
            // What a later release may append.
            replace(field, in: &bytes, with: value + [UInt8(int(12)), UInt8(int(6))] + noise())
        default:
            bytes.insert(contentsOf: bytes[field.start..<field.value.upperBound], at: field.start)
        }
    }

    private struct Field {
        let start: Int
        let value: Range<Int>
    }

    private func replace(_ field: Field, in bytes: inout [UInt8], with value: [UInt8]) {
        bytes.replaceSubrange(
            field.start + 1..<field.value.upperBound,
            with: Self.digits(UInt64(value.count)) + value)
    }

    /// The fields of one byte of type and up to two digits of length, as far as there are any.
    private static func fields(_ bytes: [UInt8]) -> [Field] {
        var fields: [Field] = []
        var start = 0
        while start + 1 < bytes.count {
            var value = start + 2
            var length = Int(bytes[start + 1])
            if length >= 0x80, value < bytes.count {
                length = length & 0x7F | Int(bytes[value] & 0x7F) << 7
                value += 1
            }
            guard value + length <= bytes.count else { break }
            fields.append(Field(start: start, value: value..<value + length))
            start = value + length
        }
        return fields
    }

    /// A number in digits of seven bits, perhaps with one digit too many.
    private static func digits(_ number: UInt64, isPadded: Bool = false) -> [UInt8] {
        var bytes: [UInt8] = []
        var rest = number
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        return bytes + (isPadded ? [UInt8(rest) | 0x80, 0] : [UInt8(rest)])
    }
}
