import Membership
import Primitives
import Replication

/// What the checkers of a cluster remember between two steps.
struct Checkers {
    /// The most bytes of UDP payload that pass every path.
    static let datagramSizeMax = 1_200
    /// How long after the last disturbance all views must be equal.
    var calmLimit = Duration.seconds(10)
    /// So many payloads are remembered; then all are forgotten and remembered anew.
    static let payloadLimit = 200_000

    /// Every process that was ever started, or made up by a scenario.
    var introduced: Set<BootID> = []
    var introducedNames: Set<NodeName> = []
    /// A hash of the payload of each version of each record.
    var payloads: [UInt64: UInt64] = [:]
    /// Whether the step in hand may have changed records of the node's own.
    var checksOwnRecords = false
    var watch: RecordWatch?

    /// By node: its view, what of it is not members, and whether it counts below.
    private(set) var views: [UInt64] = []
    var restsOfViews: [UInt64] = []
    private var isCounted: [Bool] = []
    private var hasNews: [Bool] = []
    /// How many nodes have news that waits to be sent.
    private(set) var newsHolders = 0
    /// How many nodes have each view; those that do not run or are leaving do not count.
    private var viewCounts: [UInt64: Int] = [:]
    /// Since when there is more than one view.
    private(set) var divergedSince: Instant?
    var lastDisturbance = SimulatedCluster.start
    var isDivergenceReported = false

    var distinctViews: Int { viewCounts.count }

    mutating func addNode() {
        views.append(0)
        restsOfViews.append(0)
        isCounted.append(false)
        hasNews.append(false)
    }

    /// A node has news to send from now on, or has none.
    mutating func setNews(_ hasSome: Bool, of node: Int) {
        guard hasNews[node] != hasSome else { return }
        hasNews[node] = hasSome
        newsHolders += hasSome ? 1 : -1
    }

    /// A node has that view from now on, and whether it counts.
    mutating func setView(_ view: UInt64, of node: Int, counts: Bool, at now: Instant) {
        if isCounted[node] { count(views[node], by: -1) }
        views[node] = view
        isCounted[node] = counts
        if counts { count(view, by: 1) }
        if viewCounts.count <= 1 {
            divergedSince = nil
            isDivergenceReported = false
        } else if divergedSince == nil {
            divergedSince = now
        }
    }

    private mutating func count(_ view: UInt64, by step: Int) {
        let count = viewCounts[view, default: 0] + step
        viewCounts[view] = count == 0 ? nil : count
    }

    /// Remembers the payload of a version; false when it had another one before.
    mutating func rememberPayload(of record: Record) -> Bool {
        let version = record.versionHash
        let payload = StableHash.of(record.payload)
        if let known = payloads[version] { return known == payload }
        if payloads.count >= Self.payloadLimit { payloads.removeAll() }
        payloads[version] = payload
        return true
    }
}

/// Who already has a certain value of a certain record.
struct RecordWatch {
    let owner: NodeName
    let key: RecordKey
    let payload: UInt64
    var holders: Set<Int> = []
}

extension Record {
    /// What stands for a version of a record, which must have one value only.
    fileprivate var versionHash: UInt64 {
        var hash = StableHash()
        hash.combine(Self.digestID(owner: owner.name, key: key))
        hash.combine(owner.boot.high)
        hash.combine(owner.boot.low)
        hash.combine(owner.generation)
        hash.combine(version)
        return hash.value
    }
}

extension StableHash {
    /// The hash of a payload, or of its removal.
    static func of(_ payload: [UInt8]?) -> UInt64 {
        var hash = StableHash()
        guard let payload else { return hash.value }
        hash.combine(UInt64(payload.count))
        for byte in payload { hash.combine(UInt64(byte)) }
        return hash.value
    }
}
