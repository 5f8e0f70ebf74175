import ClientHello
import Primitives
import Testing

@Suite("Mutated hellos")
struct HelloMutationTests {
    private static let fragments: [[UInt8]] = [
        [0], [0, 0], [1], [0xFF], [22, 3, 1, 0, 1], [22, 3, 3, 1, 0],
        [0, 0, 0, 6, 0, 4, 0, 0, 1, 97],
        [0, 16, 0, 5, 0, 3, 2, 104, 50], [0x0A, 0x0A, 0, 0], [3, 3], [0, 5],
    ]

    /// A real hello or one made to measure, in one record or many, with up to three changes.
    private static func mutated(using random: inout SeededRandom) -> [UInt8] {
        var bytes = RealHello.all.randomElement(using: &random)?.bytes ?? []
        if Bool.random(using: &random) {
            bytes =
                HelloBuilder(
                    (0x1A1A, []), HelloBuilder.protocols("h2", "http/1.1"),
                    HelloBuilder.serverNames(
                        [9, 0, 1, 7], HelloBuilder.hostName([0x61, 0x2E, 0x62]))
                ).bytes
        }
        if Int.random(in: 0..<3, using: &random) == 0 {
            let message = Array(bytes.dropFirst(5))
            let sizes = (0..<Int.random(in: 1...60, using: &random)).map { _ in
                Int.random(in: 1...8, using: &random)
            }
            bytes = HelloBuilder.records(message, of: sizes)
        }
        for _ in 0..<Int.random(in: 0...3, using: &random) where !bytes.isEmpty {
            change(&bytes, using: &random)
        }
        return bytes
    }

    private static func change(_ bytes: inout [UInt8], using random: inout SeededRandom) {
        // Most of what has a meaning is at the start and at the end.
        let reach = Bool.random(using: &random) ? min(bytes.count, 100) : bytes.count
        let place = Int.random(in: 0..<reach, using: &random)
        let end = min(bytes.count, place + Int.random(in: 1...6, using: &random))
        let fragment = fragments.randomElement(using: &random) ?? []
        switch Int.random(in: 0..<7, using: &random) {
        case 0: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        case 1: bytes[place] = UInt8.random(in: 0...255, using: &random)
        case 2: bytes[place] &+= Bool.random(using: &random) ? 1 : 255
        case 3: bytes.removeSubrange(place..<end)
        case 4: bytes.insert(contentsOf: fragment, at: place)
        case 5: bytes.replaceSubrange(place..<end, with: fragment)
        default: bytes.removeSubrange(place...)
        }
    }

    @Test(
        "Any bytes are read or refused, however they arrive, and a name is the one that is there",
        arguments: UInt64(0)..<100)
    func mutations(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var named = 0
        var refused = 0
        for _ in 0..<2000 {
            let bytes = Self.mutated(using: &random)
            let whole = Reading(bytes)
            #expect(inPieces(bytes, using: &random) == whole)
            switch whole {
            case .hello(let name, _):
                if name != nil { named += 1 }
                #expect((straightforwardName(bytes) ?? "") == (name ?? ""), "\(bytes)")
            case .incomplete(let atLeast):
                #expect(atLeast > bytes.count && atLeast <= ClientHelloReader.bytesMax)
            case .notTLS, .malformed:
                refused += 1
            }
        }
        // The sweep would prove nothing if next to nothing were read, or refused.
        #expect(named > 200 && refused > 200)
    }

    /// What a reader makes of the bytes when they come in random pieces: its first answer that is
    /// not `incomplete`, or the last that is.
    private func inPieces(_ bytes: [UInt8], using random: inout SeededRandom) -> Reading {
        var reader = ClientHelloReader()
        var count = 0
        while true {
            let reading = Reading(&reader, Array(bytes[..<count]))
            guard reading.isIncomplete, count < bytes.count else { return reading }
            count = min(bytes.count, count + Int.random(in: 1...80, using: &random))
        }
    }
}
