import Primitives
import Testing

@testable import Gossip

/// The order in which news is sent.
@Suite("Spread queue")
struct SpreadQueueTests {
    /// Draws up to `room` keys.
    private func draw(
        _ queue: inout SpreadQueue<String>, room: Int, limit: Int = 3
    ) -> [String] {
        var sent: [String] = []
        queue.draw(sendLimit: limit) { key in
            guard sent.count < room else { return .passed }
            sent.append(key)
            return .sent
        }
        return sent
    }

    @Test("First come, first sent; then whatever was sent least")
    func order() {
        var queue = SpreadQueue<String>(capacity: 10)
        for key in ["a", "b", "c"] { queue.insert(key) }
        #expect(draw(&queue, room: 2) == ["a", "b"])
        queue.insert("d")
        #expect(draw(&queue, room: 3) == ["c", "d", "a"])
        #expect(draw(&queue, room: 9) == ["b", "c", "d", "a"])
    }

    @Test("An item is done after so many sends; news about it starts again")
    func limit() {
        var queue = SpreadQueue<String>(capacity: 10)
        queue.insert("a")
        for _ in 0..<2 { #expect(draw(&queue, room: 9) == ["a"]) }
        queue.insert("a")
        #expect(queue.count == 1)
        for _ in 0..<3 { #expect(draw(&queue, room: 9) == ["a"]) }
        #expect(queue.isEmpty)
    }

    @Test("What does not fit waits, what is obsolete goes")
    func offers() {
        var queue = SpreadQueue<String>(capacity: 10)
        for key in ["a", "b", "c"] { queue.insert(key) }
        queue.draw(sendLimit: 1) { key in
            switch key {
            case "a": .passed
            case "b": .obsolete
            default: .sent
            }
        }
        #expect(draw(&queue, room: 9) == ["a"])
    }

    @Test("A draw passes over a few, not over thousands")
    func passLimit() {
        var queue = SpreadQueue<String>(capacity: 100)
        for number in 0..<50 { queue.insert("\(number)") }
        var offers = 0
        queue.draw(sendLimit: 1, passLimit: 8) { _ in
            offers += 1
            return .passed
        }
        #expect(offers == 8)
    }

    @Test("A full queue drops what was sent most, and counts it")
    func overflow() {
        var queue = SpreadQueue<String>(capacity: 2)
        queue.insert("a")
        _ = draw(&queue, room: 9)
        queue.insert("b")
        queue.insert("c")
        #expect(queue.count == 2)
        #expect(queue.overflows == 1)
        #expect(draw(&queue, room: 9) == ["b", "c"])
    }

    @Test("Every key is sent exactly as often as the limit says", arguments: 0..<32)
    func sweep(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var queue = SpreadQueue<Int>(capacity: 1_000)
        var expected: [Int: Int] = [:]
        var inserted = 0
        while inserted < 60 || !queue.isEmpty {
            if inserted < 60, Bool.random(using: &random) {
                queue.insert(inserted)
                expected[inserted] = 4
                inserted += 1
            }
            var room = Int.random(in: 0...5, using: &random)
            queue.draw(sendLimit: 4) { key in
                guard room > 0 else { return .passed }
                room -= 1
                expected[key, default: 0] -= 1
                return .sent
            }
        }
        #expect(expected.values.allSatisfy { $0 == 0 })
    }
}
