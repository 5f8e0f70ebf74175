/// How a node merges what it and the others observed into one verdict.
///
/// Only those with an opinion count, that is, whose observation is `up` or `down`. Where nobody
/// has one, every rule leaves the previous verdict as it was: a pool is never emptied, nor a dead
/// backend revived, because observers vanished.
package enum VerdictRule: String, Hashable, Sendable, CaseIterable {
    /// What more than half of those with an opinion say; on a tie the previous verdict stays.
    /// So of two nodes neither can overrule the other, and both must agree to change it.
    case majority
    /// Down as soon as any of them says down; up when all of them say up.
    case any
    /// Down only when all of them say down; up as soon as any of them says up.
    case all
    /// What this node's own check says, whatever the others say.
    case local

    /// The status that the counted opinions make by this rule, or nil where they decide nothing.
    func status(own: HealthStatus, up: Int, down: Int) -> HealthStatus? {
        switch self {
        case .majority where up != down: up > down ? .up : .down
        case .any where up + down > 0: down > 0 ? .down : .up
        case .all where up + down > 0: up > 0 ? .up : .down
        case .local where own != .unknown: own
        case .majority, .any, .all, .local: nil
        }
    }
}
