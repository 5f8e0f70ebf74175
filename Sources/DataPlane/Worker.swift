import EventLoop
import HTTP1
package import Linux
import Primitives
package import SharedState

/// The limits of one worker.
package struct WorkerLimits: Sendable {
    /// The most client connections at a time; more wait in the kernel's queue.
    package var connections: Int
    /// The most memory that connections hold in buffers, in bytes.
    package var bufferBytes: Int

    package init(connections: Int, bufferBytes: Int = 1 << 30) {
        self.connections = connections
        self.bufferBytes = bufferBytes
    }
}

/// One process of the data plane: an event loop on one thread that accepts, routes and forwards.
///
/// Everything is owned by this value and reached through it: connections are records in slabs, and
/// events name them by index and generation. Nothing on the forwarding path allocates.
package struct Worker: ~Copyable {
    let index: Int
    let limits: WorkerLimits
    let channel: MessageSocket
    let memory: NodeMemory
    let poller: Poller
    var clients: Slab<ClientConnection>
    var servers: Slab<ServerConnection>
    var exchanges: Slab<Exchange>
    var buffers: BufferPool
    var wheel: TimerWheel
    var table: LiveTable
    var listeners: [WorkerListener] = []
    var now: Instant

    /// Reads land here first; only what cannot be used at once is copied to a connection's buffer.
    let readScratch: UnsafeMutableRawPointer
    /// Rewritten heads and re-framed bodies are put together here.
    let writeScratch: UnsafeMutableRawPointer
    static let readScratchSize = Stream.readSizeMax
    static let writeScratchSize = BufferPool.largeSize
    let requestHead: UnsafeMutablePointer<RequestHead>
    let answerHead: UnsafeMutablePointer<ResponseHead>
    let headLimits = HeadLimits()

    /// Bulk goes through here; empty between two events.
    let pipe: Pipe

    /// Streams that used up their turn although more could be moved.
    var continuations: [Token] = []
    /// Exchanges that wait for a backend to have room, of all pools.
    var waitingCount = 0
    /// Accepting rests until this instant because a limit was reached.
    var acceptingRestsUntil: Instant?
    var drainDeadline: Instant?
    var isReady = false
    var isFinished = false

    /// - Parameters:
    ///   - index: which of the node's workers this is.
    ///   - channel: the message socket to the supervisor.
    ///   - memory: the node's shared counters.
    package init(
        index: Int, channel: consuming MessageSocket, memory: NodeMemory, limits: WorkerLimits
    ) throws(SystemCallError) {
        let poller = try Poller()
        try poller.addSource(channel.descriptor.number, token: Token(.channel).rawValue)
        pipe = try Pipe()
        self.poller = poller
        self.channel = channel
        self.index = index
        self.limits = limits
        self.memory = memory
        let now = Clock.now()
        self.now = now
        clients = Slab(capacity: limits.connections)
        servers = Slab(capacity: limits.connections * 2)
        exchanges = Slab(capacity: limits.connections)
        buffers = BufferPool(bytesMax: limits.bufferBytes)
        wheel = TimerWheel(capacity: limits.connections * 3, now: now)
        table = LiveTable(seed: UInt32(index))
        readScratch = .allocate(byteCount: Self.readScratchSize, alignment: 4096)
        writeScratch = .allocate(byteCount: Self.writeScratchSize, alignment: 4096)
        requestHead = .allocate(capacity: 1)
        requestHead.initialize(to: RequestHead())
        answerHead = .allocate(capacity: 1)
        answerHead.initialize(to: ResponseHead())
        continuations.reserveCapacity(256)
        counter(.processID).value = UInt64(ThisProcess.pid)
        counter(.openConnections).value = 0
    }

    deinit {
        readScratch.deallocate()
        writeScratch.deallocate()
        requestHead.deinitialize(count: 1)
        requestHead.deallocate()
        answerHead.deinitialize(count: 1)
        answerHead.deallocate()
    }

    func counter(_ counter: WorkerCounter) -> SharedWord { memory.worker(index, counter) }

    func counter(_ slot: UInt32, _ counter: BackendCounter) -> SharedWord {
        memory.backend(slot: Int(slot), worker: index, counter)
    }

    /// Serves until the supervisor goes away, or until it asks for a drain and that is done.
    package mutating func run() {
        let fired = UnsafeMutableBufferPointer<UInt32>.allocate(capacity: 256)
        defer { fired.deallocate() }
        while !isFinished {
            let count = poller.wait(milliseconds: sleepMilliseconds())
            now = Clock.now()
            handleBatch(count)
            continueStreams()
            serveWaiting()
            let late = wheel.advance(to: now, fired: fired)
            for position in 0..<late { timerFired(fired[position]) }
            resumeAcceptingIfDue()
            finishDrainIfDone()
            counter(.heartbeat).value = UInt64(bitPattern: now.nanoseconds)
        }
    }

    private func sleepMilliseconds() -> Int32 {
        if !continuations.isEmpty { return 0 }
        let longest = Duration.milliseconds(
            waitingCount > 0
                ? Self.waitingSleepMilliseconds : acceptingRestsUntil == nil ? 250 : 20)
        let limit = wheel.sleepLimit(now: now, longest: longest)
        return Int32(clamping: (limit.nanoseconds + 999_999) / 1_000_000)
    }

    /// Backends come first: one that closes an idle connection, or says something on it that
    /// nobody asked for, must be noticed before a client's request is sent there.
    private mutating func handleBatch(_ count: Int) {
        for position in 0..<count {
            let (token, readiness) = poller.event(position)
            if Token(rawValue: token).kind == .server { handle(Token(rawValue: token), readiness) }
        }
        for position in 0..<count {
            let (token, readiness) = poller.event(position)
            if Token(rawValue: token).kind != .server { handle(Token(rawValue: token), readiness) }
        }
    }

    private mutating func handle(_ token: Token, _ readiness: Readiness) {
        switch token.kind {
        case .client:
            guard token.isOf(generation: clients.generation(of: token.index)) else { return }
            clientReady(token.index, readiness)
        case .server:
            guard token.isOf(generation: servers.generation(of: token.index)) else { return }
            serverReady(token.index, readiness)
        case .listener:
            acceptClients(Int(token.index))
        case .channel:
            receiveMessages()
        }
    }

    /// Goes on with streams that had to let others have their turn.
    private mutating func continueStreams() {
        guard !continuations.isEmpty else { return }
        let due = continuations
        continuations.removeAll(keepingCapacity: true)
        for token in due {
            if token.isOf(generation: clients.generation(of: token.index)) {
                clients[token.index].pointee.isQueued = false
            }
            handle(token, [])
        }
    }

    private mutating func timerFired(_ timer: UInt32) {
        if Int(timer) < limits.connections {
            clientTimedOut(timer)
        } else {
            idleServerTimedOut(timer - UInt32(limits.connections))
        }
    }

    func serverTimer(_ server: UInt32) -> UInt32 { UInt32(limits.connections) + server }
}
