import Primitives

/// Checks by when they are due: a binary min-heap, ties broken by key so that the order is total.
struct DueQueue: Sendable {
    struct Item: Hashable, Comparable, Sendable {
        let due: Instant
        let key: CheckKey

        static func < (left: Item, right: Item) -> Bool {
            (left.due, left.key) < (right.due, right.key)
        }
    }

    private var items: [Item] = []

    var first: Item? { items.first }
    var count: Int { items.count }

    func contains(_ item: Item) -> Bool { items.contains(item) }

    mutating func insert(_ item: Item) {
        items.append(item)
        var child = items.count - 1
        while child > 0, items[child] < items[(child - 1) / 2] {
            items.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    mutating func removeFirst() {
        items.swapAt(0, items.count - 1)
        items.removeLast()
        siftDown(from: 0)
    }

    mutating func keepOnly(where isKept: (Item) -> Bool) {
        items = items.filter(isKept).sorted()
    }

    private mutating func siftDown(from start: Int) {
        var parent = start
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2]
            where child < items.count && items[child] < items[least] {
                least = child
            }
            guard least != parent else { return }
            items.swapAt(parent, least)
            parent = least
        }
    }
}
