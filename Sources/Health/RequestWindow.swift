import Primitives

/// The requests of the last while, in a few slices that fall out one by one.
struct RequestWindow: Hashable, Sendable {
    /// How many slices a window has: what is older than the window by up to one of them counts.
    static let slicesMax = 10

    private struct Slice: Hashable, Sendable {
        let start: Instant
        var tally: RequestTally
    }

    private let span: Duration
    /// Oldest first; at most `slicesMax + 1`.
    private var slices: [Slice] = []
    private(set) var tally = RequestTally()

    init(span: Duration) {
        self.span = span
    }

    mutating func add(_ new: RequestTally, at now: Instant) {
        let slice = span / Self.slicesMax
        let kept = slices.drop { $0.start + slice <= now - span }
        if kept.count < slices.count {
            slices = Array(kept)
            tally = slices.reduce(into: RequestTally()) { $0 += $1.tally }
        }
        guard new.total > 0 else { return }
        if let last = slices.last, now < last.start + slice {
            slices[slices.count - 1].tally += new
        } else {
            slices.append(Slice(start: now, tally: new))
        }
        tally += new
    }

    mutating func removeAll() {
        slices = []
        tally = RequestTally()
    }
}
