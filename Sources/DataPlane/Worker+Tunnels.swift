import EventLoop
import HTTP1
import Linux
import Primitives
import SharedState

/// TCP listeners: every client is tied to one backend, and bytes are relayed as they come.
extension Worker {
    mutating func beginTunnel(_ client: UInt32) {
        let exchange = Exchange(
            client: client, pool: clients[client].pointee.pool, startedAt: now)
        guard let index = exchanges.take(exchange) else {
            closeClient(client)
            return
        }
        clients[client].pointee.exchange = index
        exchanges[index].pointee.hash = clients[client].pointee.addressHash
        dispatch(index)
    }

    mutating func tunnelConnected(_ exchange: UInt32) {
        let record = exchanges[exchange]
        waitFor(exchange, .tunnel)
        let (client, server) = (clients[record.pointee.client], servers[record.pointee.server])
        server.pointee.phase = .tunnel
        // What was read of the client's first message goes first.
        server.pointee.stream.output = client.pointee.input
        client.pointee.input = nil
        advanceTunnel(exchange)
    }

    /// Moves what can be moved in both directions.
    mutating func advanceTunnel(_ exchange: UInt32) {
        let (client, server) = (
            exchanges[exchange].pointee.client, exchanges[exchange].pointee.server
        )
        guard server != none, servers[server].pointee.phase == .tunnel else { return }
        let (near, far) = (clients[client].stream, servers[server].stream)
        let waited = (near.pointee.output?.count ?? 0) + (far.pointee.output?.count ?? 0)
        guard flush(near), flush(far) else {
            breakTunnel(client, near, far)
            return
        }
        let before = counter(.bytesFromClients).value &+ counter(.bytesToClients).value
        let up = relayTunnel(from: near, to: far, counter(.bytesFromClients))
        let down = relayTunnel(from: far, to: near, counter(.bytesToClients))
        if up == .failed || down == .failed {
            breakTunnel(client, near, far)
            return
        }
        if near.pointee.writesEnded, far.pointee.writesEnded {
            closeClient(client)
            return
        }
        let after = counter(.bytesFromClients).value &+ counter(.bytesToClients).value
        let waits = (near.pointee.output?.count ?? 0) + (far.pointee.output?.count ?? 0)
        // Only bytes that move are a sign of life.
        if after != before || waits != waited {
            wheel.set(
                client, to: now.advanced(byNanoseconds: clients[client].pointee.clientTimeout))
        }
        if up == .yielded || down == .yielded { yield(client) }
    }

    /// Each side learns of the other's failure as a reset, not as an orderly end.
    private mutating func breakTunnel(
        _ client: UInt32, _ near: UnsafeMutablePointer<Stream>,
        _ far: UnsafeMutablePointer<Stream>
    ) {
        Socket.resetOnClose(near.pointee.descriptor)
        Socket.resetOnClose(far.pointee.descriptor)
        closeClient(client)
    }

    private enum Direction { case open, yielded, failed }

    private mutating func relayTunnel(
        from source: UnsafeMutablePointer<Stream>, to sink: UnsafeMutablePointer<Stream>,
        _ moved: SharedWord
    ) -> Direction {
        var limit = UInt64.max
        let result = relay(from: source, to: sink, limit: &limit)
        moved.add(UInt64.max - limit)
        switch result {
        case .sourceFailed, .sinkFailed: return .failed
        case .yielded: return .yielded
        case .waiting, .limitReached: return .open
        case .sourceEnded:
            if sink.pointee.output == nil, !sink.pointee.writesEnded {
                Socket.shutdownWrites(of: sink.pointee.descriptor)
                sink.pointee.writesEnded = true
            }
            return .open
        }
    }
}
