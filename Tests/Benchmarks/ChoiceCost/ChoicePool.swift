import Balancing
import Primitives

/// Backends of the weights 1, 2 and 3 with ten connections for each unit of weight and up to two
/// more, so that none is full by a bound of 125 % and nobody has to look further.
final class ChoicePool {
    let count: Int
    let places: [UInt32]
    let table: [UInt32]
    let loads: [BackendLoad]
    let times: [PeakEWMA]
    /// Of all backends.
    let connections: UInt64
    let bound: BoundedLoad

    init(_ count: Int) {
        self.count = count
        let weights = (0..<count).map { UInt16($0 % 3 + 1) }
        places = WeightedSequence.smooth(weights: weights)
        table = MaglevTable.build(
            names: (0..<count).map { StableHash(of: "backend \($0)").value }, weights: weights,
            size: MaglevTable.size(for: count))
        loads = weights.enumerated().map { index, weight in
            BackendLoad(
                connections: 10 * UInt64(weight) + UInt64((index * 5 + index / 3) % 3),
                weight: UInt32(weight))
        }
        times = (0..<count).map { index in
            var time = PeakEWMA()
            time.record(Int64(index % 17 + 1) * 1_000_000, now: .zero)
            return time
        }
        connections = loads.reduce(0) { $0 + UInt64($1.connections) }
        bound = BoundedLoad(factor: 125, weights: loads.reduce(0) { $0 + UInt64($1.weight) })
    }
}
