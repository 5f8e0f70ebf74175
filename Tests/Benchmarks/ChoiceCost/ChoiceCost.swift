import Balancing
import Primitives

/// Prints what a choice costs by each algorithm, for `scripts/bench balance`: one line for each
/// algorithm and round, with tabs between the algorithm's name, how many backends there are, and
/// nanoseconds a choice, as often as there are pools.
///
/// Usage: `ChoiceCost ROUNDS CHOICES BACKENDS...`
@main
struct ChoiceCost {
    private static let backendsMax = 100_000

    static func main() {
        let numbers = CommandLine.arguments.dropFirst().compactMap { Int($0) }
        guard numbers.count == CommandLine.arguments.count - 1, numbers.count >= 3,
            numbers.allSatisfy({ $0 > 0 }), numbers.dropFirst(2).allSatisfy({ $0 <= backendsMax })
        else {
            fatalError("usage: ChoiceCost ROUNDS CHOICES BACKENDS..., all at least 1")
        }
        let pools = numbers.dropFirst(2).map { ChoicePool($0) }
        measure(pools, rounds: numbers[0], choices: numbers[1])
    }

    /// All pools in turn within a round, and each goes first equally often: what disturbs the
    /// machine for longer than that disturbs all of them alike.
    private static func measure(_ pools: [ChoicePool], rounds: Int, choices: Int) {
        let clock = ContinuousClock()
        for round in 0..<rounds {
            for algorithm in Algorithm.all {
                var costs = pools.map { _ in 0.0 }
                for turn in pools.indices {
                    let index = (turn + round) % pools.count
                    // Every pool has to find its own way into the caches, and does so untimed.
                    keep(algorithm.choose(pools[index], choices / 10))
                    let elapsed = clock.measure { keep(algorithm.choose(pools[index], choices)) }
                    costs[index] = nanoseconds(elapsed) / Double(choices)
                }
                let columns = zip(pools, costs).map { "\($0.count)\t\($1)" }
                print(algorithm.name, columns.joined(separator: "\t"), separator: "\t")
            }
        }
    }

    private static func nanoseconds(_ duration: Duration) -> Double {
        let (seconds, attoseconds) = duration.components
        return Double(seconds) * 1e9 + Double(attoseconds) / 1e9
    }

    /// Has the compiler believe that somebody needs the result.
    @inline(never)
    @_optimize(none)
    private static func keep(_ sum: Int) {}
}
