package import Primitives

extension Table {
    /// One server of a pool, in the form in which it lies in a table file.
    package struct Backend: Hashable, BitwiseCopyable, Sendable {
        package var address: SocketAddress
        /// What stands for this backend in cookies that this node sets.
        package var token: StickyToken
        /// `CLOCK_MONOTONIC` nanoseconds when it came up, for slow start; 0 for long ago.
        package var upSince: Int64
        /// Where its counters are in `NodeMemory`; its identity while the node runs.
        package var slot: UInt32
        package var weight: UInt16
        package var standing: Standing

        package init(
            slot: Int, address: SocketAddress, standing: Standing, weight: UInt16 = 1,
            upSince: Int64 = 0, token: StickyToken = .none
        ) {
            self.slot = UInt32(slot)
            self.address = address
            self.standing = standing
            self.weight = weight
            self.upSince = upSince
            self.token = token
        }
    }

    /// What a backend may be used for now.
    package struct Standing: OptionSet, Hashable, BitwiseCopyable, Sendable {
        package let rawValue: UInt8
        package init(rawValue: UInt8) { self.rawValue = rawValue }

        /// It takes new traffic.
        package static let takesNew = Standing(rawValue: 1)
        /// It takes clients that stick to it.
        package static let takesSticky = Standing(rawValue: 2)
        /// The cluster-wide number of its connections is limited: see
        /// `NodeMemory.connectionLimit`.
        package static let isLimited = Standing(rawValue: 4)

        /// Whether anything at all may go there, so that idle connections are worth keeping.
        package var isUsable: Bool { !isDisjoint(with: [.takesNew, .takesSticky]) }
    }

    /// Sixteen bytes that stand for a backend in a cookie: a keyed hash, so that a client can
    /// neither read nor make one.
    package struct StickyToken: Hashable, BitwiseCopyable, Sendable {
        package var high: UInt64
        package var low: UInt64

        package init(high: UInt64, low: UInt64) {
            self.high = high
            self.low = low
        }

        /// No token.
        package static let none = StickyToken(high: 0, low: 0)
    }

    /// One place of a pool's `stickyEntries`.
    package struct StickyEntry: Hashable, BitwiseCopyable, Sendable {
        package var token: StickyToken
        /// `emptySlot` in a place that is free.
        package var slot: UInt32

        package static let emptySlot = UInt32.max

        package init(token: StickyToken, slot: UInt32) {
            self.token = token
            self.slot = slot
        }

        /// The table of the entries: each token stands at `low` modulo the size, or at the next
        /// place that was free; at least half of the places are.
        package static func table(_ entries: [StickyEntry]) -> [StickyEntry] {
            guard !entries.isEmpty else { return [] }
            var size = 2
            while size < entries.count * 2 { size *= 2 }
            var places = Array(
                repeating: StickyEntry(token: .none, slot: emptySlot), count: size)
            for entry in entries {
                var place = Int(truncatingIfNeeded: entry.token.low) & (size - 1)
                while places[place].slot != emptySlot { place = (place + 1) & (size - 1) }
                places[place] = entry
            }
            return places
        }
    }
}

extension UnsafeBufferPointer<Table.StickyEntry> {
    /// The slot of the backend that `token` stands for, or nil.
    package func slot(of token: Table.StickyToken) -> UInt32? {
        guard count > 0 else { return nil }
        var place = Int(truncatingIfNeeded: token.low) & (count - 1)
        while self[place].slot != Table.StickyEntry.emptySlot {
            if self[place].token == token { return self[place].slot }
            place = (place + 1) & (count - 1)
        }
        return nil
    }
}
