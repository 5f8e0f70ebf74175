import Membership
import Replication

/// Names a record.
struct RecordName: Hashable, Sendable {
    let owner: NodeName
    let key: RecordKey
}

/// The news of each class, in the order of their importance.
struct SpreadQueues: Sendable {
    var members: SpreadQueue<NodeName>
    var records: SpreadQueue<RecordName>
    var gauges: SpreadQueue<RecordName>

    init(capacity: Int) {
        members = SpreadQueue(capacity: capacity)
        records = SpreadQueue(capacity: capacity)
        gauges = SpreadQueue(capacity: capacity)
    }

    var isEmpty: Bool { members.isEmpty && records.isEmpty && gauges.isEmpty }
}
