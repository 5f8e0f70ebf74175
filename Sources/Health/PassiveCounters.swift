/// What became of the requests to one backend since the node began: sums over all workers that
/// only grow.
package struct PassiveCounters: Hashable, Sendable {
    /// Answers with a status below 500, or connections that carried what they should.
    package var successes: UInt64
    /// Answers with a status of 500 or above.
    package var serverErrors: UInt64
    /// Requests without a complete answer: connections that could not be made, that broke, or
    /// that took too long; the refused ones among them.
    package var failures: UInt64
    /// Connections that the backend's host refused: nobody listens there.
    package var refused: UInt64

    package init(
        successes: UInt64 = 0, serverErrors: UInt64 = 0, failures: UInt64 = 0, refused: UInt64 = 0
    ) {
        self.successes = successes
        self.serverErrors = serverErrors
        self.failures = failures
        self.refused = refused
    }

    /// What came since `earlier`. A sum that shrank, as the words of a worker that died may do,
    /// has nothing new.
    func since(_ earlier: PassiveCounters) -> PassiveCounters {
        func growth(_ sum: KeyPath<PassiveCounters, UInt64>) -> UInt64 {
            self[keyPath: sum] > earlier[keyPath: sum]
                ? self[keyPath: sum] - earlier[keyPath: sum] : 0
        }
        return PassiveCounters(
            successes: growth(\.successes), serverErrors: growth(\.serverErrors),
            failures: growth(\.failures), refused: growth(\.refused))
    }
}

/// Good and bad requests, as a definition tells them apart.
struct RequestTally: Hashable, Sendable {
    var good: UInt64 = 0
    var bad: UInt64 = 0

    init() {}

    init(_ counters: PassiveCounters, by definition: PassiveDefinition) {
        good = counters.successes
        bad = counters.failures
        if definition.countsServerErrors {
            bad &+= counters.serverErrors
        } else {
            good &+= counters.serverErrors
        }
    }

    var total: UInt64 { good &+ bad }

    static func += (left: inout RequestTally, right: RequestTally) {
        left.good &+= right.good
        left.bad &+= right.bad
    }
}
