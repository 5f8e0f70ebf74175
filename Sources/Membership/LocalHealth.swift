/// How well this node itself seems to work, in Lifeguard's sense ("local health multiplier",
/// section IV-A): 0 is well, and every point makes it more patient with others.
struct LocalHealth: Hashable, Sendable {
    private(set) var score = 0
    let scoreMax: Int

    /// A probe was answered.
    mutating func probeSucceeded() { add(-1) }

    /// A probe was not answered. Helpers that were asked and stayed silent count, each, because
    /// they are many and we are one; without helpers the failure itself counts.
    mutating func probeFailed(helpers: Int, silentHelpers: Int) {
        add(helpers == 0 ? 1 : silentHelpers)
    }

    /// Somebody suspected us, so somebody could not hear us.
    mutating func wasSuspected() { add(1) }

    /// Our own loop came too late.
    mutating func lagged() { add(1) }

    /// `duration`, stretched by the score.
    func scaled(_ duration: Duration) -> Duration { duration * (score + 1) }

    private mutating func add(_ points: Int) {
        score = min(max(score + points, 0), scoreMax)
    }
}
