import EventLoop
import HTTP1
import Linux
import Primitives
import SharedState

/// Moving the bodies of requests from clients to backends.
extension Worker {
    /// Moves body bytes from the client to the backend.
    ///
    /// - Returns: false when the exchange is over, because the client is gone or sent nonsense.
    mutating func pumpRequestBody(_ exchange: UInt32) -> Bool {
        let record = exchanges[exchange]
        let client = record.pointee.client
        let sink = servers[record.pointee.server].stream
        let before = counter(.bytesFromClients).value
        let result: Relayed
        switch record.pointee.requestBody {
        case .none, .untilClose: return true
        case .length(var remaining):
            result = relayLength(client, sink, &remaining)
            record.pointee.requestBody = .length(remaining)
        case .chunked(var decoder):
            do throws(HTTPParseError) {
                result = try relayChunks(client, sink, &decoder)
                record.pointee.requestBody = result == .limitReached ? .none : .chunked(decoder)
            } catch {
                failRequest(exchange, status: error.status, text: error.reason)
                return false
            }
        }
        switch result {
        case .sourceEnded, .sourceFailed:
            closeClient(client)
            return false
        case .sinkFailed:
            // The backend may have answered before it closed; that is looked for next.
            record.pointee.requestBroke = true
            servers[record.pointee.server].pointee.stream.isReadable = true
        case .limitReached:
            if !record.pointee.answerBegan { waitFor(exchange, .answer) }
        case .waiting:
            let awaiting: Exchange.Awaiting = sink.pointee.output == nil ? .clientBody : .answer
            if counter(.bytesFromClients).value != before || awaiting != record.pointee.awaiting
                || record.pointee.flushed
            {
                waitFor(exchange, awaiting)
            }
        case .yielded:
            yield(client)
        }
        return true
    }

    private mutating func relayLength(
        _ client: UInt32, _ sink: UnsafeMutablePointer<Stream>, _ remaining: inout UInt64
    ) -> Relayed {
        let record = clients[client]
        if var input = record.pointee.input {
            guard sink.pointee.output == nil else { return .waiting }
            let count = Int(min(UInt64(input.count), remaining))
            guard write(input.bytes, count: count, to: sink) else { return .sinkFailed }
            remaining -= UInt64(count)
            input.start += count
            record.pointee.input = input.count == 0 ? nil : input
            if input.count == 0 { buffers.takeBack(input) }
        }
        let before = remaining
        defer { counter(.bytesFromClients).add(before - remaining) }
        return relay(from: record.stream, to: sink, limit: &remaining)
    }

    /// Decodes chunks from the client and frames them anew, so that nothing but their data passes.
    ///
    /// - Returns: `.limitReached` when the body has ended.
    private mutating func relayChunks(
        _ client: UInt32, _ sink: UnsafeMutablePointer<Stream>, _ decoder: inout ChunkedDecoder
    ) throws(HTTPParseError) -> Relayed {
        let record = clients[client]
        let source = record.stream
        var turn = Self.turnBytesMax
        while true {
            guard sink.pointee.output == nil else { return .waiting }
            let bytes: UnsafeRawPointer
            let count: Int
            var heldInput = record.pointee.input
            if let input = heldInput {
                (bytes, count) = (input.bytes, input.count)
            } else {
                guard source.pointee.isReadable else { return .waiting }
                guard turn > 0 else { return .yielded }
                switch read(source, limit: readSize(source)) {
                case .bytes(0): return .sourceEnded
                case .wouldBlock: return .waiting
                case .failed: return .sourceFailed
                case .bytes(let number): (bytes, count) = (UnsafeRawPointer(readScratch), number)
                }
                counter(.bytesFromClients).add(UInt64(count))
                turn -= count
            }
            let part = try reframe(bytes, count: count, &decoder, as: .chunked)
            guard write(writeScratch, count: part.written, to: sink) else { return .sinkFailed }
            if var input = heldInput {
                input.start += part.used
                heldInput = input.count == 0 ? nil : input
                if input.count == 0 { buffers.takeBack(input) }
                record.pointee.input = heldInput
            } else if part.used < count {
                guard keep(bytes + part.used, count: count - part.used, in: &record.pointee.input)
                else { return .sourceFailed }
            } else {
                adaptReadSize(
                    source, full: count == source.pointee.readSize,
                    taken: sink.pointee.output == nil)
            }
            if part.ended { return .limitReached }
        }
    }
}
