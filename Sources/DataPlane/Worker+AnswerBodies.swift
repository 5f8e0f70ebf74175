import EventLoop
import HTTP1
import Linux
import Primitives
import SharedState

/// Moving the bodies of answers from backends to clients, and what follows behind the last byte.
extension Worker {
    /// Moves body bytes from the backend to the client, and ends the exchange behind the last.
    mutating func pumpAnswerBody(_ exchange: UInt32) {
        let record = exchanges[exchange]
        let (client, server) = (record.pointee.client, record.pointee.server)
        let (source, sink) = (servers[server].stream, clients[client].stream)
        let before = counter(.bytesToClients).value
        let result: Relayed
        switch record.pointee.answerBody {
        case .none: result = .limitReached
        case .length(var remaining):
            let wanted = remaining
            result = relay(from: source, to: sink, limit: &remaining)
            counter(.bytesToClients).add(wanted - remaining)
            record.pointee.answerBody = .length(remaining)
        case .untilClose, .chunked:
            result = relayReframed(exchange, source, sink)
        }
        switch result {
        case .limitReached: finishAnswer(exchange)
        case .sinkFailed: closeClient(client)
        case .sourceEnded, .sourceFailed: truncateAnswer(exchange)
        case .yielded: yield(client)
        case .waiting:
            let awaiting: Exchange.Awaiting =
                sink.pointee.output == nil ? .serverBody : .clientReading
            // Only bytes that move are a sign of life.
            if counter(.bytesToClients).value != before || awaiting != record.pointee.awaiting
                || record.pointee.flushed
            {
                waitFor(exchange, awaiting)
            }
        }
    }

    private mutating func relayReframed(
        _ exchange: UInt32, _ source: UnsafeMutablePointer<Stream>,
        _ sink: UnsafeMutablePointer<Stream>
    ) -> Relayed {
        let record = exchanges[exchange]
        let encoding = record.pointee.answerEncoding
        var turn = Self.turnBytesMax
        while true {
            guard sink.pointee.output == nil, source.pointee.isReadable else { return .waiting }
            guard turn > 0 else { return .yielded }
            let size = readSize(source)
            let written: Int
            var ended = false
            let count: Int
            switch read(source, limit: size) {
            case .bytes(let number): count = number
            case .wouldBlock: return .waiting
            case .failed: return .sourceFailed
            }
            turn -= count
            if case .chunked(var decoder) = record.pointee.answerBody {
                guard count > 0,
                    let part = try? reframe(readScratch, count: count, &decoder, as: encoding)
                else { return .sourceFailed }
                record.pointee.answerBody = part.ended ? .none : .chunked(decoder)
                if part.used < count { record.pointee.answerOverran = true }
                (written, ended) = (part.written, part.ended)
            } else {
                ended = count == 0
                written = reframeUntilClose(readScratch, count: count, as: encoding, at: 0)
                if ended { record.pointee.answerBody = .none }
            }
            counter(.bytesToClients).add(UInt64(written))
            guard write(writeScratch, count: written, to: sink) else { return .sinkFailed }
            if ended { return .limitReached }
            adaptReadSize(source, full: count == size, taken: sink.pointee.output == nil)
        }
    }

    // MARK: Ending

    /// The backend's answer broke off: the client must not take what it got for the whole.
    private mutating func truncateAnswer(_ exchange: UInt32) {
        let record = exchanges[exchange]
        noteBrokenAnswer(exchange)
        Socket.resetOnClose(clients[record.pointee.client].pointee.stream.descriptor)
        closeClient(record.pointee.client)
    }

    /// The whole answer was passed on (or waits in the client's output buffer).
    private mutating func finishAnswer(_ exchange: UInt32) {
        let record = exchanges[exchange]
        let (client, server) = (record.pointee.client, record.pointee.server)
        let stream = servers[server].pointee.stream
        // Bytes behind the answer would be taken for the next one.
        let isQuiet = !stream.isReadable || Socket.isQuiet(stream.descriptor)
        if record.pointee.serverKeepsAlive, record.pointee.requestEnded,
            !record.pointee.answerOverran, stream.output == nil, !stream.readEnded, isQuiet
        {
            servers[server].pointee.stream.isReadable = false
            record.pointee.server = none
            keepServer(server)
        } else {
            dropServer(exchange)
        }
        let keepsClient = record.pointee.saidKeepAlive
        // A client that meant to go on may have sent its next request.
        let maySend = !record.pointee.requestEnded || record.pointee.clientKeepsAlive
        release(exchange)
        if keepsClient {
            awaitNextRequest(client)
        } else {
            endClient(
                client,
                lingering: maySend || clients[client].pointee.input != nil
                    || clients[client].pointee.stream.isReadable)
        }
    }
}
