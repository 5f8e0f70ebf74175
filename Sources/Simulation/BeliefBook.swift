import Membership

/// What one node holds of one member, as the checkers remember it.
struct Belief {
    var boot: BootID
    var generation: UInt64
    var incarnation: UInt64
    var state: MemberState
    var fingerprint: UInt64

    init(_ claim: Claim) {
        boot = claim.identity.boot
        generation = claim.identity.generation
        incarnation = claim.incarnation
        state = claim.state
        fingerprint = claim.fingerprint
    }
}

/// What every running node holds of every member, kept up change by change, so that questions
/// about the whole cluster ("do all hold this one dead?") cost no more than reading a number.
///
/// Viewers are nodes by index; members are names, numbered in the order in which they come up.
struct BeliefBook {
    private static let stateCount = Int(MemberState.allCases.map(\.rawValue).max() ?? 0) + 1

    private(set) var names: [NodeName] = []
    private var numbers: [NodeName: Int] = [:]
    /// The processes that run under each name, and which nodes they are: one, unless there are twins.
    private var running: [[(boot: BootID, viewer: Int)]] = []
    /// By viewer, then by member; nil when unknown.
    private var views: [[Belief?]] = []
    /// The member that each viewer is itself, while it runs.
    private var selves: [Int?] = []
    private var sums: [UInt64] = []
    private var counts: [Int] = []
    /// By member and state: how many other running viewers hold it so.
    private var holders: [Int] = []
    /// How many viewers hold the running life of another member alive, over all members.
    private(set) var alivePairs = 0
    private(set) var runningCount = 0

    mutating func number(of name: NodeName) -> Int {
        if let known = numbers[name] { return known }
        numbers[name] = names.count
        names.append(name)
        running.append([])
        holders += [Int](repeating: 0, count: Self.stateCount)
        return names.count - 1
    }

    func knownNumber(of name: NodeName) -> Int? { numbers[name] }

    // MARK: - Viewers

    mutating func addViewer() {
        views.append([])
        selves.append(nil)
        sums.append(0)
        counts.append(0)
    }

    /// The process of a viewer starts and knows nobody.
    mutating func start(_ viewer: Int, _ identity: Identity) {
        let member = number(of: identity.name)
        selves[viewer] = member
        runningCount += 1
        running[member].append((identity.boot, viewer))
        countHolders(of: member, identity.boot, step: 1)
    }

    /// The process of a viewer ends: what it held counts no more.
    mutating func end(_ viewer: Int, boot: BootID) {
        guard let member = selves[viewer] else { return }
        for number in views[viewer].indices {
            count(views[viewer][number], of: number, by: viewer, step: -1)
        }
        views[viewer] = []
        selves[viewer] = nil
        sums[viewer] = 0
        counts[viewer] = 0
        runningCount -= 1
        running[member].removeAll { $0.viewer == viewer }
        countHolders(of: member, boot, step: -1)
    }

    /// Counts who holds that life alive, now that it begins or ends.
    private mutating func countHolders(of member: Int, _ boot: BootID, step: Int) {
        for viewer in views.indices where member < views[viewer].count && selves[viewer] != member {
            if let belief = views[viewer][member], belief.state == .alive, belief.boot == boot {
                alivePairs += step
            }
        }
    }

    // MARK: - Beliefs

    func belief(of member: Int, by viewer: Int) -> Belief? {
        member < views[viewer].count ? views[viewer][member] : nil
    }

    /// Puts down what a viewer holds now; nil when it forgot the member.
    mutating func set(_ belief: Belief?, of member: Int, by viewer: Int) {
        if member >= views[viewer].count {
            let missing = names.count - views[viewer].count
            views[viewer] += [Belief?](repeating: nil, count: missing)
        }
        let former = views[viewer][member]
        count(former, of: member, by: viewer, step: -1)
        count(belief, of: member, by: viewer, step: 1)
        views[viewer][member] = belief
        sums[viewer] = sums[viewer] &- (former?.fingerprint ?? 0) &+ (belief?.fingerprint ?? 0)
        counts[viewer] += (belief == nil ? 0 : 1) - (former == nil ? 0 : 1)
    }

    private mutating func count(_ belief: Belief?, of member: Int, by viewer: Int, step: Int) {
        guard let belief, selves[viewer] != member else { return }
        holders[member * Self.stateCount + Int(belief.state.rawValue)] += step
        if belief.state == .alive, runner(of: member, boot: belief.boot) != nil {
            alivePairs += step
        }
    }

    // MARK: - Questions

    /// The sum of the fingerprints of all claims that a viewer holds.
    func sum(of viewer: Int) -> UInt64 { sums[viewer] }

    /// How many members a viewer knows, itself included.
    func memberCount(of viewer: Int) -> Int { counts[viewer] }

    /// How many other running viewers hold a member to be in `state`.
    func holderCount(of member: Int, in state: MemberState) -> Int {
        holders[member * Self.stateCount + Int(state.rawValue)]
    }

    /// The node that is that life of a member, while its process runs.
    func runner(of member: Int, boot: BootID) -> Int? {
        running[member].first { $0.boot == boot }?.viewer
    }

    /// Whether all running nodes hold one another alive.
    var allAlive: Bool { alivePairs == runningCount * (runningCount - 1) }
}
