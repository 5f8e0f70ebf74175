import EventLoop
import Linux
import Primitives
import SharedState

/// A listening socket that this worker accepts on.
struct WorkerListener {
    let descriptor: CInt
    let address: SocketAddress
    var isWatched: Bool
}

/// What the supervisor asks for.
extension Worker {
    mutating func receiveMessages() {
        while true {
            switch channel.receive() {
            case .nothingYet: return
            case .closed:
                // Without a supervisor nobody would replace or stop this process.
                isFinished = true
                return
            case .message(let bytes, let descriptors):
                handle(ProcessMessage(bytes), descriptors)
            }
        }
    }

    private mutating func handle(_ message: ProcessMessage?, _ descriptors: [CInt]) {
        switch message {
        case .listeners(let addresses) where addresses.count == descriptors.count:
            for (address, descriptor) in zip(addresses, descriptors) {
                listeners.append(
                    WorkerListener(descriptor: descriptor, address: address, isWatched: false))
            }
            serveIfPossible()
        case .table where descriptors.count == 1:
            adoptTable(Descriptor(owning: descriptors[0]))
        case .table:
            // The kernel could not hand over the file, for want of a descriptor.
            log("a new table was lost: no descriptor was free")
        case .drain(let milliseconds):
            for descriptor in descriptors { closeDescriptor(descriptor) }
            beginDrain(deadline: now + .milliseconds(milliseconds))
        default:
            fatalError("an unexpected message from the supervisor: \(String(describing: message))")
        }
    }

    private mutating func adoptTable(_ file: consuming Descriptor) {
        let start = Clock.now()
        do {
            let stale = table.replace(with: try MappedTable(file: file))
            for slot in stale { closeIdleServers(of: slot) }
            serveIfPossible()
            let stall = Clock.now().nanoseconds - start.nanoseconds
            counter(.tableNanoseconds).value = UInt64(max(0, stall))
            counter(.tableNumber).value = table.number
        } catch {
            // The last table still serves; control's next one may be better.
            log("a table was refused: \(error)")
        }
    }

    /// Begins to accept once there are both sockets and a table that says what they are for.
    private mutating func serveIfPossible() {
        guard table.number > 0, drainDeadline == nil, acceptingRestsUntil == nil else { return }
        watchListeners()
        guard !isReady, !listeners.isEmpty || table.listeners.isEmpty else { return }
        isReady = true
        try? channel.send(.ready)
    }

    /// Watches every socket that the table has a listener for, and no other.
    mutating func watchListeners() {
        for position in listeners.indices {
            let isWanted = table.listeners[listeners[position].address] != nil
            if isWanted != listeners[position].isWatched {
                setWatched(position, isWanted)
            }
        }
    }

    mutating func setWatched(_ position: Int, _ isWatched: Bool) {
        let descriptor = listeners[position].descriptor
        do throws(SystemCallError) {
            if isWatched {
                let token = Token(.listener, index: UInt32(position))
                try poller.addSource(descriptor, token: token.rawValue)
            } else {
                try poller.remove(descriptor)
            }
            listeners[position].isWatched = isWatched
        } catch {
            log("cannot watch \(listeners[position].address): \(error)")
        }
    }

    // MARK: Drain

    private mutating func beginDrain(deadline: Instant) {
        guard drainDeadline == nil else { return }
        // A client between two requests has nothing to lose but its connection.
        for client in clients.taken() where isIdle(client) { closeClient(client) }
        for position in listeners.indices where listeners[position].isWatched {
            acceptClients(position)
            setWatched(position, false)
        }
        drainDeadline = deadline
    }

    /// Whether nothing is on its way from or to a client.
    private func isIdle(_ client: UInt32) -> Bool {
        let record = clients[client].pointee
        return record.phase == .reading && record.input == nil && record.stream.output == nil
            && !record.stream.isReadable && Socket.isQuiet(record.stream.descriptor)
    }

    mutating func finishDrainIfDone() {
        guard let deadline = drainDeadline else { return }
        guard clients.count == 0 || now >= deadline else { return }
        if clients.count > 0 { log("drain ended with \(clients.count) connections cut") }
        isFinished = true
    }

    func log(_ text: String) {
        StandardError.write("skein worker \(index): \(text)\n")
    }
}
