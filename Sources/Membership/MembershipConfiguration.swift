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
    /// A member with slow answers is given up to so many times these three (RFC 6298's time-out
    /// over `retryInterval`).
    package var patienceMaximum = 6.0
    /// How many members are asked to ping the target as well.
    package var helperCount = 3
    /// How many members probe a member at once when they hear that somebody accuses it.
    package var observerCount = 3
    /// When a helper without an answer says that at least it is well itself.
    package var nackAfter: Duration = .milliseconds(150)

    /// How long a suspicion lasts when enough independent members confirm it. Grows with the
    /// decimal logarithm of the number of members above ten.
    package var suspicionMinimum: Duration = .milliseconds(500)
    /// How long it lasts when nobody is left who could confirm it.
    package var suspicionAlone: Duration = .milliseconds(1_500)
    /// How long it lasts when the one other member that could confirm it does not.
    package var suspicionMaximum: Duration = .milliseconds(3_000)
    /// How long it lasts when two or more could confirm it and nobody does, or only members that
    /// were lately wrong about many.
    package var suspicionUnconfirmed: Duration = .seconds(10)
    /// How many confirmations besides the first accusation bring the minimum (Lifeguard's K).
    package var confirmationsWanted = 2

    /// Accusers that so many members proved wrong within a minute do not count (all members, if
    /// they are fewer, but at least two).
    package var refutersToDiscredit = 3
    /// How long a node to which nobody answers waits before it blames the others.
    package var isolationPatience: Duration = .seconds(10)

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

    /// A superseded process may speak this long (datagrams in flight) without an alarm; when both
    /// it and its successor speak for longer, their name is refused.
    package var duplicateGrace: Duration = .seconds(2)
    /// A member that came in or back so lately is not believed when it says that others are dead.
    package var trustAfter: Duration = .seconds(5)
    /// Held dead after a stop this long, we were rightly so; and after this long a suspicion is as
    /// good as a death, because others have made up their minds.
    package var stopMinimum: Duration = .seconds(1)
    package var stopCertain: Duration = .seconds(2)
    /// So long after a fault of our own we were rightly held dead.
    package var faultWindow: Duration = .seconds(15)
    /// So long it is remembered that we came back before.
    package var faultMemory: Duration = .seconds(600)
    /// How long a node at fault stays out, and how soon one whose name was refused tries again.
    /// Both double with each try in vain.
    package var holdDownMinimum: Duration = .seconds(120)
    package var refusalRetryMinimum: Duration = .seconds(30)
    package var refusalRetryMaximum: Duration = .seconds(480)
    package var alarmInterval: Duration = .seconds(30)

    package var memberLimit = 2_048
    package var seedLimit = 64
    package var probeLimit = 64

    package init() {}
}
