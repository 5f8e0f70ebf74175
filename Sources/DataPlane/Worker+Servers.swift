import EventLoop
import HTTP1
import Linux
import Primitives
import SharedState

/// Connections to backends: making, keeping, closing them.
extension Worker {
    /// An idle connection to the backend, taken out of its list; the one used last comes first.
    ///
    /// - Parameter verified: whether to make sure that the backend has not closed it meanwhile,
    ///   because the request could not be sent a second time.
    mutating func takeIdleServer(of slot: UInt32, verified: Bool) -> UInt32? {
        while case let server = table[slot].pointee.firstIdle, server != none {
            if verified, !Socket.isQuiet(servers[server].pointee.stream.descriptor) {
                closeServer(server)
                continue
            }
            unlinkIdle(server)
            return server
        }
        return nil
    }

    /// A new connection to the backend, being made.
    mutating func connect(to slot: UInt32) throws(SystemCallError) -> UInt32 {
        if servers.count == servers.capacity { evictIdleServer() }
        let socket: Descriptor
        do throws(SystemCallError) {
            socket = try Socket.connect(to: table[slot].pointee.address)
        } catch {
            guard error.errno == .tooManyFiles, evictIdleServer() else { throw error }
            socket = try Socket.connect(to: table[slot].pointee.address)
        }
        let connection = ServerConnection(
            stream: Stream(descriptor: socket.number), phase: .connecting, backend: slot)
        guard let server = servers.take(connection) else {
            throw SystemCallError("connect", .tooManyFiles)
        }
        do throws(SystemCallError) {
            let token = Token(.server, index: server, generation: servers.generation(of: server))
            try poller.addStream(socket.number, token: token.rawValue)
        } catch {
            servers.giveBack(server)
            throw error
        }
        _ = socket.release()
        counter(slot, .connections).add(1)
        return server
    }

    /// Makes room by closing some connection that is kept for later; false when there is none.
    @discardableResult
    private mutating func evictIdleServer() -> Bool {
        guard let idle = servers.taken().first(where: { servers[$0].pointee.phase == .idle })
        else { return false }
        closeServer(idle)
        return true
    }

    /// Keeps a connection for the next request, or closes it when there are enough.
    mutating func keepServer(_ server: UInt32) {
        let slot = servers[server].pointee.backend
        let backend = table[slot]
        let pool = table.pools[Int(backend.pointee.pool)]
        guard backend.pointee.record.standing.isUsable,
            backend.pointee.idleCount < pool.idleConnections, drainDeadline == nil,
            !servers[server].pointee.stream.peerFinished
        else {
            closeServer(server)
            return
        }
        let record = servers[server]
        record.pointee.phase = .idle
        record.pointee.exchange = none
        record.pointee.isReused = true
        record.pointee.previousIdle = none
        record.pointee.nextIdle = backend.pointee.firstIdle
        if record.pointee.nextIdle != none {
            servers[record.pointee.nextIdle].pointee.previousIdle = server
        }
        backend.pointee.firstIdle = server
        backend.pointee.idleCount += 1
        wheel.set(serverTimer(server), to: now.advanced(byNanoseconds: pool.idleTimeout))
    }

    private mutating func unlinkIdle(_ server: UInt32) {
        let record = servers[server]
        let (next, previous) = (record.pointee.nextIdle, record.pointee.previousIdle)
        if next != none { servers[next].pointee.previousIdle = previous }
        if previous != none {
            servers[previous].pointee.nextIdle = next
        } else {
            table[record.pointee.backend].pointee.firstIdle = next
        }
        table[record.pointee.backend].pointee.idleCount -= 1
        record.pointee.phase = .exchanging
    }

    mutating func closeServer(_ server: UInt32) {
        if servers[server].pointee.phase == .idle { unlinkIdle(server) }
        let connection = servers[server].pointee
        closeDescriptor(connection.stream.descriptor)
        if let buffer = connection.input { buffers.takeBack(buffer) }
        if let buffer = connection.stream.output { buffers.takeBack(buffer) }
        wheel.cancel(serverTimer(server))
        servers.giveBack(server)
    }

    mutating func closeIdleServers(of slot: UInt32) {
        while case let server = table[slot].pointee.firstIdle, server != none {
            closeServer(server)
        }
    }

    mutating func idleServerTimedOut(_ server: UInt32) {
        // The timer of a connection that was taken into use since is left to run out.
        if servers[server].pointee.phase == .idle { closeServer(server) }
    }
}
