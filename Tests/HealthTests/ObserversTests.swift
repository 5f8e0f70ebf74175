import Health
import Primitives
import Testing

@Suite("Shared probing")
struct ObserversTests {
    private static func key(_ number: Int, check: UInt64 = 1) -> CheckKey {
        CheckKey(
            address: SocketAddress(ip: IPAddress(ipv4: 0x0A00_0000 + UInt32(number)), port: 80),
            check: CheckID(rawValue: check))
    }

    private static func names(_ count: Int) -> [String] { (1...count).map { "lb-\($0)" } }

    @Test(
        "So many nodes probe a backend, or all if there are not more",
        arguments: [
            (1, 3, 1), (2, 3, 2), (3, 3, 3), (4, 3, 3), (1_000, 3, 3), (5, 1, 1), (5, 0, 5),
            (5, -1, 5), (5, 5, 5), (5, .max, 5),
        ])
    func number(nodes: Int, count: Int, expected: Int) {
        let observers = Observers(Self.names(nodes))
        for number in 0..<50 {
            let chosen = observers.chosen(for: Self.key(number), count: count)
            #expect(chosen.count == expected && Set(chosen).count == expected)
        }
    }

    @Test("The choice is the same in every process: this was computed by another program")
    func stable() {
        let observers = Observers(Self.names(9))
        #expect(observers.chosen(for: Self.key(1), count: 4) == ["lb-3", "lb-8", "lb-4", "lb-9"])
    }

    @Test("Nobody is nobody, and an absent node is never one of them")
    func nobody() {
        #expect(Observers([]).chosen(for: Self.key(1), count: 3) == [])
        #expect(!Observers([]).includes("lb-1", for: Self.key(1), count: 3))
        #expect(!Observers(["lb-1"]).includes("lb-2", for: Self.key(1), count: 0))
    }

    @Test("Order and repetitions do not matter", arguments: UInt64(0)..<16)
    func order(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let names = Self.names(12)
        let shuffled = (names + names.prefix(4)).shuffled(using: &random)
        #expect(Observers(names) == Observers(shuffled))
    }

    @Test("Each node finds out for itself what all find out together", arguments: UInt64(0)..<32)
    func agreement(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let names = Self.names(Int.random(in: 1...20, using: &random))
        let observers = Observers(names)
        for _ in 0..<50 {
            let key = Self.key(.random(in: 0..<1_000, using: &random), check: random.next())
            let count = Int.random(in: 0...5, using: &random)
            let chosen = Set(observers.chosen(for: key, count: count))
            #expect(
                Set(names.filter { observers.includes($0, for: key, count: count) }) == chosen)
        }
    }

    @Test("Probes are spread evenly over the nodes")
    func balance() {
        let observers = Observers(Self.names(10))
        var probes: [String: Int] = [:]
        for number in 0..<10_000 {
            for name in observers.chosen(for: Self.key(number), count: 3) {
                probes[name, default: 0] += 1
            }
        }
        // 3,000 each on average; the standard deviation is 46.
        #expect(probes.count == 10)
        #expect(probes.values.allSatisfy { (2_800...3_200).contains($0) })
    }

    @Test("Two checks of one address are probed by different nodes")
    func checksDiffer() {
        let observers = Observers(Self.names(50))
        let same = (0..<200).count { number in
            observers.chosen(for: Self.key(number, check: 1), count: 1)
                == observers.chosen(for: Self.key(number, check: 2), count: 1)
        }
        #expect(same < 20)
    }

    @Test("A node that goes hands on its own checks and no others, one at a time")
    func departure() {
        let all = Observers(Self.names(10))
        let rest = Observers(Self.names(10).filter { $0 != "lb-4" })
        var moved = 0
        for number in 0..<3_000 {
            let before = all.chosen(for: Self.key(number), count: 3)
            let after = rest.chosen(for: Self.key(number), count: 3)
            #expect(after.filter(before.contains) == before.filter { $0 != "lb-4" })
            if before != after { moved += 1 }
        }
        // Three in ten checks had it among their three.
        #expect((780...1_020).contains(moved))
    }
}
