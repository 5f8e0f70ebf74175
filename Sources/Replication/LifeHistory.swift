/// What this node knows of one life's operations. Each of them is unknown, live or dead, and only
/// ever moves on in this order, on every node: that is why all nodes end with the same.
struct LifeHistory: Sendable {
    let life: Life
    /// What it has heard of.
    private(set) var seen = VersionRanges()
    /// Those that are live, and what each adds to a sum. They need not be in `seen`: what is held
    /// is known all the same.
    private(set) var live: [UInt64: UInt64] = [:]

    init(life: Life) {
        self.life = life
    }

    /// Whether nothing is known of it.
    var isEmpty: Bool { live.isEmpty && seen.count == 0 }

    func isDead(_ version: UInt64) -> Bool {
        live[version] == nil && seen.contains(version)
    }

    mutating func note(_ version: UInt64, rangeLimit: Int) -> Bool {
        seen.insert(version, limit: rangeLimit)
    }

    mutating func bear(_ version: UInt64, fingerprint: UInt64) {
        live[version] = fingerprint
    }

    mutating func bury(_ version: UInt64) {
        live[version] = nil
    }

    /// What is said of this life in digests; nothing when nothing can be said.
    var digestEntry: DigestEntry? {
        guard seen.count > 0 else { return nil }
        // Of two nodes that have heard of as many, but not of the same, one is asked first; then it
        // has heard of less and asks in turn.
        let tie = seen.hash >> 32
        return DigestEntry(
            id: life.digestID, version: DigestVersion(generation: seen.count, counter: tie))
    }

    /// All that it has heard of, in watermarks that can each be checked alone.
    var watermarks: [Watermark] {
        let ranges = seen.ranges
        return stride(from: 0, to: ranges.count, by: Watermark.rangeLimit).map { start in
            let part = Array(ranges[start..<min(start + Watermark.rangeLimit, ranges.count)])
            return Watermark(life: life, seen: part, live: liveSum(within: part))
        }
    }

    /// Takes in what another node has heard of, if the live ones among it are the same here.
    mutating func merge(_ watermark: Watermark, rangeLimit: Int) -> Bool {
        guard liveSum(within: watermark.seen) == watermark.live else { return false }
        return seen.formUnion(watermark.seen, limit: rangeLimit)
    }

    private func liveSum(within ranges: [ClosedRange<UInt64>]) -> UInt64 {
        var inside = VersionRanges()
        _ = inside.formUnion(ranges, limit: ranges.count)
        // The order of a dictionary does not matter to a sum.
        return live.reduce(0) { inside.contains($1.key) ? $0 &+ $1.value : $0 }
    }
}
