/// Remembers which counters of one sender came already: the highest and the 63 before it, as in
/// RFC 4303 section 3.4.3. Older ones count as seen.
struct ReplayWindow: Hashable, Sendable {
    private var highest: UInt64 = 0
    /// Bit n stands for the counter `highest - n`.
    private var seen: UInt64 = 0

    /// Whether `counter` is new; it is not new a second time. Counters begin at 1.
    mutating func admit(_ counter: UInt64) -> Bool {
        if counter > highest {
            let distance = counter - highest
            seen = distance < 64 ? seen << distance | 1 : 1
            highest = counter
            return true
        }
        let distance = highest - counter
        guard counter > 0, distance < 64, seen & (1 << distance) == 0 else { return false }
        seen |= 1 << distance
        return true
    }
}
