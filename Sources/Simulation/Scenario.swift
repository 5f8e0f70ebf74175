/// The named ways to run a cluster and to break it, each with the invariant that must hold all the
/// same.
///
/// The numbers are those of the list of twenty-four scenarios that they come from. What
/// `SimulatedCluster` checks after every step holds in all of them.
package enum Scenario: String, CaseIterable, Sendable {
    /// 1, with one node; measures everything that is promised.
    case crash
    /// 1, with a hundredth of all nodes.
    case massCrash = "mass-crash"
    /// 2.
    case uniformLoss = "uniform-loss"
    /// 3.
    case lossyMinority = "lossy-minority"
    /// 4.
    case oneWayFlapping = "one-way-flapping"
    /// 5.
    case onePeerOnly = "one-peer-only"
    /// 6.
    case partialPartition = "partial-partition"
    /// 7.
    case split
    /// 8.
    case isolation
    /// 9.
    case pausedMembers = "paused-members"
    /// 10.
    case deadLinks = "dead-links"
    /// 11.
    case restartElsewhere = "restart-elsewhere"
    /// 12.
    case massRestart = "mass-restart"
    /// 13.
    case duplicateName = "duplicate-name"
    /// 14.
    case clockJumps = "clock-jumps"
    /// 15.
    case deletedBackends = "deleted-backends"
    /// 16.
    case ownerDiesWithConnections = "owner-dies-with-connections"
    /// 17.
    case hostileNetwork = "hostile-network"
    /// 18.
    case smallMTU = "small-mtu"
    /// 19.
    case fullReceiveBuffer = "full-receive-buffer"
    /// 20.
    case keyRotation = "key-rotation"
    /// 21.
    case outsider
    /// 22.
    case mixedReleases = "mixed-releases"
    /// 23.
    case leaveAndRejoin = "leave-and-rejoin"
    /// 24.
    case poisonRecord = "poison-record"
    /// Everything that can happen to nodes and links, at random.
    case randomFaults = "random-faults"

    /// What happens and what must hold, in a line.
    package var summary: String { setting.summary }

    /// Runs the scenario once; the same options give the same report.
    package func run(_ options: ScenarioOptions) -> SimulationReport {
        let setting = setting
        let trial = Trial(self, setting, options)
        setting.body(trial)
        return trial.finish()
    }
}

/// How a scenario is run unless the options say otherwise.
struct ScenarioSetting {
    let summary: String
    /// How many nodes: the seed picks one of these numbers.
    let nodes: ClosedRange<Int>
    /// The fewest nodes that make sense.
    let nodesMin: Int
    /// The chance of every datagram to be lost: the seed picks one of these.
    let losses: [Double]
    let body: (Trial) -> Void

    init(
        _ summary: String, nodes: ClosedRange<Int>, nodesMin: Int = 2, losses: [Double] = [0],
        body: @escaping (Trial) -> Void
    ) {
        self.summary = summary
        self.nodes = nodes
        self.nodesMin = nodesMin
        self.losses = losses
        self.body = body
    }
}

extension Scenario {
    var setting: ScenarioSetting {
        switch self {
        case .crash, .massCrash, .ownerDiesWithConnections: crashSetting
        case .uniformLoss, .lossyMinority, .oneWayFlapping: badLinkSetting
        case .onePeerOnly, .partialPartition, .split, .isolation: partitionSetting
        case .pausedMembers, .restartElsewhere, .massRestart, .clockJumps, .leaveAndRejoin,
            .poisonRecord:
            processSetting
        case .hostileNetwork, .smallMTU, .fullReceiveBuffer, .outsider: datagramSetting
        case .deadLinks, .duplicateName: ownFaultSetting
        case .deletedBackends: sharedStateSetting
        case .keyRotation, .mixedReleases: releaseSetting
        case .randomFaults: randomFaultSetting
        }
    }
}
