import Balancing
import EventLoop
import HTTP1
import Linux
import Primitives
import SharedState

extension Worker {
    /// The most connections taken in one turn, so that those that are open are not kept waiting.
    private static let acceptBatchMax = 64

    mutating func acceptClients(_ position: Int) {
        guard let listener = table.listeners[listeners[position].address] else { return }
        var peer = SocketAddressStorage(SocketAddress(ip: .anyIPv4, port: 0))
        for _ in 0..<Self.acceptBatchMax {
            guard clients.count < clients.capacity else {
                restAccepting()
                return
            }
            switch Socket.accept(on: listeners[position].descriptor, peer: &peer) {
            case .bytes(let descriptor): addClient(CInt(descriptor), listener, peer)
            case .wouldBlock: return
            case .failed(let errno):
                if errno != .tooManyFiles { log("cannot accept: \(errno.name)") }
                restAccepting()
                return
            }
        }
    }

    private mutating func addClient(
        _ descriptor: CInt, _ listener: Table.Listener, _ peer: SocketAddressStorage
    ) {
        let ip = peer.address?.ip ?? .anyIPv4
        let pool = table.poolIndex(listener.pool)
        let forwarding = Forwarding(
            client: ip, listener: listener.address, isTLS: false)
        let connection = ClientConnection(
            stream: Stream(descriptor: descriptor),
            phase: ClientConnection.Phase(listener.transport),
            pool: pool,
            addressHash: HashChoice.hash(
                of: ip, ipv6Prefix: table.pools[Int(pool)].ipv6Prefix),
            forwarding: forwarding,
            clientTimeout: listener.clientTimeout.nanoseconds,
            requestHeaderTimeout: listener.requestHeaderTimeout.nanoseconds,
            idleTimeout: listener.idleTimeout.nanoseconds)
        guard let client = clients.take(connection) else {
            closeDescriptor(descriptor)
            return
        }
        do throws(SystemCallError) {
            let token = Token(.client, index: client, generation: clients.generation(of: client))
            try poller.addStream(descriptor, token: token.rawValue)
        } catch {
            log("cannot watch a client: \(error)")
            closeDescriptor(descriptor)
            clients.giveBack(client)
            counter(.refusedConnections).add(1)
            return
        }
        counter(.acceptedConnections).add(1)
        counter(.openConnections).value = UInt64(clients.count)
        wheel.set(client, to: now + listener.requestHeaderTimeout)
        if listener.transport == .tcp { beginTunnel(client) }
    }

    /// Leaves new connections in the kernel's queue for a moment: there is no room for them here.
    private mutating func restAccepting() {
        for position in listeners.indices where listeners[position].isWatched {
            setWatched(position, false)
        }
        acceptingRestsUntil = now + .milliseconds(20)
    }

    mutating func resumeAcceptingIfDue() {
        guard let rest = acceptingRestsUntil, now >= rest, drainDeadline == nil,
            clients.count < clients.capacity
        else { return }
        acceptingRestsUntil = nil
        watchListeners()
    }

    /// Closes a client's connection and whatever was being done for it.
    mutating func closeClient(_ client: UInt32) {
        let exchange = clients[client].pointee.exchange
        if exchange != none { abandon(exchange) }
        let connection = clients[client].pointee
        closeDescriptor(connection.stream.descriptor)
        if let buffer = connection.input { buffers.takeBack(buffer) }
        if let buffer = connection.stream.output { buffers.takeBack(buffer) }
        wheel.cancel(client)
        clients.giveBack(client)
        counter(.openConnections).value = UInt64(clients.count)
    }
}

extension ClientConnection.Phase {
    /// In which phase a connection to such a listener begins.
    fileprivate init(_ transport: Table.Transport) {
        self =
            switch transport {
            case .http: .reading
            case .tcp: .tunnel
            case .tlsPassthrough: .hello
            }
    }
}
