package import Primitives

/// How long a backend takes to answer: a moving average that is sensitive to peaks.
///
/// Finagle's and linkerd's peak EWMA: an answer slower than the average replaces it at once, a
/// faster one pulls it down with a weight that grows with the time since the last answer
/// (`1 - exp(-elapsed / decay)`). Without answers the average fades, so that a backend that was
/// slow is tried again.
///
/// Kept for each backend by each worker. A failure is recorded with the time-out as its duration:
/// else a backend that fails at once would look fastest of all.
package struct PeakEWMA: BitwiseCopyable, Sendable {
    /// After how long, in nanoseconds, what was measured counts for 1/e: linkerd's default of 10 s.
    @inlinable
    package static var decay: Int64 { 10_000_000_000 }

    /// What a backend without any answer, but with requests on the way, is taken to need, in
    /// nanoseconds: so long that one request tries it, and others wait for its outcome where they
    /// can choose (Finagle's penalty).
    @inlinable
    package static var penalty: Double { 1e12 }

    /// In nanoseconds; 0 before the first answer.
    @usableFromInline
    package var average: Double
    @usableFromInline
    package var updated: Int64

    @inlinable
    package init() {
        average = 0
        updated = .min
    }

    /// Whether an answer was ever recorded.
    @inlinable
    package var hasSample: Bool { updated != .min }

    /// Takes in an answer that came at `now`.
    ///
    /// - Parameter duration: from the request sent to the first byte of the answer (nginx's
    ///   `header`) or to its last one (`last_byte`), in nanoseconds; negative counts as 0.
    @inlinable
    package mutating func record(_ duration: Int64, now: Instant) {
        let sample = Double(max(duration, 0))
        if !hasSample || sample >= average {
            average = sample
        } else {
            let kept = Self.remaining(of: now.nanoseconds &- updated)
            average = average * kept + sample * (1 - kept)
        }
        updated = now.nanoseconds
    }

    /// The average at `now`, faded since the last answer; 0 before the first.
    @inlinable
    package func estimate(now: Instant) -> Double {
        hasSample ? average * Self.remaining(of: now.nanoseconds &- updated) : 0
    }

    /// What a request costs here: the average times the requests that it would share the backend
    /// with, itself included, for the backend's weight. Infinite for a weight of 0.
    @inlinable
    package func cost(now: Instant, load: BackendLoad) -> Double {
        guard load.weight > 0 else { return .infinity }
        let estimate = hasSample || load.connections == 0 ? estimate(now: now) : Self.penalty
        return estimate * (Double(load.connections) + 1) / Double(load.weight)
    }

    /// `exp(-elapsed / decay)`, to seven digits and without a mathematics library: a power of two
    /// by its exponent, and the Taylor series for what is left.
    @inlinable
    package static func remaining(of elapsed: Int64) -> Double {
        guard elapsed > 0 else { return 1 }
        let halvings = Double(elapsed) / Double(decay) * 1.4426950408889634
        guard halvings < 1000 else { return 0 }
        let whole = UInt64(halvings)
        let rest = (halvings - Double(whole)) * -0.6931471805599453
        let series =
            1 + rest
            * (1 + rest / 2
                * (1 + rest / 3 * (1 + rest / 4 * (1 + rest / 5 * (1 + rest / 6 * (1 + rest / 7))))))
        return series * Double(bitPattern: (1023 - whole) << 52)
    }
}

/// Draws two backends and takes the one whose next answer should come sooner.
///
/// nginx's `least_time` and linkerd's balancer: the response time (`PeakEWMA`) and the requests in
/// flight count together. P2C, as linkerd does it, because with the best of all every node would
/// send its whole traffic to the one backend that just answered fast.
package struct LeastResponseTime: BitwiseCopyable, Sendable {
    @usableFromInline
    package var choice: PowerOfTwo

    /// - Parameter seed: another one in each worker.
    package init(seed: UInt64) {
        choice = PowerOfTwo(seed: seed)
    }

    /// The better of two positions drawn from `places`; nil when none that takes traffic was found.
    ///
    /// - Parameters:
    ///   - places: the positions of a `WeightedSequence`.
    ///   - cost: `PeakEWMA.cost` of the backend at a position.
    @inlinable
    package mutating func next(in places: Span<UInt32>, cost: (Int) -> Double) -> Int? {
        choice.next(in: places) { first, second in
            let left = cost(first)
            let right = cost(second)
            guard min(left, right) < .infinity else { return nil }
            return right < left ? second : first
        }
    }
}
