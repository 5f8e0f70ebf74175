/// Trees of segments, of paths from the left and of hosts from the right, in one hash table.
///
/// A step down costs one look into the table however many trees and segments there are; a stranger
/// chooses what is looked up, not what is in it, so he cannot make it degenerate.
struct SegmentTree: Sendable {
    /// No place.
    static let none = UInt32.max

    /// Half a cache line; a segment of up to 16 bytes is compared within it.
    private struct Edge: BitwiseCopyable {
        var first: UInt64 = 0
        var second: UInt64 = 0
        /// `none` where the slot is free.
        var parent = SegmentTree.none
        var child = SegmentTree.none
        /// Where in `words` the bytes from the seventeenth on are.
        var rest: UInt32 = 0
        var count: UInt32 = 0
    }

    private var edges: [Edge]
    /// The hash of each edge, for moving it when the table grows.
    private var hashes: [UInt64]
    private var words: [UInt64] = []
    private var used = 0
    /// How many places there are; the trees' roots are among them.
    private(set) var count = 0

    init() {
        edges = [Edge](repeating: Edge(), count: 16)
        hashes = [UInt64](repeating: 0, count: 16)
    }

    /// A new place without a parent.
    mutating func addRoot() -> UInt32 {
        defer { count += 1 }
        return UInt32(count)
    }

    /// The place under `parent` for `segment`, which has no `/`; a new one if need be.
    mutating func place(under parent: UInt32, _ segment: [UInt8]) -> UInt32 {
        let key = SegmentKey(ofPath: segment.span, from: 0)
        let found = child(of: parent, key, segment.span, ignoringCase: false)
        guard found == Self.none else { return found }
        if 4 * (used + 1) > 3 * edges.count { grow() }
        let edge = Edge(
            first: key.first, second: key.second, parent: parent, child: addRoot(),
            rest: UInt32(words.count), count: key.count)
        for start in stride(from: 16, to: key.count, by: 8) {
            words.append(segment.span.word(at: start).bits)
        }
        insert(edge, key.hash(under: parent))
        used += 1
        return edge.child
    }

    private mutating func grow() {
        let old = zip(edges, hashes)
        edges = [Edge](repeating: Edge(), count: 2 * edges.count)
        hashes = [UInt64](repeating: 0, count: edges.count)
        for (edge, hash) in old where edge.parent != Self.none { insert(edge, hash) }
    }

    private mutating func insert(_ edge: Edge, _ hash: UInt64) {
        var slot = Int(truncatingIfNeeded: hash) & (edges.count - 1)
        while edges[slot].parent != Self.none { slot = (slot + 1) & (edges.count - 1) }
        edges[slot] = edge
        hashes[slot] = hash
    }

    /// The place under `parent` for a segment of `text`; `none` if there is none.
    @inline(__always)
    func child(
        of parent: UInt32, _ key: SegmentKey, _ text: Span<UInt8>, ignoringCase: Bool
    ) -> UInt32 {
        let mask = edges.count &- 1
        var slot = Int(truncatingIfNeeded: key.hash(under: parent)) & mask
        while true {
            let edge = edges[slot]
            guard edge.parent != Self.none else { return Self.none }
            if edge.parent == parent, edge.first == key.first, edge.second == key.second,
                edge.count == key.count,
                key.count <= 16 || hasRest(edge, key, text, ignoringCase: ignoringCase)
            {
                return edge.child
            }
            slot = (slot &+ 1) & mask
        }
    }

    @inline(never)
    private func hasRest(
        _ edge: Edge, _ key: SegmentKey, _ text: Span<UInt8>, ignoringCase: Bool
    ) -> Bool {
        var place = Int(edge.rest)
        for offset in stride(from: 16, to: key.count, by: 8) {
            let word = text.word(at: key.start + offset).prefix(Int(key.count - offset))
            guard words[place] == (ignoringCase ? word.lowercased : word).bits else { return false }
            place += 1
        }
        return true
    }
}
