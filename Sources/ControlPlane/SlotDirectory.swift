import Primitives
import SharedState

/// Which counters in the node memory belong to which backend.
///
/// The directory itself is kept in that memory, so that a control process that replaces a dead one
/// finds every backend at the slot it had. A slot goes to another backend only when no worker has a
/// connection open to the former one.
struct SlotDirectory {
    private let memory: NodeMemory
    private var slots: [UInt64: Int] = [:]
    private var firstMaybeFree = 0

    init(memory: NodeMemory) {
        self.memory = memory
        for slot in 0..<NodeMemory.slotCapacity {
            let owner = memory.slotOwner(slot).value
            if owner != 0 { slots[owner] = slot }
        }
    }

    /// The slot of a backend, given to it now if it has none; nil when all are taken.
    mutating func slot(for backend: BackendKey) -> Int? {
        if let slot = slots[backend.hash] { return slot }
        guard
            let slot = (firstMaybeFree..<NodeMemory.slotCapacity).first(where: {
                memory.slotOwner($0).value == 0
            })
        else { return nil }
        firstMaybeFree = slot + 1
        memory.slotOwner(slot).value = backend.hash
        memory.remoteConnections(slot: slot).value = 0
        memory.lastVerdict(slot: slot).value = 0
        slots[backend.hash] = slot
        return slot
    }
}

/// A backend of a pool, the same on every node.
struct BackendKey: Hashable, Comparable, CustomStringConvertible {
    let pool: String
    let address: SocketAddress

    /// Names the backend where a text would be too long: in shared memory and in gauges.
    var hash: UInt64 {
        // 0 marks a free slot.
        max(1, StableHash(of: description).value)
    }

    var description: String { "\(pool)/\(address)" }

    static func < (left: BackendKey, right: BackendKey) -> Bool {
        (left.pool, left.address) < (right.pool, right.address)
    }
}
