/// Trees of segments, of paths from the left and of hosts from the right, in one hash table.
///
/// A step down costs one look into the table however many trees and segments there are; a stranger
/// chooses what is looked up, not what is in it, so he cannot make it degenerate.
struct SegmentTree: Sendable {
    /// No place.
    static let none = UInt32.max

    private struct Edge: BitwiseCopyable {
        /// `none` where the slot is free.
        var parent = SegmentTree.none
        var hash: UInt32 = 0
        var child = SegmentTree.none
        var start: UInt32 = 0
        var count: UInt32 = 0
    }

    private var edges: [Edge]
    private var bytes: [UInt8] = []
    private var used = 0
    /// How many places there are; the trees' roots are among them.
    private(set) var count = 0

    init() {
        edges = [Edge](repeating: Edge(), count: 16)
    }

    /// A new place without a parent.
    mutating func addRoot() -> UInt32 {
        defer { count += 1 }
        return UInt32(count)
    }

    /// The place under `parent` for `segment`, a new one if need be.
    mutating func place(under parent: UInt32, _ segment: [UInt8]) -> UInt32 {
        let hash = SegmentHash(of: segment.span)
        let found = child(of: parent, segment.span, 0..<segment.count, hash, ignoringCase: false)
        guard found == Self.none else { return found }
        if 2 * (used + 1) > edges.count { grow() }
        let edge = Edge(
            parent: parent, hash: hash.slot(under: parent), child: addRoot(),
            start: UInt32(bytes.count), count: UInt32(segment.count))
        bytes += segment
        insert(edge)
        used += 1
        return edge.child
    }

    private mutating func grow() {
        let old = edges
        edges = [Edge](repeating: Edge(), count: 2 * old.count)
        for edge in old where edge.parent != Self.none { insert(edge) }
    }

    private mutating func insert(_ edge: Edge) {
        var slot = Int(edge.hash) & (edges.count - 1)
        while edges[slot].parent != Self.none { slot = (slot + 1) & (edges.count - 1) }
        edges[slot] = edge
    }

    /// The place under `parent` for the segment that is `range` of `text`, as `hash` has read it;
    /// `none` if there is none.
    @inline(__always)
    func child(
        of parent: UInt32, _ text: Span<UInt8>, _ range: Range<Int>, _ hash: SegmentHash,
        ignoringCase: Bool
    ) -> UInt32 {
        let edges = self.edges.span
        let wanted = hash.slot(under: parent)
        var slot = Int(wanted) & (edges.count &- 1)
        while edges[slot].parent != Self.none {
            let edge = edges[slot]
            if edge.hash == wanted, edge.parent == parent, Int(edge.count) == range.count,
                holds(edge, text, range, ignoringCase: ignoringCase)
            {
                return edge.child
            }
            slot = (slot &+ 1) & (edges.count &- 1)
        }
        return Self.none
    }

    @inline(__always)
    private func holds(
        _ edge: Edge, _ text: Span<UInt8>, _ range: Range<Int>, ignoringCase: Bool
    ) -> Bool {
        let bytes = self.bytes.span
        let start = Int(edge.start)
        for offset in 0..<range.count {
            let byte = text[range.lowerBound &+ offset]
            let seen = ignoringCase ? byte.lowercased : byte
            guard bytes[start &+ offset] == seen else { return false }
        }
        return true
    }
}

/// The hash of a segment, a byte at a time: FNV-1a (Fowler, Noll and Vo) with the last steps of
/// SplitMix64, so that its low bits are good too.
struct SegmentHash: BitwiseCopyable {
    private var value: UInt64 = 0xCBF2_9CE4_8422_2325

    init() {}

    init(of bytes: Span<UInt8>) {
        for index in bytes.indices { add(bytes[index]) }
    }

    @inline(__always)
    mutating func add(_ byte: UInt8) {
        value = (value ^ UInt64(byte)) &* 0x0000_0100_0000_01B3
    }

    /// What the table keeps of it for a segment under `parent`.
    @inline(__always)
    func slot(under parent: UInt32) -> UInt32 {
        var mixed = (value ^ UInt64(parent)) &* 0x9E37_79B9_7F4A_7C15
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        return UInt32(truncatingIfNeeded: mixed >> 32)
    }
}
