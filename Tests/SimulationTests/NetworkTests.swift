import Simulation
import Testing

/// What the network does to single datagrams.
@Suite("Virtual network")
struct NetworkTests {
    /// What came through of so many datagrams from node 0 to node 1.
    private func carry(
        _ count: Int, size: Int = 100, from: Int? = 0, to: Int? = 1, seed: UInt64 = 1,
        _ adjust: (inout NetworkConditions) -> Void
    ) -> (arrivals: [(delay: Int64, bytes: [UInt8])], counters: NetworkCounters) {
        var conditions = NetworkConditions()
        adjust(&conditions)
        var network = VirtualNetwork(conditions: conditions, seed: seed)
        var arrivals: [(Int64, [UInt8])] = []
        for _ in 0..<count {
            network.carry([UInt8](repeating: 0, count: size), from: from, to: to) {
                arrivals.append(($0, $1))
            }
        }
        return (arrivals, network.counters)
    }

    @Test("A LAN that works delivers everything once, unchanged and in time")
    func quiet() {
        let (arrivals, counters) = carry(1_000) { _ in }
        #expect(arrivals.count == 1_000)
        #expect(arrivals.allSatisfy { (200_000...1_500_000).contains($0.delay) })
        #expect(arrivals.allSatisfy { $0.bytes.allSatisfy { $0 == 0 } })
        #expect(Set(arrivals.map(\.delay)).count > 900, "delays differ")
        #expect(counters.sent == 1_000)
        #expect(counters.bytesSent == 128_000)
        #expect(counters.sentByNodes == 1_000)
        #expect(NetworkConditions().isQuiet)
    }

    @Test(
        "Losses are as frequent as they should be",
        arguments: [
            (0.25, 0.0, 0.0, 0.25), (0, 0.8, 0, 0.8), (0, 0, 0.8, 0.8), (0.5, 0.5, 0, 0.75),
            (0.5, 0.5, 0.5, 0.875), (1, 0, 0, 1),
        ])
    func loss(all: Double, out: Double, incoming: Double, expected: Double) {
        let (arrivals, counters) = carry(10_000) {
            $0.loss = all
            $0.outgoingLoss[0] = out
            $0.incomingLoss[1] = incoming
        }
        // Six times the greatest standard deviation.
        #expect(abs(Double(counters.lost) - 10_000 * expected) <= 300)
        #expect(arrivals.count + counters.lost == 10_000)
    }

    @Test("Losses of one node are not those of another")
    func lossOfOthers() {
        let (_, counters) = carry(1_000) {
            $0.outgoingLoss[1] = 1
            $0.incomingLoss[0] = 1
        }
        #expect(counters.lost == 0)
    }

    @Test("Datagrams come twice")
    func duplication() {
        let (arrivals, counters) = carry(10_000) { $0.duplication = 0.2 }
        #expect((1_700...2_300).contains(counters.duplicated))
        #expect(arrivals.count == 10_000 + counters.duplicated)
    }

    @Test("Datagrams are held back")
    func reordering() {
        let (arrivals, _) = carry(10_000) {
            $0.reordering = 0.3
            $0.holdBackMax = 50_000_000
        }
        let late = arrivals.count { $0.delay > 1_500_000 }
        #expect((2_500...3_300).contains(late))
        #expect(arrivals.allSatisfy { $0.delay <= 51_500_000 })
    }

    @Test("One bit flips, and it is counted")
    func bitFlips() {
        let (arrivals, counters) = carry(5_000) { $0.bitFlips = 0.1 }
        let flipped = arrivals.map { $0.bytes.reduce(0) { $0 + $1.nonzeroBitCount } }
        #expect(flipped.allSatisfy { $0 <= 1 })
        #expect(flipped.reduce(0, +) == counters.damaged)
        #expect((370...630).contains(counters.damaged))
        let empty = carry(1, size: 0) { $0.bitFlips = 1 }
        #expect(empty.counters.damaged == 0)
    }

    @Test("The path takes packets of its MTU and drops longer ones", arguments: [1_252, 1_253])
    func pathMTU(size: Int) {
        let (arrivals, counters) = carry(10, size: size) { $0.pathMTU = 1_280 }
        #expect(arrivals.count == (size == 1_252 ? 10 : 0))
        #expect(counters.oversized == (size == 1_252 ? 0 : 10))
    }

    @Test("Cuts and groups part whom they should")
    func blocks() {
        var conditions = NetworkConditions()
        conditions.cut(from: 0, to: 1)
        #expect(conditions.blocks(from: 0, to: 1))
        #expect(!conditions.blocks(from: 1, to: 0))
        conditions.cut(between: 2, and: 3)
        #expect(conditions.blocks(from: 3, to: 2))
        conditions.separate([4, 5])
        #expect(!conditions.blocks(from: 4, to: 5))
        #expect(conditions.blocks(from: 4, to: 0))
        #expect(conditions.blocks(from: 0, to: 5))
        #expect(!conditions.isQuiet)
        let (arrivals, counters) = carry(7) { $0.cut(from: 0, to: 1) }
        #expect(arrivals.isEmpty)
        #expect(counters.blocked == 7)
        // A stranger is in nobody's group but everybody's default one.
        let parted = carry(7, from: nil) { $0.separate([1]) }
        #expect(parted.counters.blocked == 7)
        let cut = carry(7, from: nil) { $0.cut(from: 0, to: 1) }
        #expect(cut.counters.blocked == 0)
    }

    @Test("The same seed gives the same fates")
    func determinism() {
        func fates(_ seed: UInt64) -> [Int64] {
            carry(200, seed: seed) {
                $0 = .bad
            }.arrivals.map(\.delay)
        }
        #expect(fates(3) == fates(3))
        #expect(fates(3) != fates(4))
    }
}
