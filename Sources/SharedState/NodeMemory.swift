internal import Atomics
package import Linux

/// The memory that all processes of a node share: counters, with one writer for each word.
///
/// The supervisor makes it and zeroes what a dead worker left; each worker writes its own counters;
/// control writes the directory of backend slots and the gauges of other nodes. Everybody reads
/// everything. No word is ever written by two processes at a time, so plain loads and stores
/// (relaxed atomics) suffice and no lock exists that a killed process could hold.
package final class NodeMemory: @unchecked Sendable {
    /// The most backends, over all pools, that a node has counters for.
    package static let slotCapacity = 16_384
    package static let workersMax = 64

    private static let magic: UInt64 = 0x534B_4549_4E00_0002
    private static let headerSize = 4096
    private static let workerSize = 256
    private static let cellSize = 128
    private static let entrySize = 32

    private let mapping: Mapping
    /// How many workers have counters here; fixed when the memory is made.
    package let workerCount: Int

    private static func size(workers: Int) -> Int {
        headerSize + workers * workerSize + slotCapacity * entrySize + slotCapacity * workers
            * cellSize
    }

    /// The file of a new memory for `workers` workers. Only pages that are used take memory.
    package static func createFile(workers: Int) throws(SystemCallError) -> Descriptor {
        precondition((1...workersMax).contains(workers))
        let size = size(workers: workers)
        let file = try MemoryFile.create(name: "skein-counters", size: size)
        let mapping = try Mapping(file, size: size)
        mapping.bytes.storeBytes(of: magic, as: UInt64.self)
        mapping.bytes.storeBytes(of: UInt64(workers), toByteOffset: 8, as: UInt64.self)
        return file
    }

    /// Maps the memory that another process of the same node made.
    ///
    /// - Throws: a system call's error, also (`EINVAL`) for a file that is no node memory.
    package init(file: borrowing Descriptor) throws(SystemCallError) {
        let size = try MemoryFile.size(of: file)
        let notOurs = SystemCallError("node memory", .invalidArgument)
        guard size >= Self.headerSize else { throw notOurs }
        mapping = try Mapping(file, size: size)
        let magic = mapping.bytes.load(as: UInt64.self)
        let workers = mapping.bytes.load(fromByteOffset: 8, as: UInt64.self)
        guard magic == Self.magic, (1...UInt64(Self.workersMax)).contains(workers),
            size == Self.size(workers: Int(workers))
        else { throw notOurs }
        workerCount = Int(workers)
    }

    private func word(_ offset: Int) -> SharedWord {
        SharedWord(mapping.bytes.baseAddress.unsafelyUnwrapped + offset)
    }

    /// A counter of one worker.
    package func worker(_ index: Int, _ counter: WorkerCounter) -> SharedWord {
        precondition((0..<workerCount).contains(index))
        return word(Self.headerSize + index * Self.workerSize + counter.rawValue * 8)
    }

    /// A counter that one worker keeps of one backend.
    package func backend(slot: Int, worker: Int, _ counter: BackendCounter) -> SharedWord {
        precondition((0..<Self.slotCapacity).contains(slot) && (0..<workerCount).contains(worker))
        let cell = cells + (slot * workerCount + worker) * Self.cellSize
        return word(cell + counter.rawValue * 8)
    }

    private var directory: Int { Self.headerSize + workerCount * Self.workerSize }
    private var cells: Int { directory + Self.slotCapacity * Self.entrySize }

    /// The hash of the backend that holds a slot, 0 when it is free. Written by control.
    package func slotOwner(_ slot: Int) -> SharedWord {
        precondition((0..<Self.slotCapacity).contains(slot))
        return word(directory + slot * Self.entrySize)
    }

    /// The connections that all other nodes have open to a slot's backend, as `RemoteLoad` of
    /// `Balancing` encodes them. Written by control.
    package func remoteLoad(slot: Int) -> SharedWord {
        precondition((0..<Self.slotCapacity).contains(slot))
        return word(directory + slot * Self.entrySize + 8)
    }

    /// What the cluster last concluded of a slot's backend, as control encodes it; 0 at first.
    /// Here, and not only in control's own memory, so that no verdict dies with a process.
    package func lastVerdict(slot: Int) -> SharedWord {
        precondition((0..<Self.slotCapacity).contains(slot))
        return word(directory + slot * Self.entrySize + 16)
    }

    /// The most connections that this node may have open to a slot's backend, plus one; 0 for no
    /// limit. Written by control, as this node's share of what the cluster may have.
    package func connectionLimit(slot: Int) -> SharedWord {
        precondition((0..<Self.slotCapacity).contains(slot))
        return word(directory + slot * Self.entrySize + 24)
    }

    /// Makes a slot as good as new for another backend. Only for control, and only when no worker
    /// has the slot in its table or a connection open to it.
    package func clear(slot: Int) {
        for worker in 0..<workerCount {
            for counter in BackendCounter.allCases {
                backend(slot: slot, worker: worker, counter).value = 0
            }
        }
        remoteLoad(slot: slot).value = 0
        lastVerdict(slot: slot).value = 0
        connectionLimit(slot: slot).value = 0
        slotOwner(slot).value = 0
    }

    /// Sums one counter of a backend over this node's workers.
    package func total(slot: Int, _ counter: BackendCounter) -> UInt64 {
        (0..<workerCount).reduce(0) { $0 &+ backend(slot: slot, worker: $1, counter).value }
    }

    /// Sums one counter over this node's workers.
    package func total(_ counter: WorkerCounter) -> UInt64 {
        (0..<workerCount).reduce(0) { $0 &+ worker($1, counter).value }
    }

    /// Zeroes what counts as open in a worker that has ended; totals stay.
    package func forgetOpenConnections(ofWorker index: Int) {
        worker(index, .openConnections).value = 0
        worker(index, .processID).value = 0
        for slot in 0..<Self.slotCapacity where slotOwner(slot).value != 0 {
            backend(slot: slot, worker: index, .openConnections).value = 0
            backend(slot: slot, worker: index, .waiting).value = 0
        }
    }
}

/// One 64-bit word of shared memory, with a single writer.
package struct SharedWord: @unchecked Sendable {
    private let atomic: UnsafeAtomic<UInt64>

    init(_ address: UnsafeMutableRawPointer) {
        atomic = UnsafeAtomic(
            at: address.assumingMemoryBound(to: UnsafeAtomic<UInt64>.Storage.self))
    }

    /// The word as the last store left it.
    package var value: UInt64 {
        get { atomic.load(ordering: .relaxed) }
        nonmutating set { atomic.store(newValue, ordering: .relaxed) }
    }

    /// Adds to the word. Only its one writer may do this.
    package func add(_ amount: UInt64) {
        value = value &+ amount
    }

    /// Adds to the word, and has the new value seen by every process before the next load here.
    package func addFenced(_ amount: UInt64) {
        add(amount)
        atomicMemoryFence(ordering: .sequentiallyConsistent)
    }

    /// Takes from the word, not below zero. Only its one writer may do this.
    package func subtract(_ amount: UInt64) {
        let now = value
        value = now < amount ? 0 : now - amount
    }
}

/// What a worker counts of itself.
package enum WorkerCounter: Int, CaseIterable, Sendable {
    case processID
    /// `CLOCK_MONOTONIC` nanoseconds when its loop last turned.
    case heartbeat
    /// The number of the table it routes by.
    case tableNumber
    /// How long it served nobody because it took that table over.
    case tableNanoseconds
    case openConnections
    case acceptedConnections
    /// Connections that were closed at once because a limit was reached.
    case refusedConnections
    case requests
    /// Answers that Skein made itself: malformed requests, no backend, time-outs.
    case ownErrors
    case timeouts
    case retries
    case bytesFromClients
    case bytesToClients
}

/// What a worker counts of one backend.
package enum BackendCounter: Int, CaseIterable, Sendable {
    /// Requests in flight (HTTP) or connections (TCP), now.
    case openConnections
    case connections
    case requests
    /// Connections that could not be made, for whatever reason.
    case connectFailures
    /// Those of them that the backend's host refused: nobody listens there.
    case refusedConnections
    /// Requests that wait, now, because it has all the connections that it may have.
    case waiting
    /// Requests that could not even wait.
    case shortages
    /// Connections that broke, or timed out, before the answer was complete.
    case brokenAnswers
    /// Those of them whose head had come.
    case brokenBodies
    /// Answers with a status of 500 or above.
    case serverErrors
    /// Nanoseconds from the choice of the backend to the head of its answer, added up.
    case answerNanoseconds
    case answers
}
