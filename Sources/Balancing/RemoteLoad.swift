/// The connections of the other nodes to a backend, as one word that control writes and workers
/// read.
///
/// What the others report is up to about a second old. A node that believed it would send all its
/// new connections to the backend that looked emptiest, and so would every other node: they herd
/// (Mitzenmacher, "How useful is old information?", 2000). So old reports are interpreted, as
/// Dahlin advises ("Interpreting stale load information", 2000): until it reports again, a peer is
/// assumed to open and close at this backend what this node does. With equal traffic that is what
/// it does, because it chooses by the same rule; a peer with less traffic is taken to do less
/// (`activity`).
///
/// For each peer that is `gauge + activity * (local - localAtReport)`; the sum over peers needs only
/// the sum of the activities and that of `gauge - activity * localAtReport`.
package struct RemoteLoad: BitwiseCopyable, Sendable {
    /// Fixed-point numbers in units of 1/64: the sum of the activities in the lower 16 bits, the
    /// signed other sum in the upper 48.
    package let rawValue: UInt64

    @inlinable
    package init(rawValue: UInt64) {
        self.rawValue = rawValue
    }

    /// No other node: only local connections count.
    package static let none = RemoteLoad(rawValue: 0)

    /// One peer's report.
    package struct Report: BitwiseCopyable, Sendable {
        /// The connections that the peer had open.
        package var gauge: UInt32
        /// The connections that this node had open at the moment of the report (not when it came
        /// in: `interpolated`). A report that is not sent again because nothing changed must have
        /// this renewed instead, once a gauge period.
        package var localAtReport: UInt32
        /// How much the peer opens and closes where this node opens or closes one: 0...4, see
        /// `PeerActivity`.
        package var activity: Double

        package init(gauge: UInt32, localAtReport: UInt32, activity: Double = 1) {
            self.gauge = gauge
            self.localAtReport = localAtReport
            self.activity = min(max(activity, 0), PeerActivity.most)
        }

        /// A report that was `delay` on its way. What this node had open then lies between what it
        /// has now and what it had in its own last round, in proportion to the time.
        ///
        /// - Parameters:
        ///   - gauge: the connections that the peer had open.
        ///   - localNow: the connections that this node has open now.
        ///   - localAtRound: the same in this node's last round.
        ///   - sinceRound: the time since that round, in nanoseconds.
        ///   - delay: how old the report is, in nanoseconds.
        package static func interpolated(
            gauge: UInt32, localNow: UInt32, localAtRound: UInt32, sinceRound: Int64, delay: Int64,
            activity: Double = 1
        ) -> Report {
            let part = delay <= 0 ? 0 : sinceRound <= delay ? 1 : Double(delay) / Double(sinceRound)
            let change = Double(localNow) - Double(localAtRound)
            return Report(
                gauge: gauge, localAtReport: UInt32(max(Double(localNow) - change * part, 0)),
                activity: activity)
        }
    }

    /// The sum of the living peers' newest reports. Activities above 1,023 together count as that.
    package init(_ reports: some Sequence<Report>) {
        var sum = 0.0
        var activities = 0.0
        for report in reports {
            activities += report.activity
            sum += Double(report.gauge) - report.activity * Double(report.localAtReport)
        }
        let limit = Double(Int64(1) << 46)
        let fixed = Int64(min(max(sum * 64, -limit), limit))
        rawValue = UInt64(bitPattern: fixed) << 16 | UInt64(min(activities * 64, 65_535))
    }

    /// The connections of all nodes to the backend, never below the local ones.
    ///
    /// - Parameter local: those of this node, all its workers together, now.
    @inlinable
    package func connections(local: UInt64) -> UInt64 {
        let local = Int64(UInt32(clamping: local))
        let activities = Int64(rawValue & 0xFFFF)
        let sum = Int64(bitPattern: rawValue) >> 16
        return UInt64(local + max(0, (local * activities + sum + 32) >> 6))
    }
}
