import Primitives
import Testing

@testable import Membership

/// Several that leave at once. Goal: each is acknowledged, although the others leave too.
@Suite("Departures")
struct DepartureTests {
    @Test("All that leave together acknowledge each other's farewell", arguments: [2, 3, 4])
    func together(count: Int) {
        let cluster = SmallCluster()
        let names = (0..<count).map { "n\($0)" }
        for name in names { cluster.add(name) }
        cluster.run(for: .seconds(5))
        for name in names { cluster.leave(name) }
        cluster.run(for: .milliseconds(100))
        for name in names {
            #expect(
                cluster.effects(of: name).contains(.departed(acknowledgements: count - 1)),
                "\(name)")
            for other in names { #expect(cluster.state(other, at: name) == .left) }
        }
    }

    @Test("A farewell goes on to a member that leaves meanwhile, and its answer counts")
    func crossing() {
        let bench = Bench()
        bench.know("a", "b")
        let farewells = bench.leave().pings
        for name in ["a", "b"] { bench.hear(Bench.claim(name, .left, 0), from: name) }
        let repeated = bench.timeline(for: .milliseconds(100))
        for name in ["a", "b"] { #expect(!repeated.pings(to: name).isEmpty) }
        let effects = farewells.flatMap { bench.answer($0) }
        #expect(effects.contains(.departed(acknowledgements: 2)))
    }

    @Test("A farewell to a member that dies ends, and the leaving ends by time")
    func dies() {
        let bench = Bench()
        bench.know("a", "b")
        bench.leave()
        bench.hear(Bench.claim("a", .dead, 0), from: "b")
        let timeline = bench.timeline(for: .milliseconds(1_900), answering: ["b"])
        #expect(timeline.pings(to: "a").isEmpty)
        let end = bench.timeline(for: .milliseconds(200), answering: ["b"])
        #expect(end.effects.contains(.departed(acknowledgements: 1)))
    }
}
