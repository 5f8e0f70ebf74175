import Primitives

/// A running suspicion of one incarnation of one member.
struct Suspicion: Hashable, Sendable {
    let name: NodeName
    let incarnation: UInt64
    var started: Instant
    var deadline: Instant
}

extension MembershipConfiguration {
    /// How long a suspicion lasts (Lifeguard, section IV-B).
    ///
    /// - `accusers`: how many credible members accuse the suspect.
    /// - `witnesses`: how many members, we included, could accuse the suspect.
    /// - `members`: the size of the cluster.
    ///
    /// Each accuser after the first takes off less than the one before: the time falls with the
    /// logarithm. Where three could accuse, one that accuses alone is not believed for long.
    func suspicionDuration(accusers: Int, witnesses: Int, members: Int) -> Duration {
        let wanted = min(confirmationsWanted, witnesses - 1)
        let scale = max(1, approximateLog2(members) / approximateLog2(10))
        let shortest = suspicionMinimum * scale
        guard wanted > 0 else { return max(suspicionAlone, shortest) }
        let longest = max(suspicionMaximum, shortest)
        guard accusers > 1 || (accusers == 1 && wanted == 1) else {
            return max(suspicionUnconfirmed, longest)
        }
        let confirmations = accusers - 1
        guard confirmations < wanted else { return shortest }
        let part = approximateLog2(confirmations + 1) / approximateLog2(wanted + 1)
        return longest - (longest - shortest) * part
    }
}

/// The binary logarithm of `number`, at least 1, interpolated between powers of two (error at most
/// 0.09): pure code has no mathematical library, and a time-out needs no better.
func approximateLog2(_ number: Int) -> Double {
    let value = Double(max(number, 1))
    return Double(value.exponent) + value.significand - 1
}
