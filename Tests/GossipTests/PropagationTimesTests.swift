import Primitives
import Simulation
import Testing
import Wire

@testable import Gossip

/// The histogram of how old news was when it came.
@Suite("Propagation times")
struct PropagationTimesTests {
    @Test(
        "An age counts in the first bucket that holds it",
        arguments: [
            (Duration.zero, 0), (.milliseconds(5), 0), (.milliseconds(6), 1),
            (.milliseconds(10), 1), (.milliseconds(25), 2), (.milliseconds(26), 3),
            (.milliseconds(50), 3), (.milliseconds(100), 4), (.milliseconds(250), 5),
            (.milliseconds(251), 6), (.milliseconds(500), 6), (.seconds(1), 7),
            (.milliseconds(2_500), 8), (.milliseconds(2_501), 9), (.seconds(5), 9),
            (.seconds(10), 10), (.milliseconds(10_001), 11), (.seconds(86_400), 11),
        ])
    func bucket(age: Duration, bucket: Int) {
        var times = PropagationTimes()
        times.note(age)
        var expected = [Int](repeating: 0, count: 12)
        expected[bucket] = 1
        #expect(times.counts == expected)
        #expect(times.sum == age)
    }

    @Test("Counts and the sum of ages add up")
    func sum() {
        var times = PropagationTimes()
        for milliseconds in 1...100 { times.note(.milliseconds(milliseconds)) }
        #expect(times.counts == [5, 5, 15, 25, 50, 0, 0, 0, 0, 0, 0, 0])
        #expect(times.sum == .milliseconds(5_050))
    }

    @Test("There are bounds in order, and one bucket more than bounds")
    func bounds() {
        #expect(zip(PropagationTimes.bounds, PropagationTimes.bounds.dropFirst()).allSatisfy(<))
        #expect(PropagationTimes().counts.count == PropagationTimes.bounds.count + 1)
    }

    @Test("News is counted once by each node that it reaches, and what is older than a node is not")
    func cluster() throws {
        let cluster = SimulatedCluster(4, seed: 1)
        for index in 0..<3 { cluster.start(index) }
        cluster.run(for: .seconds(5))
        for backend in 0..<10 { try cluster.observe(0, "pool|\(backend)", .up) }
        cluster.run(for: .seconds(10))
        cluster.start(3)
        cluster.run(for: .seconds(10))
        let total = cluster.running.map { index in
            cluster.gossip(index)?.counters.propagation.counts.reduce(0, +)
        }
        #expect(total == [0, 10, 10, 0])
        #expect(cluster.gossip(3)?.observations(at: cluster.clock(of: 3)).count == 10)
    }
}
