import Primitives

/// What the simulated network does to datagrams. All chances are between 0 and 1.
struct NetworkConditions {
    var latency: ClosedRange<Int64> = 200_000...1_500_000
    var loss = 0.0
    var duplication = 0.0
    /// The chance of a datagram to be held back, and for how many nanoseconds at most.
    var reordering = 0.0
    var holdBackMax: Int64 = 50_000_000
    /// Chance of one flipped bit.
    var bitFlips = 0.0
    /// Members of different groups do not hear one another; whoever is in no group is in group 0.
    var groups: [SocketAddress: Int] = [:]
    /// One-way cuts.
    var cuts: Set<[SocketAddress]> = []

    func blocks(from: SocketAddress, to: SocketAddress) -> Bool {
        groups[from, default: 0] != groups[to, default: 0] || cuts.contains([from, to])
    }
}

/// A datagram on its way.
struct Delivery {
    let at: Instant
    let order: UInt64
    let from: SocketAddress
    let to: SocketAddress
    let bytes: [UInt8]
}

/// Deliveries by time, first sent first among equals: a binary heap.
struct DeliveryQueue {
    private var heap: [Delivery] = []

    var first: Delivery? { heap.first }
    var isEmpty: Bool { heap.isEmpty }

    mutating func insert(_ delivery: Delivery) {
        heap.append(delivery)
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard precedes(child, parent) else { break }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    mutating func removeFirst() -> Delivery {
        heap.swapAt(0, heap.count - 1)
        let first = heap.removeLast()
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count {
                if precedes(child, least) { least = child }
            }
            guard least != parent else { return first }
            heap.swapAt(least, parent)
            parent = least
        }
    }

    private func precedes(_ left: Int, _ right: Int) -> Bool {
        (heap[left].at.nanoseconds, heap[left].order)
            < (heap[right].at.nanoseconds, heap[right].order)
    }
}
