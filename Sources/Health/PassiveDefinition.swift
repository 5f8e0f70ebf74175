import Primitives

/// When what becomes of real requests takes a backend out of service, and for how long.
///
/// The meaning of each number is Envoy's (outlier detection), with nginx's time to begin with.
package struct PassiveDefinition: Hashable, Sendable {
    /// So many failures in a row eject; nil for never.
    package var consecutiveFailures: Int?
    /// So large a share of the requests of `window` that failed ejects, in `0...1`; nil for never.
    package var errorShare: Double?
    /// With fewer requests than this in `window` the share says nothing.
    package var minimumRequests: Int
    /// What the share is taken over.
    package var window: Duration
    /// How long the first ejection lasts; the second in a row twice as long, and so on.
    package var baseEjection: Duration
    /// No ejection lasts longer, unless `baseEjection` does.
    package var maxEjection: Duration
    /// How many percent of a pool may be ejected at a time, over all nodes; see `EjectionCap`.
    package var maxEjectedShare: Int
    /// Whether one refused connection ejects.
    package var ejectsOnRefused: Bool
    /// Whether an answer with a status of 500 or above is a failure.
    package var countsServerErrors: Bool

    /// The most percent of a pool that is ejected by default: those that stay get at most twice
    /// their share of the load.
    package static let defaultMaxEjectedShare = 50

    package init(
        consecutiveFailures: Int? = 5, errorShare: Double? = nil, minimumRequests: Int = 20,
        window: Duration = .seconds(10), baseEjection: Duration = .seconds(10),
        maxEjection: Duration = .seconds(300), maxEjectedShare: Int = defaultMaxEjectedShare,
        ejectsOnRefused: Bool = true, countsServerErrors: Bool = true
    ) {
        precondition(consecutiveFailures.map { $0 >= 1 } ?? true)
        precondition(errorShare.map { $0 > 0 && $0 <= 1 } ?? true)
        precondition(minimumRequests >= 1 && (0...100).contains(maxEjectedShare))
        precondition(window > .zero && baseEjection > .zero && maxEjection > .zero)
        self.consecutiveFailures = consecutiveFailures
        self.errorShare = errorShare
        self.minimumRequests = minimumRequests
        self.window = window
        self.baseEjection = baseEjection
        self.maxEjection = max(maxEjection, baseEjection)
        self.maxEjectedShare = maxEjectedShare
        self.ejectsOnRefused = ejectsOnRefused
        self.countsServerErrors = countsServerErrors
    }

    /// The number of this definition, the same on every node that has the same definition: the
    /// check of a backend that has no active one.
    package var id: CheckID {
        var hash = StableHash(of: "passive")
        hash.combine(UInt64(consecutiveFailures ?? 0))
        hash.combine((errorShare ?? 0).bitPattern)
        hash.combine(UInt64(minimumRequests))
        for duration in [window, baseEjection, maxEjection] {
            hash.combine(UInt64(duration.nanoseconds))
        }
        hash.combine(UInt64(maxEjectedShare))
        hash.combine((ejectsOnRefused ? 1 : 0) | (countsServerErrors ? 2 : 0))
        return CheckID(rawValue: hash.value)
    }
}
