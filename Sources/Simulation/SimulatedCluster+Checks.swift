import Gossip
import Membership
import Primitives
import Replication

/// What must hold after every step. Each check looks at what changed in the step and at nothing
/// else, or large clusters could not be simulated.
extension SimulatedCluster {
    /// Notes a broken invariant, with its time and, if it is the first, what happened before.
    package func violate(_ sentence: @autoclosure () -> String) {
        let time = Self.text(now)
        violations.add("\(time): \(sentence())", events: lastEvents)
    }

    /// The last events in words.
    package var lastEvents: [String] {
        log.entries.map { "\(Self.text($0.at)): \($0.text(nodes))" }
    }

    private static func text(_ instant: Instant) -> String {
        let milliseconds = (instant - start).nanoseconds / 1_000_000
        let rest = String(milliseconds % 1_000)
        return "\(milliseconds / 1_000).\(String(repeating: "0", count: 3 - rest.count))\(rest) s"
    }

    func check(_ node: SimulatedNode) {
        guard let vitals = node.gossip?.vitals() else { return }
        if vitals.longestQueue > vitals.queueCapacity {
            violate("\(node.name) has a queue of \(vitals.longestQueue) items")
        }
        checks.setNews(vitals.longestQueue > 0, of: node.index)
        if checks.checksOwnRecords {
            checks.checksOwnRecords = false
            for stored in node.gossip?.records(of: node.name) ?? [] {
                checkPayload(stored.record, node)
            }
        }
        if vitals.view != checks.views[node.index] { checkView(vitals.view, node) }
        checkCalm()
    }

    /// The view of a node changed. If the changes that it reported account for all of it there is
    /// nothing more to look at.
    private func checkView(_ view: UInt64, _ node: SimulatedNode) {
        let state = checkOwnState(node)
        if view &- beliefs.sum(of: node.index) != checks.restsOfViews[node.index] {
            checkAllMembers(node)
            checks.restsOfViews[node.index] = view &- beliefs.sum(of: node.index)
        }
        checks.setView(view, of: node.index, counts: state == .alive, at: now)
    }

    /// A running process holds itself alive, until it is asked to leave or another one of its name
    /// makes all of them be refused.
    private func checkOwnState(_ node: SimulatedNode) -> MemberState? {
        guard let own = node.gossip?.member(named: node.name) else { return nil }
        switch own.state {
        case .alive, .refused: break
        case .left where node.isLeaving: break
        case .suspect, .dead, .left: violate("\(node.name) holds itself \(own.state)")
        }
        return own.state
    }

    /// Finds what changed without a report: incarnations, or records.
    private func checkAllMembers(_ node: SimulatedNode) {
        let members = node.gossip?.members ?? []
        for member in members { follow(member.claim, node) }
        if members.count != beliefs.memberCount(of: node.index) {
            violate(
                """
                \(node.name) knows \(members.count) members but reported \
                \(beliefs.memberCount(of: node.index))
                """)
        }
    }

    // MARK: - Members

    /// Nobody knows a process that never was.
    func checkIntroduction(_ claim: Claim, _ node: SimulatedNode) {
        if !checks.introduced.contains(claim.identity.boot) {
            violate("\(node.name) knows a life of \(claim.identity.name) that never was")
        }
        if beliefs.memberCount(of: node.index) > checks.introducedNames.count {
            violate("\(node.name) knows more members than there ever were")
        }
    }

    /// A later life replaces an earlier one, never the other way round. Within a life incarnations
    /// only grow, nobody is alive again at or below the incarnation of its death, and who left stays
    /// gone.
    func checkOrder(_ before: Belief, _ after: Belief, _ name: NodeName, _ node: SimulatedNode) {
        guard before.boot == after.boot, before.generation == after.generation else {
            if (before.generation, before.boot) > (after.generation, after.boot) {
                violate("\(node.name) went back to an earlier life of \(name)")
            }
            return
        }
        if after.incarnation < before.incarnation {
            violate("\(node.name) went back to an earlier incarnation of \(name)")
        }
        if before.state == .dead, after.state.isPresent, after.incarnation <= before.incarnation {
            violate("\(node.name) has \(name) back although its death was not refuted")
        }
        if before.state == .left, after.state != .left {
            violate("\(node.name) has \(name) back although that life left")
        }
        if after.incarnation == before.incarnation, after.state < before.state {
            violate("\(node.name) took back that \(name) is \(before.state)")
        }
    }

    // MARK: - Records

    /// One version of a record has one payload, everywhere and for ever.
    func checkPayload(_ record: Record, _ node: SimulatedNode) {
        guard !checks.rememberPayload(of: record) else { return }
        violate(
            "\(node.name) has another payload of version \(record.version) by \(record.owner.name)")
    }

    // MARK: - The whole

    /// When nothing disturbs the cluster any more, all views become equal and stay so.
    private func checkCalm() {
        guard let since = checks.divergedSince, !checks.isDivergenceReported,
            now - max(since, checks.lastDisturbance) > checks.calmLimit,
            expectsOneView, conditions.isQuiet, !nodes.contains(where: \.isPaused)
        else { return }
        checks.isDivergenceReported = true
        violate("there are \(checks.distinctViews) different views, with nothing under way")
    }
}

extension Gossip {
    /// What is looked at after every step, in one place: engines are not copied to be read.
    fileprivate mutating func vitals() -> (view: UInt64, longestQueue: Int, queueCapacity: Int) {
        let depths = queueDepths
        return (
            view, max(depths.members, depths.records, depths.gauges), configuration.queueCapacity
        )
    }
}

extension Belief {
    func isSame(as other: Belief) -> Bool {
        boot == other.boot && generation == other.generation && incarnation == other.incarnation
            && state == other.state
    }
}
