/// How far counts are from the shares that they should have.
struct ChiSquare {
    let statistic: Double
    let degrees: Double

    /// - Parameter shares: in any unit; what has no share must have no count and is left out.
    init(_ counts: [Int], shares: [Double]) {
        let total = Double(counts.reduce(0, +))
        let sum = shares.reduce(0, +)
        let pairs = zip(counts, shares).filter { $0.1 > 0 }
        statistic = pairs.reduce(0) { result, pair in
            let expected = total * pair.1 / sum
            let difference = Double(pair.0) - expected
            return result + difference * difference / expected
        }
        degrees = Double(pairs.count - 1)
    }

    /// Whether chance explains the difference: within four standard deviations of the mean, which a
    /// right sample exceeds less than once in a thousand times.
    var isPlausible: Bool { statistic < degrees + 4 * (2 * degrees).squareRoot() + 4 }
}
