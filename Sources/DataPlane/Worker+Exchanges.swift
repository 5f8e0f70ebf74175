import EventLoop
import HTTP1
import Linux
import Primitives
import SharedState

/// The life of an exchange: finding it a backend, connecting, trying another, giving up.
extension Worker {
    /// How many backends are tried for one request or tunnel.
    private static let attemptsMax: UInt8 = 2

    /// Gives the exchange a backend and a connection to it, or answers that there is none.
    ///
    /// - Parameter failed: a backend that just failed this exchange.
    mutating func dispatch(_ exchange: UInt32, avoiding failed: UInt32 = none) {
        let record = exchanges[exchange]
        var failed = failed
        while true {
            switch chooseBackend(for: exchange, avoiding: failed) {
            case .nobody:
                fail(exchange, .noBackend)
                return
            case .noRoom:
                awaitRoom(exchange)
                return
            case .backend(let slot):
                // Another worker may have been quicker; then there is another choice.
                guard joinBackend(exchange, slot) else { continue }
                if record.pointee.awaiting == .room { leaveLine(exchange) }
                guard !begin(exchange, at: slot) else { return }
                failed = slot
            }
            record.pointee.attempts += 1
            guard record.pointee.attempts < Self.attemptsMax else {
                fail(exchange, .connectFailed)
                return
            }
            counter(.retries).add(1)
        }
    }

    /// Sends the request on a connection that was kept, or begins to make one; false when the
    /// system does not even let it begin.
    private mutating func begin(_ exchange: UInt32, at slot: UInt32) -> Bool {
        let record = exchanges[exchange]
        if clients[record.pointee.client].pointee.phase != .tunnel,
            let server = takeIdleServer(
                of: slot, verified: !record.pointee.isReplayable || record.pointee.attempts > 0)
        {
            attach(exchange, server)
            sendRequest(exchange)
            return true
        }
        do throws(SystemCallError) {
            attach(exchange, try connect(to: slot))
            waitFor(exchange, .connect)
            return true
        } catch {
            // What this machine lacks is no fault of the backend.
            if !error.errno.isLocal { noteConnectFailure(slot, error.errno, since: now) }
            leaveBackend(exchange)
            return false
        }
    }

    private func attach(_ exchange: UInt32, _ server: UInt32) {
        exchanges[exchange].pointee.server = server
        servers[server].pointee.exchange = exchange
    }

    /// Counts the exchange as open at a backend, from the choice on, so that choices made in the
    /// same moment see one another; false when that would be one too many.
    private func joinBackend(_ exchange: UInt32, _ slot: UInt32) -> Bool {
        let open = counter(slot, .openConnections)
        if table[slot].pointee.record.standing.contains(.isLimited) {
            open.addFenced(1)
            let limit = memory.connectionLimit(slot: Int(slot)).value
            if limit > 0, memory.total(slot: Int(slot), .openConnections) >= limit {
                open.subtract(1)
                return false
            }
        } else {
            open.add(1)
        }
        exchanges[exchange].pointee.backend = slot
        exchanges[exchange].pointee.startedAt = now
        table.pools[Int(exchanges[exchange].pointee.pool)].open &+= 1
        return true
    }

    func leaveBackend(_ exchange: UInt32) {
        let slot = exchanges[exchange].pointee.backend
        guard slot != none else { return }
        counter(slot, .openConnections).subtract(1)
        table.pools[Int(exchanges[exchange].pointee.pool)].open &-= 1
        exchanges[exchange].pointee.backend = none
    }

    /// Notes whose move it is, and starts the time-out that belongs to it.
    mutating func waitFor(_ exchange: UInt32, _ awaiting: Exchange.Awaiting) {
        let record = exchanges[exchange]
        record.pointee.awaiting = awaiting
        let pool = table.pools[Int(record.pointee.pool)]
        let client = record.pointee.client
        let limit =
            switch awaiting {
            case .room: pool.queueTimeout
            case .connect: pool.connectTimeout
            case .answer, .serverBody: pool.serverTimeout
            case .clientBody, .clientReading, .tunnel: clients[client].pointee.clientTimeout
            }
        wheel.set(client, to: now.advanced(byNanoseconds: limit))
    }

    // MARK: Connecting

    /// The socket of a connection attempt became ready, one way or the other.
    mutating func connectEnded(_ server: UInt32) {
        let (exchange, slot) = (servers[server].pointee.exchange, servers[server].pointee.backend)
        let error = Socket.pendingError(of: servers[server].pointee.stream.descriptor)
        if let error {
            connectFailed(exchange, slot, .connectFailed, error)
        } else {
            noteConnected(slot, exchange)
            if clients[exchanges[exchange].pointee.client].pointee.phase == .tunnel {
                tunnelConnected(exchange)
            } else {
                servers[server].pointee.phase = .exchanging
                sendRequest(exchange)
            }
        }
    }

    /// Tries another backend when this one could not be connected to: nothing was sent yet.
    mutating func connectFailed(
        _ exchange: UInt32, _ slot: UInt32, _ failure: Failure, _ errno: Errno
    ) {
        noteConnectFailure(slot, errno, since: exchanges[exchange].pointee.startedAt)
        retry(exchange, avoiding: slot, orFail: failure)
    }

    /// The connection broke, or ended, before the answer began.
    mutating func answerNeverBegan(_ exchange: UInt32) {
        let record = exchanges[exchange]
        let slot = record.pointee.backend
        // A backend may close a connection that it had kept; that is no fault of its.
        let wasKept = servers[record.pointee.server].pointee.isReused
        if !wasKept { noteBrokenAnswer(exchange) }
        guard record.pointee.isReplayable, record.pointee.requestEnded else {
            fail(exchange, .serverFailed)
            return
        }
        retry(exchange, avoiding: slot, orFail: .serverFailed)
    }

    private mutating func retry(
        _ exchange: UInt32, avoiding slot: UInt32, orFail failure: Failure
    ) {
        let record = exchanges[exchange]
        dropServer(exchange)
        leaveBackend(exchange)
        record.pointee.attempts += 1
        guard record.pointee.attempts < Self.attemptsMax else {
            fail(exchange, failure)
            return
        }
        counter(.retries).add(1)
        dispatch(exchange, avoiding: slot)
    }

    // MARK: Ending

    /// Closes the exchange's connection to its backend.
    mutating func dropServer(_ exchange: UInt32) {
        let server = exchanges[exchange].pointee.server
        guard server != none else { return }
        exchanges[exchange].pointee.server = none
        closeServer(server)
    }

    /// Ends an exchange whose client is being closed.
    mutating func abandon(_ exchange: UInt32) {
        dropServer(exchange)
        release(exchange)
    }

    /// Gives back everything an exchange holds; its server was kept or closed before.
    mutating func release(_ exchange: UInt32) {
        leaveBackend(exchange)
        let record = exchanges[exchange]
        if record.pointee.awaiting == .room { leaveLine(exchange) }
        if let request = record.pointee.request { buffers.takeBack(request) }
        clients[record.pointee.client].pointee.exchange = none
        exchanges.giveBack(exchange)
    }
}
