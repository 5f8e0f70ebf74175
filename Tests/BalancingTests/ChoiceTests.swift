import Balancing
import Primitives
import Testing

@Suite("Choice of a backend")
struct ChoiceTests {
    @Test("Round robin goes through all in turn, from where it starts")
    func roundRobin() {
        var choice = RoundRobin(start: 1)
        #expect((0..<7).map { _ in choice.next(of: 3) } == [1, 2, 0, 1, 2, 0, 1])
        #expect(choice.next(of: 0) == nil)
        #expect(choice.next(of: 1) == 0)
    }

    @Test("Round robin stays in range when the pool shrinks and grows", arguments: UInt64(0)..<32)
    func changingPool(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var choice = RoundRobin(start: UInt32.random(in: 0...1_000, using: &random))
        for _ in 0..<200 {
            let count = Int.random(in: 0..<8, using: &random)
            let position = choice.next(of: count)
            #expect(position.map { (0..<count).contains($0) } ?? (count == 0))
        }
    }

    @Test(
        "Least connections takes the smallest load",
        arguments: [([3, 1, 2], 1), ([0, 0, 0], 0), ([5], 0), ([9, 9, 8, 9], 2)]
            as [([UInt64], Int)])
    func least(loads: [UInt64], expected: Int) {
        var choice = LeastConnections()
        #expect(choice.next(of: loads.count) { loads[$0] } == expected)
    }

    @Test("Among equals the turn passes on, and with none there is no choice")
    func ties() {
        var choice = LeastConnections()
        #expect((0..<6).map { _ in choice.next(of: 3) { _ in 4 } } == [0, 1, 2, 0, 1, 2])
        #expect(choice.next(of: 0) { _ in 0 } == nil)
    }

    @Test("Connections that stay open spread evenly over the backends", arguments: UInt64(0)..<16)
    func spread(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var choice = LeastConnections()
        var open = [UInt64](repeating: 0, count: 7)
        for _ in 0..<2_000 {
            if Int.random(in: 0..<3, using: &random) > 0,
                let chosen = choice.next(of: 7, load: { open[$0] })
            {
                #expect(open[chosen] == open.min())
                open[chosen] += 1
            } else {
                let leaving = Int.random(in: 0..<7, using: &random)
                open[leaving] -= min(open[leaving], 1)
            }
        }
    }
}
