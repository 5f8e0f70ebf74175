import Primitives

/// How long a member takes to answer: a smoothed mean and deviation of its round trips (Jacobson and
/// Karels, 1988, with the constants of RFC 6298 section 2).
package struct RoundTripTime: Hashable, Sendable {
    /// A later answer says more about a stop than about the path.
    static let sampleMax: Duration = .seconds(2)

    package private(set) var mean: Duration
    package private(set) var deviation: Duration

    /// The estimate after one round trip.
    package init(first sample: Duration) {
        mean = sample
        deviation = sample / 2
    }

    /// Takes in one more round trip.
    mutating func add(_ sample: Duration) {
        let error = sample < mean ? mean - sample : sample - mean
        deviation = deviation * 0.75 + error * 0.25
        mean = mean * 0.875 + sample * 0.125
    }

    /// After how long an answer is later than usual.
    package var timeout: Duration { mean + deviation * 4 }
}
