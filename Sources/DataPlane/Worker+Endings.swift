import EventLoop
import HTTP1
import Linux
import Primitives
import SharedState

/// Answers of our own, time-outs, and how a client's connection ends.
extension Worker {
    /// How long and how much a client may go on sending after our last answer.
    private static let lingerTime = Duration.seconds(2)
    private static let lingerBytesMax = 16 << 20

    /// Ends an exchange that its backend cannot serve, and tells the client if it still can be.
    mutating func fail(_ exchange: UInt32, _ failure: Failure) {
        failRequest(exchange, status: failure.status, text: failure.text)
    }

    mutating func failRequest(_ exchange: UInt32, status: Int, text: StaticString) {
        let record = exchanges[exchange]
        let client = record.pointee.client
        if record.pointee.answerBegan || clients[client].pointee.phase == .tunnel {
            // Too late for an answer; a reset tells the client that this is not the end.
            Socket.resetOnClose(clients[client].pointee.stream.descriptor)
            closeClient(client)
            return
        }
        let keepAlive =
            record.pointee.clientKeepsAlive && record.pointee.clientMinor == 1
            && record.pointee.requestEnded && drainDeadline == nil && status != 408
        let isHead = record.pointee.method == .head
        dropServer(exchange)
        release(exchange)
        guard answer(client, status: status, text: text, keepAlive: keepAlive, isHead: isHead)
        else { return }
        if keepAlive {
            awaitNextRequest(client)
        } else {
            endClient(client, lingering: true)
        }
    }

    /// Answers a request that cannot be served at all; what follows it cannot be trusted.
    mutating func answerAndClose(_ client: UInt32, status: Int, text: StaticString) {
        if answer(client, status: status, text: text, keepAlive: false, isHead: false) {
            endClient(client, lingering: true)
        }
    }

    /// - Returns: false when the client is gone.
    private mutating func answer(
        _ client: UInt32, status: Int, text: StaticString, keepAlive: Bool, isHead: Bool
    ) -> Bool {
        counter(.ownErrors).add(1)
        var writer = ByteWriter(
            UnsafeMutableRawBufferPointer(start: writeScratch, count: Self.writeScratchSize))
        writer.writeError(status: status, detail: text, close: !keepAlive, omitsBody: isHead)
        guard write(writeScratch, count: writer.count, to: clients[client].stream) else {
            closeClient(client)
            return false
        }
        return true
    }

    // MARK: After an answer

    mutating func awaitNextRequest(_ client: UInt32) {
        let record = clients[client]
        record.pointee.phase = .reading
        record.pointee.headBegan = false
        noteIdle(client)
        // Not at once: a client that sends many requests in one go must not keep others waiting.
        if record.pointee.input != nil || record.pointee.stream.isReadable {
            yield(client)
        } else if drainDeadline != nil {
            endClient(client, lingering: true)
        }
    }

    /// Starts the time-out of a client between two requests, or that of taking the rest of the
    /// answer before.
    mutating func noteIdle(_ client: UInt32) {
        let record = clients[client]
        let limit =
            record.pointee.stream.output == nil
            ? record.pointee.idleTimeout : record.pointee.clientTimeout
        wheel.set(client, to: now.advanced(byNanoseconds: limit))
    }

    /// Closes the connection once its last answer is written.
    ///
    /// - Parameter lingering: whether the client may still be sending, so that closing at once
    ///   would reset the connection before it read the answer (RFC 9112 section 9.6).
    mutating func endClient(_ client: UInt32, lingering: Bool) {
        let record = clients[client]
        if !lingering, record.pointee.stream.output == nil {
            closeClient(client)
            return
        }
        record.pointee.phase = .finishing
        wheel.set(client, to: now.advanced(byNanoseconds: record.pointee.clientTimeout))
        finishClient(client)
    }

    mutating func finishClient(_ client: UInt32) {
        let record = clients[client]
        guard flush(record.stream) else {
            closeClient(client)
            return
        }
        guard record.pointee.stream.output == nil else { return }
        Socket.shutdownWrites(of: record.pointee.stream.descriptor)
        record.pointee.phase = .lingering
        wheel.set(client, to: now + Self.lingerTime)
        linger(client)
    }

    /// Throws away what the client still sends, until it closes or has had its time.
    mutating func linger(_ client: UInt32) {
        let record = clients[client]
        var turn = Self.turnBytesMax
        while record.pointee.stream.isReadable {
            guard turn > 0 else {
                yield(client)
                return
            }
            switch read(record.stream, limit: Self.readScratchSize) {
            case .bytes(0), .failed:
                closeClient(client)
                return
            case .wouldBlock: return
            case .bytes(let count):
                turn -= count
                record.pointee.lingeredBytes += count
                if record.pointee.lingeredBytes > Self.lingerBytesMax {
                    closeClient(client)
                    return
                }
            }
        }
    }

    // MARK: Time-outs

    mutating func clientTimedOut(_ client: UInt32) {
        let record = clients[client]
        switch record.pointee.phase {
        case .reading where record.pointee.headBegan:
            counter(.timeouts).add(1)
            answerAndClose(
                client, status: Failure.clientTimedOut.status, text: Failure.clientTimedOut.text)
        case .hello, .reading, .finishing, .lingering:
            closeClient(client)
        case .exchanging, .tunnel:
            exchangeTimedOut(record.pointee.exchange)
        }
    }

    private mutating func exchangeTimedOut(_ exchange: UInt32) {
        counter(.timeouts).add(1)
        let record = exchanges[exchange]
        switch record.pointee.awaiting {
        case .room:
            fail(exchange, .noRoomInTime)
        case .connect:
            connectFailed(exchange, record.pointee.backend, .connectTimedOut, .timedOut)
        case .answer:
            noteBrokenAnswer(exchange)
            fail(exchange, .answerTimedOut)
        case .clientBody:
            fail(exchange, .clientTimedOut)
        case .serverBody:
            noteBrokenAnswer(exchange)
            fail(exchange, .serverFailed)
        case .clientReading, .tunnel:
            closeClient(record.pointee.client)
        }
    }
}
