import Primitives

/// How old news was when it came here: a histogram, for operators.
///
/// Ages travel with records, so no clocks are compared; the time on the wire itself does not count.
package struct PropagationTimes: Hashable, Sendable {
    /// The upper bounds of the buckets; what is older than the last one has a bucket of its own.
    package static let bounds: [Duration] = [
        .milliseconds(5), .milliseconds(10), .milliseconds(25), .milliseconds(50),
        .milliseconds(100), .milliseconds(250), .milliseconds(500), .seconds(1),
        .milliseconds(2_500), .seconds(5), .seconds(10),
    ]

    /// How many came within each bound and above the one before; the last are older than all.
    package private(set) var counts = [Int](repeating: 0, count: bounds.count + 1)
    /// The sum of all ages.
    package private(set) var sum = Duration.zero

    mutating func note(_ age: Duration) {
        let bucket = Self.bounds.firstIndex { age <= $0 } ?? Self.bounds.count
        counts[bucket] += 1
        sum += age
    }
}
