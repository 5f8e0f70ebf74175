import Linux
import Primitives
import SharedState
import Testing

@testable import ConfigurationFile
@testable import ControlPlane

@Suite("Slots of backends")
struct SlotDirectoryTests {
    private static let retention = SlotDirectory.retention

    private func memory(workers: Int = 2) throws -> NodeMemory {
        try NodeMemory(file: try NodeMemory.createFile(workers: workers))
    }

    private func backend(_ number: Int) -> ManagedBackend {
        let key = Pools.key(number)
        return ManagedBackend(
            key, hash: key.hash, origin: .configured, Pools.backend(number))
    }

    private func slot(_ number: Int, _ directory: inout SlotDirectory) throws -> Int {
        let slot = directory.slot(for: backend(number))
        return try #require(slot)
    }

    private func hashes(_ numbers: Int...) -> Set<UInt64> { Set(numbers.map { backend($0).hash }) }

    /// A worker that runs and routes by a table.
    private func worker(_ index: Int, adopts table: UInt64, _ memory: NodeMemory) {
        memory.worker(index, .processID).value = UInt64(100 + index)
        memory.worker(index, .tableNumber).value = table
    }

    @Test("Every backend has a slot of its own and keeps it, over restarts of control too")
    func stable() throws {
        let memory = try memory()
        var directory = SlotDirectory(memory: memory)
        let slots = (1...50).map { directory.slot(for: backend($0)) }
        #expect(Set(slots.compactMap(\.self)).count == 50)
        for (number, slot) in zip(1...50, slots) {
            #expect(memory.slotOwner(try #require(slot)).value == backend(number).hash)
        }
        #expect((1...50).map { directory.slot(for: backend($0)) } == slots)
        var next = SlotDirectory(memory: memory)
        #expect((1...50).reversed().map { next.slot(for: backend($0)) } == slots.reversed())
        let other = try slot(51, &next)
        #expect(!slots.contains(other))
    }

    @Test("A slot that is given out says nothing of what was there before")
    func clean() throws {
        let memory = try memory()
        memory.remoteLoad(slot: 0).value = 1
        memory.lastVerdict(slot: 0).value = 2
        memory.connectionLimit(slot: 0).value = 3
        var directory = SlotDirectory(memory: memory)
        #expect(directory.slot(for: backend(1)) == 0)
        #expect(memory.remoteLoad(slot: 0).value == 0)
        #expect(memory.lastVerdict(slot: 0).value == 0)
        #expect(memory.connectionLimit(slot: 0).value == 0)
    }

    @Test("When all are taken a backend gets none, until one is free")
    func full() throws {
        let memory = try memory()
        for slot in 0..<NodeMemory.slotCapacity - 1 {
            memory.slotOwner(slot).value = UInt64(slot) + 1
        }
        var directory = SlotDirectory(memory: memory)
        #expect(directory.slot(for: backend(1)) == NodeMemory.slotCapacity - 1)
        #expect(directory.slot(for: backend(2)) == nil)
        directory.retire(allBut: hashes(1), table: 1, at: .zero)
        directory.reclaim(at: .zero + Self.retention)
        #expect(directory.slot(for: backend(2)) == 0)
        #expect(directory.slot(for: backend(3)) == 1)
        #expect(directory.slot(for: backend(1)) == NodeMemory.slotCapacity - 1)
    }

    @Test("The slot of a backend that is gone is kept for its time, and then as good as new")
    func retention() throws {
        let memory = try memory()
        var directory = SlotDirectory(memory: memory)
        let slot = try slot(1, &directory)
        memory.backend(slot: slot, worker: 1, .requests).value = 9
        let start = Instant(nanoseconds: 7)
        directory.retire(allBut: [], table: 1, at: start)
        // It is retired once, not anew with each table.
        directory.retire(allBut: [], table: 2, at: start + .seconds(30))
        directory.reclaim(at: start + Self.retention - .nanoseconds(1))
        #expect(memory.slotOwner(slot).value == backend(1).hash)
        directory.reclaim(at: start + Self.retention)
        #expect(memory.slotOwner(slot).value == 0)
        #expect(memory.total(slot: slot, .requests) == 0)
        #expect(directory.slot(for: backend(2)) == slot)
        #expect(directory.slot(for: backend(1)) != slot)
    }

    @Test("A backend that comes back in time has the slot and the counts that it had")
    func comesBack() throws {
        let memory = try memory()
        var directory = SlotDirectory(memory: memory)
        let slot = try slot(1, &directory)
        memory.backend(slot: slot, worker: 1, .requests).value = 9
        directory.retire(allBut: [], table: 1, at: .zero)
        directory.retire(allBut: hashes(1), table: 2, at: .zero + .seconds(50))
        directory.reclaim(at: .zero + .seconds(100))
        #expect(directory.slot(for: backend(1)) == slot)
        #expect(memory.total(slot: slot, .requests) == 9)
        // And its time begins anew when it goes again.
        directory.retire(allBut: [], table: 3, at: .zero + .seconds(100))
        directory.reclaim(at: .zero + .seconds(159))
        #expect(memory.slotOwner(slot).value == backend(1).hash)
        directory.reclaim(at: .zero + .seconds(160))
        #expect(memory.slotOwner(slot).value == 0)
    }

    @Test("A slot that was given out again is not freed, although no table said so yet")
    func givenOut() throws {
        let memory = try memory()
        var directory = SlotDirectory(memory: memory)
        let slot = try slot(1, &directory)
        directory.retire(allBut: [], table: 1, at: .zero)
        #expect(directory.slot(for: backend(1)) == slot)
        directory.reclaim(at: .zero + .seconds(1_000))
        #expect(memory.slotOwner(slot).value == backend(1).hash)
    }

    @Test("No slot is freed while a worker has a connection open there")
    func openConnections() throws {
        let memory = try memory(workers: 3)
        var directory = SlotDirectory(memory: memory)
        let slot = try slot(1, &directory)
        directory.retire(allBut: [], table: 1, at: .zero)
        for worker in 0..<3 {
            memory.backend(slot: slot, worker: worker, .openConnections).value = 1
            directory.reclaim(at: .zero + .seconds(1_000))
            #expect(memory.slotOwner(slot).value != 0)
            memory.backend(slot: slot, worker: worker, .openConnections).value = 0
        }
        directory.reclaim(at: .zero + .seconds(1_000))
        #expect(memory.slotOwner(slot).value == 0)
    }

    @Test("No slot is freed while a worker that runs has an older table")
    func olderTables() throws {
        let memory = try memory(workers: 3)
        var directory = SlotDirectory(memory: memory)
        let slot = try slot(1, &directory)
        worker(0, adopts: 5, memory)
        worker(1, adopts: 4, memory)
        directory.retire(allBut: [], table: 5, at: .zero)
        directory.reclaim(at: .zero + .seconds(1_000))
        #expect(memory.slotOwner(slot).value != 0)
        worker(1, adopts: 5, memory)
        // The third does not run; what it once had does not matter.
        memory.worker(2, .tableNumber).value = 1
        directory.reclaim(at: .zero + .seconds(1_000))
        #expect(memory.slotOwner(slot).value == 0)
    }

    @Test("Control that starts anew frees what nobody has any more")
    func restart() throws {
        let memory = try memory()
        var former = SlotDirectory(memory: memory)
        let slots = [1, 2].map { former.slot(for: backend($0)) }
        var directory = SlotDirectory(memory: memory)
        directory.retire(allBut: hashes(2), table: 9, at: .zero + .seconds(5))
        directory.reclaim(at: .zero + .seconds(65))
        #expect(memory.slotOwner(try #require(slots[0])).value == 0)
        #expect(directory.slot(for: backend(2)) == slots[1])
    }

    // MARK: Sweep

    /// Workers that keep connections and older tables for a while, a supervisor that replaces
    /// them, and control that publishes, fails to, and starts anew.
    private struct Node {
        let memory: NodeMemory
        var directory: SlotDirectory
        var tables: [UInt64: [UInt64: Int]] = [0: [:]]
        var number: UInt64 = 0
        var live: Set<Int> = []
        var random: SeededRandom
        /// By worker and slot, the owner of the slot when the connection was opened.
        var open: [[Int: (owner: UInt64, count: UInt64)]]

        /// Whatever a worker may use is still what it takes it for.
        func check() {
            for worker in open.indices {
                for (slot, connection) in open[worker] {
                    #expect(memory.slotOwner(slot).value == connection.owner)
                    let counter = memory.backend(slot: slot, worker: worker, .openConnections)
                    #expect(counter.value == connection.count)
                }
                guard memory.worker(worker, .processID).value != 0 else { continue }
                for (owner, slot) in tables[memory.worker(worker, .tableNumber).value] ?? [:] {
                    #expect(memory.slotOwner(slot).value == owner)
                }
            }
        }
    }

    @Test("No worker ever finds another backend at a slot", arguments: 0..<5)
    func sweep(seed: UInt64) throws {
        let memory = try memory(workers: 3)
        var node = Node(
            memory: memory, directory: SlotDirectory(memory: memory),
            random: SeededRandom(seed: seed), open: Array(repeating: [:], count: 3))
        var now = Instant.zero
        var (used, placed): (Set<Int>, Set<Int>) = ([], [])
        for step in 0..<3_000 {
            now = now + .milliseconds(Int64.random(in: 0...4_000, using: &node.random))
            act(&node, at: now)
            node.directory.reclaim(at: now)
            let slots = node.live.compactMap { node.directory.slot(for: backend($0)) }
            #expect(Set(slots).count == node.live.count, "step \(step)")
            node.check()
            used.formUnion(slots)
            placed.formUnion(node.live)
        }
        #expect(used.count * 2 < placed.count, "slots are used again")
    }

    private func act(_ node: inout Node, at now: Instant) {
        let worker = Int.random(in: 0..<3, using: &node.random)
        let process = node.memory.worker(worker, .processID)
        switch Int.random(in: 0..<8, using: &node.random) {
        case 0, 1:
            node.live.insert(Int.random(in: 0..<400, using: &node.random))
            while node.live.count > 12, let gone = node.live.randomElement(using: &node.random) {
                node.live.remove(gone)
            }
        case 2, 3: publish(&node, at: now)
        case 4, 5:
            // The newest table, or it stays with what it has.
            if process.value == 0 { process.value = UInt64(worker + 1) }
            node.memory.worker(worker, .tableNumber).value = node.number
        case 6: connect(&node, worker)
        default:
            if Bool.random(using: &node.random) {
                node.directory = SlotDirectory(memory: node.memory)
            } else {
                for slot in node.open[worker].keys {
                    node.memory.backend(slot: slot, worker: worker, .openConnections).value = 0
                }
                node.open[worker] = [:]
                process.value = 0
            }
        }
    }

    private func publish(_ node: inout Node, at now: Instant) {
        node.number += 1
        var table: [UInt64: Int] = [:]
        for number in node.live {
            table[backend(number).hash] = node.directory.slot(for: backend(number))
        }
        node.tables[node.number] = table
        // Publishing failed: no worker gets that table, and nothing is retired.
        guard Int.random(in: 0..<4, using: &node.random) > 0 else {
            node.number -= 1
            return
        }
        node.directory.retire(allBut: Set(table.keys), table: node.number, at: now)
    }

    /// Connections are opened by the worker's table, and closed whenever they are.
    private func connect(_ node: inout Node, _ worker: Int) {
        let number = node.memory.worker(worker, .tableNumber).value
        guard node.memory.worker(worker, .processID).value != 0 else { return }
        if let (owner, slot) = node.tables[number]?.randomElement(using: &node.random) {
            let count = (node.open[worker][slot]?.count ?? 0) + 1
            node.open[worker][slot] = (owner, count)
            node.memory.backend(slot: slot, worker: worker, .openConnections).value = count
        }
        while node.open[worker].count > 2,
            let slot = node.open[worker].keys.randomElement(using: &node.random)
        {
            node.open[worker][slot] = nil
            node.memory.backend(slot: slot, worker: worker, .openConnections).value = 0
        }
    }
}
