/// Every period, time-out and limit of `Membership`.
///
/// The defaults are chosen for a LAN and together: in a cluster of three a crash is known to all
/// within 2.5 s, while a node at rest sends one ping and one answer a period, below 300 bytes/s.
package struct MembershipConfiguration: Hashable, Sendable {
    /// How often one member is probed (SWIM's protocol period). Varied by a tenth either way.
    package var period: Duration = .milliseconds(640)
    /// A ping without an answer is repeated this often while its probe lasts.
    package var retryInterval: Duration = .milliseconds(75)
    /// How long a probe pings on its own before it asks helpers.
    package var directTimeout: Duration = .milliseconds(225)
    /// How long a probe lasts in all before the target is accused.
    package var probeTimeout: Duration = .milliseconds(600)
    /// How many members are asked to ping the target as well.
    package var helperCount = 3
    /// When a helper without an answer says that at least it is well itself.
    package var nackAfter: Duration = .milliseconds(150)

    /// How long a suspicion lasts when enough independent members confirm it. Grows with the
    /// decimal logarithm of the number of members above ten.
    package var suspicionMinimum: Duration = .milliseconds(500)
    /// How long it lasts when nobody is left who could confirm it.
    package var suspicionAlone: Duration = .milliseconds(1_500)
    /// How long it lasts when others could confirm it and do not.
    package var suspicionMaximum: Duration = .milliseconds(3_000)
    /// How many confirmations besides the first accusation bring the minimum (Lifeguard's K).
    package var confirmationsWanted = 2

    /// The worst score of local health; all time-outs are multiplied by the score plus one.
    package var healthScoreMax = 8
    /// A tick later than this says that our own loop was stopped: no deadline runs meanwhile.
    package var lagTolerance: Duration = .milliseconds(250)

    /// How soon, and after doubling how seldom, dead members and unanswered seeds are contacted.
    package var contactIntervalMinimum: Duration = .milliseconds(500)
    package var contactIntervalMaximum: Duration = .seconds(8)
    /// How many of them at a time.
    package var contactsPerRound = 3
    /// Contacts carry so many bytes of padding, so that a stranger's answer may introduce it.
    package var contactPadding = 200

    /// How many peers should know of our leaving before it counts, and how long that may take.
    package var departureWitnesses = 3
    package var departureTimeout: Duration = .seconds(2)
    /// How long a member that left is remembered.
    package var leftRetention: Duration = .seconds(3_600)

    /// A superseded process may speak this long (datagrams in flight) without an alarm.
    package var duplicateGrace: Duration = .seconds(2)
    package var alarmInterval: Duration = .seconds(30)

    package var memberLimit = 2_048
    package var seedLimit = 64
    package var probeLimit = 64

    package init() {}
}
