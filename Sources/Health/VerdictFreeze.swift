/// Whether what a node finds out about backends counts.
///
/// When no other node answers it and most of its checks fail at the same time, the fault is most
/// likely its own: a cable, a switch, a firewall. Then it goes on with the last verdicts instead of
/// taking every backend out of service. With the other nodes in reach, or most backends, it is
/// believed.
package enum VerdictFreeze {
    /// A node that finds itself cut off takes back what it found out in this time before.
    package static let lookBack: Duration = .seconds(10)

    /// - Parameters:
    ///   - isCutOff: no other node answers, of two or more.
    ///   - failing: how many checks failed at their last probe.
    ///   - checked: how many checks there are with a result.
    package static func holds(isCutOff: Bool, failing: Int, checked: Int) -> Bool {
        isCutOff && failing * 2 > checked
    }
}
