package import Primitives

/// What happens next in a simulation.
package enum SimulatedEvent: BitwiseCopyable, Hashable, Sendable {
    /// The datagram in that slot arrives.
    case arrival(Int32)
    /// The deadline of that node is here, unless it has moved.
    case deadline(Int32)
    /// That node has worked off a datagram and takes the next one from its buffer.
    case service(Int32)
}

/// Events by time, first inserted first among equals: a binary min-heap, so that the order is
/// total and a run can be repeated exactly.
///
/// Nothing is ever taken out of the middle. An event that no longer holds, such as a deadline that
/// moved, stays until its time comes and is then ignored by whoever inserted it.
package struct EventQueue: Sendable {
    package struct Entry: BitwiseCopyable, Hashable, Sendable {
        package let at: Instant
        let order: UInt64
        package let event: SimulatedEvent

        static func precedes(_ left: Entry, _ right: Entry) -> Bool {
            left.at == right.at ? left.order < right.order : left.at < right.at
        }
    }

    private var heap: [Entry] = []
    private var inserted: UInt64 = 0

    package init() {}

    package var first: Entry? { heap.first }
    package var count: Int { heap.count }

    package mutating func insert(_ event: SimulatedEvent, at instant: Instant) {
        inserted += 1
        let entry = Entry(at: instant, order: inserted, event: event)
        heap.append(entry)
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard Entry.precedes(entry, heap[parent]) else { break }
            heap[child] = heap[parent]
            child = parent
        }
        heap[child] = entry
    }

    /// Takes the first event out; the queue must have one.
    package mutating func removeFirst() -> Entry {
        let first = heap[0]
        let last = heap.removeLast()
        guard !heap.isEmpty else { return first }
        var hole = 0
        while true {
            var child = 2 * hole + 1
            guard child < heap.count else { break }
            if child + 1 < heap.count, Entry.precedes(heap[child + 1], heap[child]) { child += 1 }
            guard Entry.precedes(heap[child], last) else { break }
            heap[hole] = heap[child]
            hole = child
        }
        heap[hole] = last
        return first
    }
}
