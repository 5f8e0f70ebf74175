import Health
import Primitives
import Testing

@Suite("The cap on ejections")
struct EjectionCapTests {
    private static func backends(_ numbers: some Sequence<Int>) -> Set<SocketAddress> {
        Set(numbers.map { SocketAddress(ip: IPAddress(ipv4: UInt32($0)), port: 80) })
    }

    private static func backend(_ number: Int) -> SocketAddress {
        SocketAddress(ip: IPAddress(ipv4: UInt32(number)), port: 80)
    }

    @Test(
        "So many of a pool may go: one at least, and never all",
        arguments: [
            (50, 0, 0), (50, 1, 0), (50, 2, 1), (50, 3, 1), (50, 4, 2), (50, 5, 2), (50, 10, 5),
            (10, 2, 1), (10, 3, 1), (10, 19, 1), (10, 20, 2), (100, 1, 0), (100, 2, 1),
            (100, 10, 9), (0, 10, 0), (0, 2, 0), (1, 1_000, 10),
        ])
    func limits(share: Int, count: Int, expected: Int) {
        #expect(EjectionCap(share: share).limit(of: count) == expected)
    }

    @Test("Ejections of all nodes count, and one backend counts once")
    func counting() {
        let cap = EjectionCap(share: 50)
        let pool = Self.backends(1...4)
        func admits(_ number: Int, ejected: [Int], down: [Int] = []) -> Bool {
            cap.admits(
                Self.backend(number), of: pool, ejected: Self.backends(ejected),
                down: Self.backends(down))
        }
        #expect(admits(1, ejected: []))
        #expect(admits(1, ejected: [2]))
        #expect(!admits(1, ejected: [2, 3]))
        // Another node has ejected it: to agree costs nothing.
        #expect(admits(1, ejected: [1, 2]))
        // Those of other pools are no part of it.
        #expect(admits(1, ejected: [2, 9, 10]))
        // Down for another reason: not against the cap, but the last one stays.
        #expect(admits(1, ejected: [], down: [2, 3]))
        #expect(!admits(1, ejected: [], down: [2, 3, 4]))
        #expect(!admits(1, ejected: [2], down: [3, 4]))
    }
}
