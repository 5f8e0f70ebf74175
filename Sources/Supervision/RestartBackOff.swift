import Primitives

/// How long to wait before a process that ended is started again.
///
/// The first restart is at once, because one crash is best answered by a fresh process. A process
/// that ends again soon waits longer each time, so that it does not eat the machine; one that
/// lived for a while starts anew.
struct RestartBackOff {
    static let longest = Duration.seconds(5)
    static let step = Duration.milliseconds(100)
    /// A process that lived this long has proven itself.
    static let proven = Duration.seconds(2)

    private var soonEndings = 0

    /// The wait after a process that lived for `lifetime`.
    mutating func delay(afterLifetime lifetime: Duration) -> Duration {
        if lifetime >= Self.proven { soonEndings = 0 }
        defer { soonEndings += 1 }
        guard soonEndings > 0 else { return .zero }
        return min(Self.step * (1 << min(soonEndings - 1, 10)), Self.longest)
    }
}
