internal import CLinux
package import Primitives

/// The clock of this machine. Only shells read them; everything pure is given an `Instant`.
package enum Clock {
    /// `CLOCK_MONOTONIC`, to the nanosecond.
    package static func now() -> Instant {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Instant(nanoseconds: Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec))
    }
}
