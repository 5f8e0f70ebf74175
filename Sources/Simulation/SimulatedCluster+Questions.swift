package import Gossip
package import Membership
package import Primitives

/// What can be asked between two steps. Questions about the whole cluster are answered from counts
/// that are kept up, so they may be asked after every step.
extension SimulatedCluster {
    package var names: Set<NodeName> { Set(nodes.map(\.name)) }

    package var running: [Int] { nodes.indices.filter { nodes[$0].isRunning } }

    package var runningCount: Int { beliefs.runningCount }

    /// What the clock of a node shows now: the `now` of its engine.
    package func clock(of index: Int) -> Instant { nodes[index].clock(at: now) }

    /// A copy of a node's engine, or nil when it does not run.
    package func gossip(_ index: Int) -> Gossip? { nodes[index].gossip }

    package func index(named name: NodeName) -> Int? { nodes.firstIndex { $0.name == name } }

    package func state(of subject: Int, seenBy viewer: Int) -> MemberState? {
        nodes[viewer].gossip?.member(named: nodes[subject].name)?.state
    }

    /// Whether all running nodes hold all running nodes alive, in their present lives.
    package var allAlive: Bool { beliefs.allAlive }

    /// Whether all running nodes that are not leaving have the same view.
    package var viewsAreEqual: Bool { checks.distinctViews <= 1 }

    /// Whether nobody has news left to send.
    package var isAtRest: Bool { checks.newsHolders == 0 }

    /// Whether everybody knows of everybody and of nothing else.
    package var isConverged: Bool { allAlive && viewsAreEqual }

    /// Whether all other running nodes hold `subject` to be in `state`.
    package func allSee(_ subject: Int, as state: MemberState) -> Bool {
        let others = beliefs.runningCount - (nodes[subject].isRunning ? 1 : 0)
        return holderCount(of: subject, in: state) == others
    }

    package func someSees(_ subject: Int, as state: MemberState) -> Bool {
        holderCount(of: subject, in: state) > 0
    }

    /// How many other running nodes hold `subject` to be in `state`.
    package func holderCount(of subject: Int, in state: MemberState) -> Int {
        guard let member = beliefs.knownNumber(of: nodes[subject].name) else { return 0 }
        return beliefs.holderCount(of: member, in: state)
    }

    package func allKnow(_ subject: Int, at address: SocketAddress) -> Bool {
        running.allSatisfy {
            nodes[$0].gossip?.member(named: nodes[subject].name)?.address == address
        }
    }

    /// How often somebody came to hold one of these nodes dead since `start`.
    package func deaths(since start: Instant = .zero, of names: Set<NodeName>) -> Int {
        transitions.count { $0.kind == .died && $0.at >= start && names.contains($0.member) }
    }

    /// The most often that one viewer saw the member die or return since `start`.
    package func transitionsMax(of subject: Int, since start: Instant = .zero) -> Int {
        var counts: [NodeName: Int] = [:]
        for transition in transitions
        where transition.at >= start && transition.member == nodes[subject].name {
            counts[transition.viewer, default: 0] += 1
        }
        return counts.values.max() ?? 0
    }

    /// UDP payload and headers that all nodes sent.
    package var bytesSent: Int { nodes.reduce(0) { $0 + $1.bytesSent } }
}
