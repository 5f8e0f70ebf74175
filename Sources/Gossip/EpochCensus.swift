import Membership
import Wire

/// Which epochs the other members that are present have and use. Counts are kept up with every
/// change, so that asking costs the same in a cluster of three and of a thousand.
struct EpochCensus: Sendable {
    /// What one member said.
    struct Entry: Hashable, Sendable {
        var newest = KeyEpoch.file
        var used = KeyEpoch.file
    }

    private var entries: [NodeName: Entry] = [:]
    private var having: [KeyEpoch: Int] = [:]
    private var using: [KeyEpoch: Int] = [:]

    var count: Int { entries.count }

    subscript(name: NodeName) -> Entry? { entries[name] }

    mutating func set(_ name: NodeName, _ entry: Entry) {
        remove(name)
        entries[name] = entry
        having[entry.newest, default: 0] += 1
        using[entry.used, default: 0] += 1
    }

    mutating func remove(_ name: NodeName) {
        guard let entry = entries.removeValue(forKey: name) else { return }
        Self.decrease(&having, entry.newest)
        Self.decrease(&using, entry.used)
    }

    private static func decrease(_ counts: inout [KeyEpoch: Int], _ epoch: KeyEpoch) {
        let rest = counts[epoch, default: 1] - 1
        counts[epoch] = rest == 0 ? nil : rest
    }

    /// Whether that is the newest epoch of every member.
    func allHave(_ epoch: KeyEpoch) -> Bool { having[epoch, default: 0] == count }

    /// Whether every member seals with it.
    func allUse(_ epoch: KeyEpoch) -> Bool { using[epoch, default: 0] == count }

    /// Whether some member seals with it.
    func isUsed(_ epoch: KeyEpoch) -> Bool { using[epoch] != nil }

    var greatestNewest: KeyEpoch { having.keys.max() ?? .file }

    /// The member that has an epoch after `epoch` and comes first in an order that `seed` makes.
    func holder(after epoch: KeyEpoch, seed: UInt64) -> NodeName? {
        var best: (rank: UInt64, name: NodeName)?
        for (name, entry) in entries where entry.newest > epoch {
            let rank = name.stableHash &* (seed | 1) ^ seed
            if let best, (best.rank, best.name) < (rank, name) { continue }
            best = (rank, name)
        }
        return best?.name
    }

    /// How many members come before `name`.
    func rank(of name: NodeName) -> Int { entries.keys.count { $0 < name } }
}
