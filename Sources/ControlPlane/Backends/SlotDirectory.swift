import Primitives
import SharedState

/// Which counters in the node memory belong to which backend.
///
/// The directory itself is kept in that memory, so that a control process that replaces a dead one
/// finds every backend at the slot it had. A slot goes to another backend only when its own is long
/// gone and no worker can have a connection open to it.
struct SlotDirectory {
    private struct Retired {
        let slot: Int
        let since: Instant
        /// The first table without the backend.
        let table: UInt64
    }

    /// How long the slot of a backend that is gone is kept for it: it may come back, after a
    /// restart of control when it was discovered, or by registering again.
    static let retention = Duration.seconds(60)

    private let memory: NodeMemory
    private var slots: [UInt64: Int] = [:]
    private var firstMaybeFree = 0
    /// By owner.
    private var retired: [UInt64: Retired] = [:]

    init(memory: NodeMemory) {
        self.memory = memory
        for slot in 0..<NodeMemory.slotCapacity {
            let owner = memory.slotOwner(slot).value
            if owner != 0 { slots[owner] = slot }
        }
    }

    /// The slot of a backend, given to it now if it has none; nil when all are taken.
    mutating func slot(for backend: ManagedBackend) -> Int? {
        if let slot = slots[backend.hash] {
            retired[backend.hash] = nil
            return slot
        }
        guard
            let slot = (firstMaybeFree..<NodeMemory.slotCapacity).first(where: {
                memory.slotOwner($0).value == 0
            })
        else { return nil }
        firstMaybeFree = slot + 1
        memory.slotOwner(slot).value = backend.hash
        memory.remoteLoad(slot: slot).value = 0
        memory.lastVerdict(slot: slot).value = 0
        memory.connectionLimit(slot: slot).value = 0
        slots[backend.hash] = slot
        return slot
    }

    /// Notes which slots have no backend any more, so that they can be given to others later.
    ///
    /// - Parameter table: the number of a table that has exactly the backends in `present`.
    mutating func retire(allBut present: Set<UInt64>, table: UInt64, at now: Instant) {
        for (owner, slot) in slots {
            if present.contains(owner) {
                retired[owner] = nil
            } else if retired[owner] == nil {
                retired[owner] = Retired(slot: slot, since: now, table: table)
            }
        }
    }

    /// Frees the slots that nobody can be using any more.
    mutating func reclaim(at now: Instant) {
        let due = retired.filter { $0.value.since + Self.retention <= now }
        guard !due.isEmpty else { return }
        let adopted = (0..<memory.workerCount)
            .filter { memory.worker($0, .processID).value != 0 }
            .map { memory.worker($0, .tableNumber).value }.min()
        for (owner, entry) in due {
            guard adopted.map({ $0 >= entry.table }) ?? true,
                memory.total(slot: entry.slot, .openConnections) == 0
            else { continue }
            memory.clear(slot: entry.slot)
            slots[owner] = nil
            retired[owner] = nil
            firstMaybeFree = min(firstMaybeFree, entry.slot)
        }
    }
}
