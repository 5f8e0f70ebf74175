import Gossip
import Membership
import Primitives
import Replication

/// What follows each call of an engine.
extension SimulatedCluster {
    /// Carries out what an engine asked for and checks what it became.
    func settle(_ node: SimulatedNode) {
        var batch: [GossipEffect] = []
        swap(&batch, &effects)
        for effect in batch {
            switch effect {
            case .send(let bytes, let address): send(bytes, of: node, to: address)
            case .memberChanged(_, let member): follow(member.claim, node)
            case .memberForgotten(let name): forget(name, node)
            case .recordChanged(let change): follow(change, node)
            case .renewed(let identity):
                // The shell persists the generation, so the next life has a higher one.
                node.generation = identity.generation
                report(effect, node)
            default:
                // What the engine tells its operator.
                report(effect, node)
            }
        }
        check(node)
        batch.removeAll(keepingCapacity: true)
        swap(&batch, &effects)
        reschedule(node)
    }

    private func report(_ effect: GossipEffect, _ node: SimulatedNode) {
        log.add(.reported(node: node.index, effect), at: now)
        guard reports.count < Report.limit else { return }
        reports.append(Report(at: now, viewer: node.name, effect: effect))
    }

    // MARK: - Lives

    func beginChecking(_ node: SimulatedNode, _ identity: Identity) {
        checks.introduced.insert(identity.boot)
        checks.introducedNames.insert(identity.name)
        beliefs.start(node.index, identity)
        guard let own = node.gossip?.member(named: node.name), let view = node.gossip?.view else {
            return
        }
        beliefs.set(Belief(own.claim), of: beliefs.number(of: node.name), by: node.index)
        checks.restsOfViews[node.index] = view &- beliefs.sum(of: node.index)
        checks.setView(view, of: node.index, counts: true, at: now)
    }

    func endChecking(_ node: SimulatedNode, boot: BootID) {
        beliefs.end(node.index, boot: boot)
        checks.setView(0, of: node.index, counts: false, at: now)
        checks.setNews(false, of: node.index)
    }

    // MARK: - Members

    /// Takes in one claim that a node holds now.
    func follow(_ claim: Claim, _ node: SimulatedNode) {
        let member = beliefs.number(of: claim.identity.name)
        let before = beliefs.belief(of: member, by: node.index)
        let after = Belief(claim)
        if let before, before.isSame(as: after) { return }
        beliefs.set(after, of: member, by: node.index)
        log.add(
            .changed(
                viewer: node.index, member: claim.identity.name, from: before?.state,
                to: after.state, after.incarnation),
            at: now)
        checkIntroduction(claim, node)
        if let before { checkOrder(before, after, claim.identity.name, node) }
        countTransition(before, after, member, node)
    }

    private func forget(_ name: NodeName, _ node: SimulatedNode) {
        log.add(.forgot(viewer: node.index, member: name), at: now)
        beliefs.set(nil, of: beliefs.number(of: name), by: node.index)
    }

    private func countTransition(
        _ before: Belief?, _ after: Belief, _ member: Int, _ node: SimulatedNode
    ) {
        guard let before, before.state != after.state else { return }
        if after.state == .suspect { suspicions += 1 }
        let isReturn = before.state == .dead && after.state.isPresent && before.boot == after.boot
        guard after.state == .dead || isReturn else { return }
        let isFalse = after.state == .dead && isUndisturbed(member, after, seenBy: node)
        if isFalse { falseDeaths += 1 }
        guard transitions.count < Transition.limit else { return }
        transitions.append(
            Transition(
                at: now, viewer: node.name, member: beliefs.names[member],
                kind: isReturn ? .returned : .died, isFalse: isFalse))
    }

    /// Whether a member runs, as what it is known as, and nothing disturbs it or parts it from the
    /// viewer.
    private func isUndisturbed(
        _ member: Int, _ belief: Belief, seenBy viewer: SimulatedNode
    ) -> Bool {
        guard let index = beliefs.runner(of: member, boot: belief.boot) else { return false }
        let subject = nodes[index]
        return !viewer.isCutOffAtTimes && !subject.isPaused && !subject.isFaulty
            && !subject.isLeaving
            && !conditions.blocks(from: index, to: viewer.index)
            && !conditions.blocks(from: viewer.index, to: index)
    }

    // MARK: - Records

    private func follow(_ change: RecordChange, _ node: SimulatedNode) {
        let stored = node.gossip?.record(owner: change.owner, key: change.key)
        if let record = stored?.record { checkPayload(record, node) }
        guard let watch = checks.watch, watch.owner == change.owner, watch.key == change.key else {
            return
        }
        let has = stored.map { StableHash.of($0.record.payload) == watch.payload } ?? false
        if has {
            checks.watch?.holders.insert(node.index)
        } else {
            checks.watch?.holders.remove(node.index)
        }
    }
}
