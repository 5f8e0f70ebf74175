import Primitives
import Simulation
import Testing

@Suite("Event queue")
struct EventQueueTests {
    @Test("Events come in order of time, and first come first among equals", arguments: 0..<20)
    func order(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var queue = EventQueue()
        var expected: [(at: Int64, number: Int32)] = []
        var number: Int32 = 0
        var taken: [(at: Int64, number: Int32)] = []
        // Goes on taking out while it puts in, as a simulation does.
        for _ in 0..<300 {
            for _ in 0..<Int.random(in: 0...4, using: &random) {
                let at = (taken.last?.at ?? 0) + Int64.random(in: 0...6, using: &random)
                queue.insert(.arrival(number), at: Instant(nanoseconds: at))
                expected.append((at, number))
                number += 1
            }
            guard queue.count > 0, Bool.random(using: &random) else { continue }
            expected.sort { ($0.at, $0.number) < ($1.at, $1.number) }
            #expect(queue.first?.at.nanoseconds == expected[0].at)
            let entry = queue.removeFirst()
            taken.append((entry.at.nanoseconds, expected[0].number))
            #expect(entry.event == .arrival(expected[0].number))
            expected.removeFirst()
            #expect(queue.count == expected.count)
        }
    }

    @Test("An empty queue has no first event")
    func empty() {
        var queue = EventQueue()
        #expect(queue.first == nil)
        queue.insert(.deadline(3), at: .zero)
        #expect(queue.removeFirst().event == .deadline(3))
        #expect(queue.first == nil)
    }
}
