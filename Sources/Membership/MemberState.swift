/// What is believed of a member. The raw values travel and are the order of evidence of one
/// incarnation: each state overrules those before it.
package enum MemberState: UInt8, Hashable, Sendable, CaseIterable {
    /// In service.
    case alive = 0
    /// Did not answer somebody; has the suspicion's time to refute.
    case suspect = 1
    /// Did not refute. It is still contacted, so it can come back by refuting.
    case dead = 2
    /// Went by its own wish; only a new life brings the name back.
    case left = 3
    /// Runs, but takes no part for now: two processes use its name, or it was rightly held dead and
    /// stays out for a while. It tries again with the next incarnation.
    case refused = 4

    /// Whether such a member takes part: it is probed, gossiped to and has live records.
    package var isPresent: Bool {
        switch self {
        case .alive, .suspect: true
        case .dead, .left, .refused: false
        }
    }
}

extension MemberState: Comparable {
    package static func < (left: MemberState, right: MemberState) -> Bool {
        left.rawValue < right.rawValue
    }
}
