import Primitives

/// How many bytes may still be sent: a token bucket.
struct ByteBudget: Hashable, Sendable {
    /// Bytes a second in the long run, and at once after a rest.
    let rate: Int
    let burst: Int
    private var bytes: Int
    private var filled: Instant

    init(rate: Int, burst: Int, now: Instant) {
        self.rate = rate
        self.burst = burst
        bytes = burst
        filled = now
    }

    /// Whether anything may be sent that can wait.
    mutating func hasRoom(at now: Instant) -> Bool {
        let earned = (now - filled).inSeconds * Double(rate)
        // Small times would be rounded away one by one.
        if earned >= 1 {
            bytes = min(burst, bytes + Int(min(earned, Double(burst) * 2)))
            filled = now
        }
        return bytes > 0
    }

    /// Counts what was sent. What cannot wait is sent without room too, so this may fall below zero,
    /// though not far: nobody pays for long what was once urgent.
    mutating func spend(_ count: Int) { bytes = max(bytes - count, -burst) }

    /// When there is room again.
    func nextRoom(after now: Instant) -> Instant {
        guard bytes <= 0 else { return now }
        return max(now, filled + .seconds(1) * (Double(1 - bytes) / Double(rate)))
    }
}
