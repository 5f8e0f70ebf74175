import Linux
import SharedState
import Testing

@Suite("Node memory")
struct NodeMemoryTests {
    @Test("Two mappings of one memory see the same words, and every word is its own")
    func shared() throws {
        let file = try NodeMemory.createFile(workers: 3)
        let writer = try NodeMemory(file: file)
        let reader = try NodeMemory(file: file)
        var next: UInt64 = 1
        func fill(_ word: SharedWord) {
            word.value = next
            next += 1
        }
        let slots = [0, 1, NodeMemory.slotCapacity - 1]
        for worker in 0..<3 {
            for counter in WorkerCounter.allCases { fill(writer.worker(worker, counter)) }
            for slot in slots {
                for counter in BackendCounter.allCases {
                    fill(writer.backend(slot: slot, worker: worker, counter))
                }
            }
        }
        for slot in slots {
            fill(writer.slotOwner(slot))
            fill(writer.remoteLoad(slot: slot))
            fill(writer.lastVerdict(slot: slot))
            fill(writer.connectionLimit(slot: slot))
        }
        // Had any two words shared memory, one of these would read another's number.
        next = 1
        func check(_ word: SharedWord) {
            #expect(word.value == next)
            next += 1
        }
        for worker in 0..<3 {
            for counter in WorkerCounter.allCases { check(reader.worker(worker, counter)) }
            for slot in slots {
                for counter in BackendCounter.allCases {
                    check(reader.backend(slot: slot, worker: worker, counter))
                }
            }
        }
        for slot in slots {
            check(reader.slotOwner(slot))
            check(reader.remoteLoad(slot: slot))
            check(reader.lastVerdict(slot: slot))
            check(reader.connectionLimit(slot: slot))
        }
    }

    @Test("What a dead worker had open is forgotten; its totals and the others' words stay")
    func forget() throws {
        let memory = try NodeMemory(file: try NodeMemory.createFile(workers: 2))
        memory.slotOwner(5).value = 99
        for worker in 0..<2 {
            memory.backend(slot: 5, worker: worker, .openConnections).value = 7
            memory.backend(slot: 5, worker: worker, .requests).value = 70
            memory.backend(slot: 5, worker: worker, .waiting).value = 2
            memory.backend(slot: 5, worker: worker, .shortages).value = 6
            memory.worker(worker, .openConnections).value = 3
        }
        memory.forgetOpenConnections(ofWorker: 0)
        #expect(memory.total(slot: 5, .openConnections) == 7)
        #expect(memory.total(slot: 5, .waiting) == 2)
        #expect(memory.total(slot: 5, .requests) == 140)
        #expect(memory.total(slot: 5, .shortages) == 12)
        #expect(memory.total(.openConnections) == 3)
    }

    @Test("A slot that is cleared is as good as new, and its neighbours stay as they were")
    func clear() throws {
        let memory = try NodeMemory(file: try NodeMemory.createFile(workers: 3))
        func words(of slot: Int) -> [SharedWord] {
            let counters = (0..<3).flatMap { worker in
                BackendCounter.allCases.map { memory.backend(slot: slot, worker: worker, $0) }
            }
            return counters + [
                memory.slotOwner(slot), memory.remoteLoad(slot: slot),
                memory.lastVerdict(slot: slot), memory.connectionLimit(slot: slot),
            ]
        }
        let last = NodeMemory.slotCapacity - 1
        for slot in [0, 5, 6, 7, last] {
            for word in words(of: slot) { word.value = UInt64(slot) + 1 }
        }
        for worker in 0..<3 { memory.worker(worker, .requests).value = 9 }
        memory.clear(slot: 6)
        memory.clear(slot: last)
        for slot in [0, 5, 6, 7, last] {
            let expected = slot == 6 || slot == last ? 0 : UInt64(slot) + 1
            #expect(words(of: slot).allSatisfy { $0.value == expected }, "\(slot)")
        }
        #expect(memory.total(.requests) == 27)
    }

    @Test("A gauge never wraps below zero")
    func subtract() throws {
        let memory = try NodeMemory(file: try NodeMemory.createFile(workers: 1))
        let word = memory.worker(0, .openConnections)
        word.add(2)
        word.subtract(3)
        #expect(word.value == 0)
    }

    @Test("A file that is no node memory is refused")
    func foreign() throws {
        let file = try MemoryFile.create(name: "test", size: 8192)
        #expect(throws: SystemCallError.self) { try NodeMemory(file: file) }
    }
}
