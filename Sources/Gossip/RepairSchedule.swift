import Primitives

/// When a comparison with another node may begin.
struct RepairSchedule: Sendable {
    /// When this node's view of members and observations last changed.
    var lastChange: Instant
    private var lastRepair: Instant
    private var nextRepair: Instant
    private var nextGaugeRepair: Instant
    private var random: SeededRandom

    init(now: Instant, random: SeededRandom) {
        let longAgo = Instant(nanoseconds: .min / 2)
        lastChange = longAgo
        lastRepair = longAgo
        nextRepair = now
        nextGaugeRepair = now
        self.random = random
    }

    /// Whether a comparison of members and observations begins now that sums differ; if it is
    /// urgent, although news may be on its way.
    mutating func beginsRepair(
        at now: Instant, _ configuration: GossipConfiguration, isUrgent: Bool = false
    ) -> Bool {
        guard now >= nextRepair,
            isUrgent || lastChange + configuration.repairSettling <= now
                || lastRepair + configuration.repairPatience <= now
        else { return false }
        lastRepair = now
        nextRepair = now + jittered(configuration.repairInterval)
        return true
    }

    /// Whether a comparison of gauges begins now that sums differ.
    mutating func beginsGaugeRepair(at now: Instant, _ configuration: GossipConfiguration) -> Bool {
        guard now >= nextGaugeRepair else { return false }
        nextGaugeRepair = now + jittered(configuration.gaugeRepairInterval)
        return true
    }

    private mutating func jittered(_ duration: Duration) -> Duration {
        duration * (0.75 + 0.5 * random.unitInterval())
    }
}
