import Gossip
import Primitives

/// How time passes.
extension SimulatedCluster {
    /// Lets time pass.
    package func run(for duration: Duration) {
        let end = now + duration
        while step(until: end) {}
        now = end
    }

    /// Lets time pass until `condition` holds, and tells how long that took; nil when it did not
    /// within `limit`. The condition is asked after every step: it should be cheap.
    @discardableResult
    package func run(
        atMost limit: Duration, until condition: (SimulatedCluster) -> Bool
    ) -> Duration? {
        let begin = now
        let end = begin + limit
        while !condition(self) {
            guard step(until: end) else {
                now = end
                return nil
            }
        }
        return now - begin
    }

    private func step(until end: Instant) -> Bool {
        guard let next = queue.first, next.at <= end else { return false }
        _ = queue.removeFirst()
        now = max(now, next.at)
        steps += 1
        switch next.event {
        case .arrival(let slot): arrive(slot)
        case .deadline(let index): meetDeadline(nodes[Int(index)], at: next.at)
        case .service(let index): serve(nodes[Int(index)])
        }
        return true
    }

    // MARK: - Deadlines

    private func meetDeadline(_ node: SimulatedNode, at instant: Instant) {
        // Another event took the place of this one.
        guard instant == node.scheduled else { return }
        node.scheduled = .never
        guard node.isRunning, !node.isPaused else { return }
        guard node.deadline(at: now) <= now else { return reschedule(node) }
        tick(node)
    }

    func tick(_ node: SimulatedNode) {
        let clock = node.clock(at: now)
        node.gossip?.tick(at: clock, effects: &effects)
        settle(node)
    }

    /// Makes sure that the queue has an event at the node's deadline or before. One that comes too
    /// early is looked at again then, so a deadline that moves away costs nothing now.
    func reschedule(_ node: SimulatedNode) {
        guard !node.isPaused else { return }
        var due = node.deadline(at: now)
        guard due < node.scheduled else { return }
        // A deadline that a tick leaves in the past would stop time.
        node.idleTicks = due > now ? 0 : node.idleTicks + 1
        if node.idleTicks > 100 {
            violate("\(node.name) is due for ever")
            due = now + .milliseconds(1)
            node.idleTicks = 0
        }
        node.scheduled = due
        queue.insert(.deadline(Int32(node.index)), at: due)
    }
}
