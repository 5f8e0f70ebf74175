/// A stretch of memory on loan from a `BufferPool`, with the bytes between `start` and `end` in use.
package struct Buffer: BitwiseCopyable {
    package let base: UnsafeMutableRawPointer
    package let capacity: Int
    package var start = 0
    package var end = 0

    package init(base: UnsafeMutableRawPointer, capacity: Int) {
        self.base = base
        self.capacity = capacity
    }

    package var count: Int { end - start }
    package var room: Int { capacity - end }
    package var bytes: UnsafeRawPointer { UnsafeRawPointer(base + start) }

    /// Adds `count` bytes at the end; the caller has made sure that there is room.
    package mutating func append(_ source: UnsafeRawPointer, count: Int) {
        precondition(count <= room)
        (base + end).copyMemory(from: source, byteCount: count)
        end += count
    }

    /// Moves the bytes in use to the front, so that all room is behind them.
    package mutating func compact() {
        guard start > 0 else { return }
        base.copyMemory(from: base + start, byteCount: count)
        end -= start
        start = 0
    }
}

/// Buffers of two sizes, lent and taken back without an allocation once warm.
///
/// The last one returned is the next one lent, because it is still in the processor's cache. Idle
/// connections hold none. A fixed limit bounds what all connections of a worker hold together.
package struct BufferPool: ~Copyable {
    /// Holds a request or response head and what is left of a short write.
    package static let smallSize = 16 * 1024
    /// Holds what a streaming connection could not write at once.
    package static let largeSize = 288 * 1024

    private var small: [UnsafeMutableRawPointer] = []
    private var large: [UnsafeMutableRawPointer] = []
    /// Free buffers beyond these are returned to the system.
    private static let smallKept = 1024
    private static let largeKept = 16
    private let bytesMax: Int
    package private(set) var bytesLent = 0

    /// - Parameter bytesMax: the most bytes on loan at one time.
    package init(bytesMax: Int) {
        self.bytesMax = bytesMax
        small.reserveCapacity(Self.smallKept)
        large.reserveCapacity(Self.largeKept)
    }

    deinit {
        for base in small { base.deallocate() }
        for base in large { base.deallocate() }
    }

    /// Lends a buffer with room for `count` bytes.
    ///
    /// - Returns: nil when the limit is reached, or `count` is above `largeSize`.
    package mutating func lend(_ count: Int) -> Buffer? {
        let isSmall = count <= Self.smallSize
        let size = isSmall ? Self.smallSize : Self.largeSize
        guard count <= size, bytesLent + size <= bytesMax else { return nil }
        bytesLent += size
        let free = isSmall ? small.popLast() : large.popLast()
        return Buffer(base: free ?? .allocate(byteCount: size, alignment: 64), capacity: size)
    }

    /// Takes a buffer back.
    package mutating func takeBack(_ buffer: Buffer) {
        bytesLent -= buffer.capacity
        if buffer.capacity == Self.smallSize, small.count < Self.smallKept {
            small.append(buffer.base)
        } else if buffer.capacity == Self.largeSize, large.count < Self.largeKept {
            large.append(buffer.base)
        } else {
            buffer.base.deallocate()
        }
    }
}
