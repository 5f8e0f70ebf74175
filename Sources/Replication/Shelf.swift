import Membership

/// The records of one owner, sorted by key.
struct Shelf: Sendable {
    /// The owner's present life.
    var identity: Identity
    /// Whether the owner is alive or suspect.
    var isLive: Bool
    var records: [StoredRecord] = []

    /// Where the record of that key is, or would be.
    func position(of key: RecordKey) -> (index: Int, isPresent: Bool) {
        var low = 0
        var high = records.count
        while low < high {
            let middle = (low + high) / 2
            if records[middle].record.key < key { low = middle + 1 } else { high = middle }
        }
        return (low, low < records.count && records[low].record.key == key)
    }

    subscript(key: RecordKey) -> StoredRecord? {
        let (index, isPresent) = position(of: key)
        return isPresent ? records[index] : nil
    }
}
