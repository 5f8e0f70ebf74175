import Gossip
import Membership
import Primitives

extension VirtualCluster {
    var running: [Int] { nodes.indices.filter { nodes[$0].gossip != nil } }

    func gossip(_ index: Int) -> Gossip? { nodes[index].gossip }

    func state(of subject: Int, seenBy viewer: Int) -> MemberState? {
        nodes[viewer].gossip?.member(named: nodes[subject].name)?.state
    }

    /// Whether all running nodes hold all running nodes alive.
    var allAlive: Bool {
        running.allSatisfy { viewer in
            running.allSatisfy { state(of: $0, seenBy: viewer) == .alive }
        }
    }

    /// Whether all running nodes have the same view.
    var viewsAreEqual: Bool {
        let views = running.compactMap { nodes[$0].gossip?.view }
        return views.allSatisfy { $0 == views.first }
    }

    /// Whether all other running nodes hold `subject` to be in `state`.
    func allSee(_ subject: Int, as state: MemberState) -> Bool {
        running.allSatisfy { $0 == subject || self.state(of: subject, seenBy: $0) == state }
    }

    func someSees(_ subject: Int, as state: MemberState) -> Bool {
        running.contains { $0 != subject && self.state(of: subject, seenBy: $0) == state }
    }

    /// How often a running node was held dead by another since `start`.
    func deaths(since start: Instant, of names: Set<NodeName>) -> Int {
        reports.count { report in
            guard report.at >= start, case .memberChanged(_, let member) = report.effect else {
                return false
            }
            return member.state == .dead && names.contains(member.name)
        }
    }

    var bytesSent: Int { nodes.reduce(0) { $0 + $1.bytesSent } }

    func index(named name: NodeName) -> Int? { nodes.firstIndex { $0.name == name } }
}
