import Health
import Primitives
import Testing

@testable import ConfigurationFile
@testable import ControlPlane

@Suite("Who observes which backend")
struct ObserverChangeTests {
    private static let names = ["a", "b", "c", "d", "e", "f"]

    private func books(_ pool: Configuration.Pool, backends: Int) -> [Book] {
        Self.names.map { name in
            var book = Book([pool], node: name)
            for number in 1...backends { book.add(Pools.key(number, in: pool.name)) }
            _ = book.health.setPresent(Self.names, at: book.now)
            return book
        }
    }

    @Test("As many nodes observe each backend as the pool says, whatever each thinks of itself")
    func counts() {
        let rows: [(VerdictRule, Configuration.Observers, Int)] = [
            (.majority, .usual, 3), (.any, .count(1), 1), (.all, .count(64), 6),
            (.majority, .all, 6), (.local, .usual, 6), (.local, .count(2), 6),
        ]
        for (rule, observers, expected) in rows {
            let books = books(Pools.checked(verdict: rule, observers: observers), backends: 20)
            for number in 1...20 {
                let count = books.count { $0.own(Pools.key(number)) != nil }
                #expect(count == expected, "\(rule), \(observers)")
            }
        }
    }

    @Test("What begins and ends to be observed is told, in the same order everywhere")
    func told() throws {
        var book = Book([Pools.checked()], node: "a")
        let keys = (1...200).map { Pools.key($0) }
        for key in keys.shuffled() { book.add(key) }
        #expect(keys.allSatisfy { book.own($0) != nil }, "alone it observes all")
        let ended = book.health.setPresent(Self.names, at: book.now)
        #expect(Set(ended) == Set(keys.filter { book.own($0) == nil }) && !ended.isEmpty)
        #expect(ended == ended.sorted())
        #expect(book.health.setPresent(Self.names.reversed(), at: book.now).isEmpty, "no news")
        // Its own name goes without saying.
        #expect(book.health.setPresent(Array(Self.names.dropFirst()), at: book.now).isEmpty)
        let begun = book.health.setPresent(["b"], at: book.now)
        #expect(begun == ended)
        #expect(keys.allSatisfy { book.own($0) != nil })
    }

    @Test("Who no longer observes probes no more, and a late result of its counts for nothing")
    func withdrawal() throws {
        var book = Book([Pools.checked()], node: "a")
        let keys = (1...60).map { Pools.key($0) }
        for key in keys { book.add(key) }
        book.run(for: .seconds(3))
        while book.health.nextDeadline.map({ $0 > book.now }) ?? false {
            book.now = book.now + .seconds(1)
        }
        let late = book.health.startDue(at: book.now)
        let ended = book.health.setPresent(Self.names, at: book.now)
        let lost = late.filter { check in ended.contains { $0.address == check.key.address } }
        #expect(!lost.isEmpty)
        for check in late {
            _ = book.health.finish(check, .refused, isFrozen: false, at: book.now)
        }
        var probed: Set<SocketAddress> = []
        book.run(for: .seconds(30)) { address in
            probed.insert(address)
            return .fine
        }
        #expect(probed == Set(keys.filter { book.own($0) != nil }.map(\.address)))
        #expect(probed.isDisjoint(with: Set(ended.map(\.address))))
    }

    @Test(
        "Who begins to observe goes on where the cluster is, with thresholds",
        arguments: [HealthStatus.up, .down, .unknown])
    func resumption(verdict: HealthStatus) throws {
        var book = Book([Pools.checked()], node: "a")
        let keys = (1...60).map { Pools.key($0) }
        _ = book.health.setPresent(Self.names, at: book.now)
        for key in keys { book.add(key) }
        let key = try #require(keys.first { book.own($0) == nil })
        _ = book.verdict(key, ["b": verdict, "c": verdict, "d": verdict])
        #expect(book.health.setPresent([], at: book.now).contains(key))
        #expect(book.own(key) == verdict)
        let answer = verdict == .up ? ProbeResult.refused : .fine
        let first = book.run(for: .seconds(3)) { _ in answer }
        let changed = first.contains { $0.key.address == key.address }
        #expect(changed == (verdict == .unknown), "one contrary result decides only the unknown")
        book.run(for: .seconds(30)) { _ in answer }
        #expect(book.own(key) == (answer == .fine ? .up : .down))
    }

    @Test("A verdict that is local has every node probe, though another pool shares the probe")
    func sharedWithLocal() {
        let pools = [
            Pools.checked("one", observers: .count(1)), Pools.checked("three"),
            Pools.checked("local", verdict: .local),
        ]
        for (order, expected) in [([0, 1], 3), ([1, 0], 3), ([0, 2], 6), ([2, 0], 6), ([0], 1)] {
            for number in 1...20 {
                let count = Self.names.count { name in
                    var book = Book(pools, node: name)
                    _ = book.health.setPresent(Self.names, at: book.now)
                    for index in order { book.add(Pools.key(number, in: pools[index].name)) }
                    return book.own(Pools.key(number, in: pools[order[0]].name)) != nil
                }
                #expect(count == expected, "pools \(order)")
            }
        }
    }

    @Test("The same seed makes the same schedule, another one another")
    func repeatable() {
        func probes(seed: UInt64) -> [String] {
            var book = Book([Pools.checked()], node: "a", seed: seed)
            for number in 1...30 { book.add(Pools.key(number)) }
            _ = book.health.setPresent(Self.names, at: book.now)
            _ = book.health.setPresent([], at: book.now)
            var seen: [String] = []
            for second in 0..<30 {
                book.run(for: .seconds(1)) { address in
                    seen.append("\(second) \(address)")
                    return .fine
                }
            }
            return seen
        }
        #expect(probes(seed: 1) == probes(seed: 1))
        #expect(probes(seed: 1) != probes(seed: 2))
    }
}
