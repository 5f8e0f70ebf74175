package import Primitives

/// One deadline for each of a fixed number of timers, kept in a hashed wheel.
///
/// Scheme 6 of Varghese and Lauck ("Hashed and Hierarchical Timing Wheels", 1987), made lazy: a
/// timer that is put off stays where it stands and is moved on only when its old slot comes up, so
/// the usual case, a deadline that moves later with every request, costs one store.
package struct TimerWheel: ~Copyable {
    /// Deadlines are met up to one tick late.
    package static let tick = Duration.milliseconds(10)
    @usableFromInline static let tickNanoseconds: Int64 = 10_000_000
    /// The wheel's circumference in ticks: later deadlines are looked at once a round.
    @usableFromInline static let slotCount = 1024

    private struct Timer {
        var deadline: Int64 = .max
        /// The tick in whose slot the timer stands, or `unparked`.
        var parkedTick: Int64 = Timer.unparked
        var next: UInt32 = .max
        var previous: UInt32 = .max

        static let unparked: Int64 = .max
    }

    private let timers: UnsafeMutablePointer<Timer>
    private let slots: UnsafeMutablePointer<UInt32>
    private let capacity: Int
    private var currentTick: Int64
    private var parkedCount = 0

    package init(capacity: Int, now: Instant) {
        self.capacity = capacity
        timers = .allocate(capacity: capacity)
        timers.initialize(repeating: Timer(), count: capacity)
        slots = .allocate(capacity: Self.slotCount)
        slots.initialize(repeating: .max, count: Self.slotCount)
        currentTick = now.nanoseconds / Self.tickNanoseconds
    }

    deinit {
        timers.deallocate()
        slots.deallocate()
    }

    /// Sets or replaces the deadline of a timer.
    package mutating func set(_ timer: UInt32, to deadline: Instant) {
        precondition(Int(timer) < capacity)
        let entry = timers + Int(timer)
        entry.pointee.deadline = deadline.nanoseconds
        let tick = Self.tick(of: deadline.nanoseconds)
        // A timer that stands in an earlier slot already will be moved on when that comes up.
        guard tick < entry.pointee.parkedTick else { return }
        if entry.pointee.parkedTick != Timer.unparked { unpark(timer) }
        park(timer, tick: tick)
    }

    /// Makes sure the timer does not fire, and forgets it.
    package mutating func cancel(_ timer: UInt32) {
        precondition(Int(timer) < capacity)
        timers[Int(timer)].deadline = .max
        if timers[Int(timer)].parkedTick != Timer.unparked { unpark(timer) }
    }

    /// Moves the wheel to `now` and hands over the timers whose deadline has passed, at most
    /// `fired.count` of them; returns how many.
    package mutating func advance(
        to now: Instant, fired: UnsafeMutableBufferPointer<UInt32>
    ) -> Int {
        let target = now.nanoseconds / Self.tickNanoseconds
        if target - currentTick > Int64(Self.slotCount) {
            currentTick = target - Int64(Self.slotCount)
        }
        var count = 0
        while currentTick <= target {
            let slot = Int(currentTick) & (Self.slotCount - 1)
            while slots[slot] != .max {
                guard count < fired.count else { return count }
                let timer = slots[slot]
                unpark(timer)
                let deadline = timers[Int(timer)].deadline
                if deadline <= now.nanoseconds {
                    timers[Int(timer)].deadline = .max
                    fired[count] = timer
                    count += 1
                } else {
                    park(timer, tick: max(Self.tick(of: deadline), target + 1))
                }
            }
            currentTick += 1
        }
        // The slot of the present tick may still get timers, so it is looked at again next time.
        currentTick = target
        return count
    }

    /// How long the loop may sleep: one tick while anything is parked nearby, else `longest`.
    package func sleepLimit(now: Instant, longest: Duration) -> Duration {
        guard parkedCount > 0 else { return longest }
        let last = currentTick + longest.nanoseconds / Self.tickNanoseconds
        var tick = currentTick
        while tick < last {
            if slots[Int(tick) & (Self.slotCount - 1)] != .max {
                let due = Instant(nanoseconds: (tick + 1) * Self.tickNanoseconds)
                return max(.zero, min(longest, due - now))
            }
            tick += 1
        }
        return longest
    }

    /// Rounded up, so that a timer never fires early.
    private static func tick(of nanoseconds: Int64) -> Int64 {
        let (rounded, overflow) = nanoseconds.addingReportingOverflow(tickNanoseconds - 1)
        return (overflow ? .max : rounded) / tickNanoseconds
    }

    private mutating func park(_ timer: UInt32, tick: Int64) {
        let horizon = currentTick + Int64(Self.slotCount) - 1
        let tick = min(max(tick, currentTick), horizon)
        let slot = Int(tick) & (Self.slotCount - 1)
        let first = slots[slot]
        timers[Int(timer)].parkedTick = tick
        timers[Int(timer)].previous = .max
        timers[Int(timer)].next = first
        if first != .max { timers[Int(first)].previous = timer }
        slots[slot] = timer
        parkedCount += 1
    }

    private mutating func unpark(_ timer: UInt32) {
        let entry = timers[Int(timer)]
        if entry.next != .max { timers[Int(entry.next)].previous = entry.previous }
        if entry.previous != .max {
            timers[Int(entry.previous)].next = entry.next
        } else {
            slots[Int(entry.parkedTick) & (Self.slotCount - 1)] = entry.next
        }
        timers[Int(timer)].parkedTick = Timer.unparked
        parkedCount -= 1
    }
}
