import EventLoop
import Linux
import Primitives
import SharedState

/// The parent of a node's processes: owns the listening sockets, replaces what dies, and steers
/// new connections to the workers that serve. It parses nothing that a stranger sent.
package struct Supervisor: ~Copyable {
    private let plan: SupervisorPlan
    private let sockets: ListenerArray
    private let memoryFile: Descriptor
    private let memory: NodeMemory
    private let poller: Poller
    private let signals: SignalSource
    private let log: @Sendable (String) -> Void
    private let onReady: @Sendable () -> Void

    private var children: [Role: Child] = [:]
    private var restarts: [Role: Instant] = [:]
    private var backOffs: [Role: RestartBackOff] = [:]
    /// The newest table, for workers that start later; -1 before there is one.
    private var table: CInt = -1
    private var wasReady = false
    private var stopDeadline: Instant?
    private var exitStatus: Int32 = 0

    /// Binds every listener; starts nothing yet.
    ///
    /// - Throws: `ListenerArray.BindError` when an address cannot be had, `SystemCallError`
    ///   otherwise.
    package init(
        plan: SupervisorPlan, log: @escaping @Sendable (String) -> Void,
        onReady: @escaping @Sendable () -> Void
    ) throws {
        let sockets = try ListenerArray(addresses: plan.listeners, workers: plan.workers)
        try sockets.steer(to: Array(0..<plan.workers))
        let memoryFile = try NodeMemory.createFile(workers: plan.workers)
        let memory = try NodeMemory(file: memoryFile)
        let poller = try Poller()
        let signals = try SignalSource(SignalSource.stopping)
        try poller.addSource(signals.descriptor.number, token: SupervisorToken.signals.rawValue)
        if let leash = plan.leash {
            try poller.addSource(leash, token: SupervisorToken.leash.rawValue)
        }
        self.plan = plan
        self.log = log
        self.onReady = onReady
        self.sockets = sockets
        self.memoryFile = memoryFile
        self.memory = memory
        self.poller = poller
        self.signals = signals
    }

    /// Runs the node until it is told to stop; returns the exit status of the process.
    ///
    /// Workers start when control has published its first table. When control cannot even start,
    /// everything ends with status 1: nothing is left half-started.
    package mutating func run() -> Int32 {
        start(.control)
        while stopDeadline == nil || !children.isEmpty {
            let count = poller.wait(milliseconds: sleepMilliseconds())
            for position in 0..<count {
                switch SupervisorToken(rawValue: poller.event(position).token) {
                case .signals: handleSignals()
                case .leash: leashBroke()
                case .channel(let role): receiveMessages(from: role)
                case .ending(let role): reap(role)
                }
            }
            for child in children.values where child.isBehind { hand(over: child) }
            restartDue()
            enforceStopDeadline()
        }
        return exitStatus
    }

    private func sleepMilliseconds() -> Int32 {
        let now = Clock.now()
        let deadlines = restarts.values + (stopDeadline.map { [$0] } ?? [])
        let longest: Int32 = children.values.contains(where: \.isBehind) ? 100 : -1
        guard let next = deadlines.min() else { return longest }
        let wait = Int32(clamping: max(0, (next - now).nanoseconds / 1_000_000 + 1))
        return longest < 0 ? wait : min(wait, longest)
    }

    // MARK: Children

    private mutating func start(_ role: Role) {
        restarts[role] = nil
        let arguments = role == .control ? plan.controlArguments : plan.workerArguments
        let files = [memoryFile.number] + (role == .control ? [plan.configurationFile] : [])
        do throws(SystemCallError) {
            let child = try Child.start(
                role, path: plan.executable, arguments: arguments, files: files, now: Clock.now())
            children[role] = child
            try poller.addSource(
                child.channel.descriptor.number, token: SupervisorToken.channel(role).rawValue)
            try poller.addSource(
                child.process.exitNotice.number, token: SupervisorToken.ending(role).rawValue)
            if case .worker(let index) = role { try equip(child, index) }
        } catch {
            log("cannot start \(role): \(error)")
            if let child = children[role] { child.process.send(signal: SignalSource.kill) }
            if children[role] == nil { scheduleRestart(role, afterLifetime: .zero) }
        }
    }

    /// Hands a new worker its sockets and the newest table.
    private func equip(_ child: Child, _ index: Int) throws(SystemCallError) {
        let descriptors = sockets.sockets(ofWorker: index)
        let step = ProcessMessage.listenersMax
        for start in stride(from: 0, to: descriptors.count, by: step) {
            let range = start..<min(start + step, descriptors.count)
            try child.channel.send(
                .listeners(Array(sockets.addresses[range])), descriptors: Array(descriptors[range]))
        }
        if table >= 0 { try child.channel.send(.table, descriptors: [table]) }
    }

    private mutating func reap(_ role: Role) {
        guard let child = children[role], let ending = child.process.reap() else { return }
        // What it said last may be the newest table.
        receiveMessages(from: role)
        children[role] = nil
        if case .worker(let index) = role {
            memory.forgetOpenConnections(ofWorker: index)
            steer()
        }
        guard stopDeadline == nil else { return }
        if role == .control, !wasReady {
            // It has said itself what is wrong; trying again would say the same.
            exitStatus = 1
            beginStop()
            return
        }
        log("\(role) (pid \(child.process.pid)) \(ending)")
        scheduleRestart(role, afterLifetime: Clock.now() - child.startedAt)
    }

    private mutating func scheduleRestart(_ role: Role, afterLifetime lifetime: Duration) {
        let delay = backOffs[role, default: RestartBackOff()].delay(afterLifetime: lifetime)
        restarts[role] = Clock.now() + delay
    }

    private mutating func restartDue() {
        guard stopDeadline == nil else { return }
        let now = Clock.now()
        for role in restarts.filter({ $0.value <= now }).keys { start(role) }
    }

    private func steer() {
        let serving = (0..<plan.workers).filter { children[.worker($0)]?.isReady == true }
        do throws(SystemCallError) {
            try sockets.steer(to: serving)
        } catch {
            log("cannot steer new connections: \(error)")
        }
    }

    // MARK: Messages

    private mutating func receiveMessages(from role: Role) {
        while let child = children[role] {
            switch child.channel.receive() {
            case .nothingYet: return
            case .closed:
                // Its end comes as an event of its own; until then there is nothing to read.
                try? poller.remove(child.channel.descriptor.number)
                return
            case .message(let bytes, let descriptors):
                switch ProcessMessage(bytes) {
                case .ready: noteReady(child)
                case .table where role == .control && descriptors.count == 1:
                    publish(table: descriptors[0])
                default:
                    for descriptor in descriptors { closeDescriptor(descriptor) }
                    log("\(role) sent a message that makes no sense here")
                }
            }
        }
    }

    private mutating func publish(table file: CInt) {
        if table >= 0 { closeDescriptor(table) }
        table = file
        for index in 0..<plan.workers {
            guard let child = children[.worker(index)] else {
                if restarts[.worker(index)] == nil, stopDeadline == nil { start(.worker(index)) }
                continue
            }
            hand(over: child)
        }
    }

    /// Hands a worker the newest table, now or, when it does not read, a little later.
    private func hand(over child: Child) {
        do throws(SystemCallError) {
            let isTaken = try child.channel.sendAtOnce(
                ProcessMessage.table.encoded(), descriptors: [table])
            child.isBehind = !isTaken
        } catch {
            // It has ended, and gets the table when it is replaced.
            child.isBehind = false
        }
    }

    private mutating func noteReady(_ child: Child) {
        child.isReady = true
        if case .worker = child.role { steer() }
        guard !wasReady, children.count == plan.workers + 1,
            children.values.allSatisfy(\.isReady)
        else { return }
        wasReady = true
        onReady()
    }

    // MARK: Stopping

    private mutating func handleSignals() {
        while signals.next() != nil {
            if stopDeadline == nil {
                beginStop()
            } else {
                // Asked twice: whoever asks knows that connections are cut.
                for child in children.values { child.process.send(signal: SignalSource.kill) }
            }
        }
    }

    private mutating func leashBroke() {
        if let leash = plan.leash { try? poller.remove(leash) }
        if stopDeadline == nil { beginStop() }
    }

    private mutating func beginStop() {
        stopDeadline = Clock.now() + plan.drainTimeout + .seconds(1)
        restarts = [:]
        let milliseconds = Int(plan.drainTimeout.nanoseconds / 1_000_000)
        for child in children.values {
            do throws(SystemCallError) {
                try child.channel.send(.drain(milliseconds: milliseconds))
            } catch {
                child.process.send(signal: SignalSource.kill)
            }
        }
    }

    private mutating func enforceStopDeadline() {
        guard let deadline = stopDeadline, Clock.now() >= deadline else { return }
        for child in children.values { child.process.send(signal: SignalSource.kill) }
        stopDeadline = Clock.now() + .seconds(1)
    }
}
