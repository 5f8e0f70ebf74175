internal import CLinux
package import Primitives

/// The clocks of this machine. Only shells read them; everything pure is given an `Instant`.
package enum Clock {
    /// `CLOCK_MONOTONIC`, to the nanosecond.
    package static func now() -> Instant {
        read(CLOCK_MONOTONIC)
    }

    /// `CLOCK_MONOTONIC_COARSE`: as of the last kernel tick (1-4 ms ago), for a fraction of the cost.
    package static func coarseNow() -> Instant {
        read(CLOCK_MONOTONIC_COARSE)
    }
    static func read(_ clock: clockid_t) -> Instant {
        var time = timespec()
        clock_gettime(clock, &time)
        return Instant(nanoseconds: Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec))
    }
}
