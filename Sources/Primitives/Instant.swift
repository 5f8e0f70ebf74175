/// A point on a monotonic clock, in nanoseconds since an arbitrary start.
///
/// Pure code never reads a clock: an `Instant` comes in as an argument, from `CLOCK_MONOTONIC` in
/// a node and from virtual time in a simulation. Instants of different processes do not compare.
package struct Instant: BitwiseCopyable, Hashable, Comparable, Sendable {
    package var nanoseconds: Int64

    package init(nanoseconds: Int64) {
        self.nanoseconds = nanoseconds
    }

    /// The start of virtual time.
    package static let zero = Instant(nanoseconds: 0)

    @inlinable
    package static func < (left: Instant, right: Instant) -> Bool {
        left.nanoseconds < right.nanoseconds
    }

    /// The instant `duration` later; saturates at the ends of the clock.
    package func advanced(by duration: Duration) -> Instant {
        let (sum, overflow) = nanoseconds.addingReportingOverflow(duration.nanoseconds)
        guard overflow else { return Instant(nanoseconds: sum) }
        return Instant(nanoseconds: duration.nanoseconds < 0 ? .min : .max)
    }

    /// The instant so many nanoseconds later, which is not near the end of the clock. On the hot
    /// path: a `Duration` counts attoseconds in 128 bits.
    package func advanced(byNanoseconds nanoseconds: Int64) -> Instant {
        Instant(nanoseconds: self.nanoseconds &+ nanoseconds)
    }

    package static func + (instant: Instant, duration: Duration) -> Instant {
        instant.advanced(by: duration)
    }

    package static func - (instant: Instant, duration: Duration) -> Instant {
        instant.advanced(by: .zero - duration)
    }

    package static func - (later: Instant, earlier: Instant) -> Duration {
        .nanoseconds(later.nanoseconds &- earlier.nanoseconds)
    }
}

extension Duration {
    /// The whole nanoseconds of this duration; saturates at about 292 years.
    package var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        guard !overflow else { return seconds < 0 ? .min : .max }
        let (sum, overflowed) = whole.addingReportingOverflow(attoseconds / 1_000_000_000)
        guard !overflowed else { return seconds < 0 ? .min : .max }
        return sum
    }

    /// This duration in seconds, as a number to print or to divide.
    package var inSeconds: Double {
        Double(nanoseconds) / 1e9
    }
}
