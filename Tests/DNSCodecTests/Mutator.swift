import Primitives

/// Makes nearly right messages from right ones, repeatably.
struct Mutator {
    private var random: SeededRandom
    private let corpus: [[UInt8]]

    init(corpus: [[UInt8]], seed: UInt64) {
        self.corpus = corpus
        random = SeededRandom(seed: seed)
    }

    /// The next input.
    mutating func next() -> [UInt8] {
        guard int(16) > 0, var bytes = corpus.randomElement(using: &random) else { return noise() }
        for _ in 0...int(3) { change(&bytes) }
        return bytes
    }

    private mutating func int(_ end: Int) -> Int { Int.random(in: 0..<max(end, 1), using: &random) }
    private mutating func byte() -> UInt8 { UInt8(truncatingIfNeeded: random.next()) }
    private mutating func noise() -> [UInt8] { (0..<int(200)).map { _ in byte() } }

    private mutating func change(_ bytes: inout [UInt8]) {
        guard bytes.count > 12 else { return bytes = noise() }
        let index = int(bytes.count)
        let end = index + int(min(bytes.count - index, 32))
        switch int(9) {
        case 0: bytes[index] ^= 1 << UInt8(int(8))
        case 1: bytes[index] = [0, 1, 0x3F, 0x40, 0x80, 0xC0, 0xFF][int(7)]
        case 2: bytes.removeLast(bytes.count - index)
        case 3: bytes.insert(byte(), at: index)
        case 4: bytes.removeSubrange(index..<end)
        case 5: bytes.insert(contentsOf: bytes[index..<end], at: index)
        case 6:
            guard let other = corpus.randomElement(using: &random) else { return }
            bytes.replaceSubrange(index..., with: other.suffix(int(other.count + 1)))
        case 7:
            // A pointer to somewhere in the message, or near it.
            let target = int(bytes.count + 8)
            bytes.replaceSubrange(
                index..<min(index + 1 + int(3), bytes.count),
                with: [0xC0 | UInt8(target >> 8 & 0x3F), UInt8(target & 0xFF)])
        default:
            // One of the four counts, of which the upper byte is 0 in all samples.
            bytes[5 + 2 * int(4)] = UInt8(int(6))
        }
    }
}
