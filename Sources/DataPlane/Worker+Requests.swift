import EventLoop
import HTTP1
import Linux
import Primitives
import SharedState

/// The client's side of HTTP: reading requests and passing them on.
extension Worker {
    mutating func clientReady(_ client: UInt32, _ readiness: Readiness) {
        let record = clients[client]
        record.pointee.stream.note(readiness)
        switch record.pointee.phase {
        case .hello: readHello(client)
        case .reading:
            let waited = record.pointee.stream.output?.count
            guard flush(record.stream) else {
                closeClient(client)
                return
            }
            if record.pointee.stream.output?.count != waited { noteIdle(client) }
            if record.pointee.stream.output == nil { readRequest(client) }
        case .exchanging:
            if readiness.contains(.failed) {
                // Nobody is left to answer to.
                closeClient(client)
            } else {
                advanceExchange(record.pointee.exchange)
            }
        case .finishing: finishClient(client)
        case .lingering: linger(client)
        case .tunnel: advanceTunnel(record.pointee.exchange)
        }
    }

    /// Reads and parses the next request; begins an exchange when its head is whole.
    private mutating func readRequest(_ client: UInt32) {
        let record = clients[client]
        if let input = record.pointee.input {
            // A request that came behind another is served from the buffer first.
            if !record.pointee.headBegan {
                parseRequest(client, input.bytes, count: input.count)
            } else {
                readMoreOfHead(client)
            }
            return
        }
        guard record.pointee.stream.isReadable else { return }
        switch read(record.stream, limit: BufferPool.smallSize) {
        case .bytes(0), .failed: closeClient(client)
        case .wouldBlock: return
        case .bytes(let count):
            counter(.bytesFromClients).add(UInt64(count))
            parseRequest(client, readScratch, count: count)
        }
    }

    /// Adds to a head whose beginning waits in the input buffer.
    private mutating func readMoreOfHead(_ client: UInt32) {
        let record = clients[client]
        while record.pointee.stream.isReadable, var input = record.pointee.input {
            let outcome = readMore(record.stream, into: &input)
            // Also without new bytes: those that were there may have been moved.
            record.pointee.input = input
            switch outcome {
            case .bytes(0), .failed:
                closeClient(client)
                return
            case .wouldBlock: return
            case .bytes(let count):
                counter(.bytesFromClients).add(UInt64(count))
                // A head that comes in drips is parsed again only when its end has come.
                let bytes = UnsafeBytes(at: input.bytes, count: input.count)
                if record.pointee.search.isWorthParsing(bytes.span, limits: headLimits) {
                    parseRequest(client, input.bytes, count: input.count)
                    return
                }
            }
        }
    }

    private mutating func parseRequest(
        _ client: UInt32, _ bytes: UnsafeRawPointer, count: Int
    ) {
        let record = clients[client]
        let span = UnsafeBytes(at: bytes, count: count).span
        do throws(HTTPParseError) {
            guard let length = try requestHead.pointee.parse(span, limits: headLimits) else {
                awaitRestOfHead(client, bytes, count: count)
                return
            }
            record.pointee.headBegan = false
            record.pointee.search = HeadSearch()
            beginExchange(client, bytes, head: length, count: count)
        } catch {
            counter(.requests).add(1)
            answerAndClose(client, status: error.status, text: error.reason)
        }
    }

    private mutating func awaitRestOfHead(
        _ client: UInt32, _ bytes: UnsafeRawPointer, count: Int
    ) {
        let record = clients[client]
        if record.pointee.input == nil {
            guard keep(bytes, count: count, in: &record.pointee.input) else {
                closeClient(client)
                return
            }
        }
        guard !record.pointee.headBegan else { return }
        record.pointee.headBegan = true
        let held = UnsafeBytes(at: bytes, count: count)
        _ = record.pointee.search.isWorthParsing(held.span, limits: headLimits)
        wheel.set(client, to: now.advanced(byNanoseconds: record.pointee.requestHeaderTimeout))
        // The bytes may have come from the buffer while more waits in the socket.
        if record.pointee.stream.isReadable { readMoreOfHead(client) }
    }

    /// Turns the parsed head into what the backend gets, and looks for a backend.
    private mutating func beginExchange(
        _ client: UInt32, _ bytes: UnsafeRawPointer, head length: Int, count: Int
    ) {
        counter(.requests).add(1)
        let record = clients[client]
        let head = UnsafeBytes(at: bytes, count: length)
        guard var request = writeRequest(head, record.pointee) else {
            refuse(client)
            return
        }
        let fresh = Exchange(client: client, pool: record.pointee.pool, startedAt: now)
        guard let index = exchanges.take(fresh) else {
            buffers.takeBack(request)
            refuse(client)
            return
        }
        let exchange = exchanges[index]
        record.pointee.exchange = index
        record.pointee.phase = .exchanging
        let parsed = requestHead
        exchange.pointee.requestBody = BodySource(parsed.pointee.framing)
        exchange.pointee.method = parsed.pointee.method
        exchange.pointee.clientMinor = parsed.pointee.minorVersion
        exchange.pointee.clientKeepsAlive = parsed.pointee.keepAlive
        exchange.pointee.clientExpectsContinue = parsed.pointee.expectsContinue
        noteAffinity(index, head)

        // Body bytes that came with the head go out with it.
        var used = length
        if case .length(let remaining) = exchange.pointee.requestBody {
            let part = Int(min(remaining, UInt64(min(count - length, request.room))))
            if part > 0 { request.append(bytes + length, count: part) }
            exchange.pointee.requestBody = .length(remaining - UInt64(part))
            used += part
        }
        exchange.pointee.request = request
        exchange.pointee.isReplayable =
            exchange.pointee.requestEnded && parsed.pointee.method.isIdempotent
        guard keepUnused(client, bytes, used: used, count: count) else {
            closeClient(client)
            return
        }
        dispatch(index)
    }

    /// Closes a connection that there is no memory to serve.
    private mutating func refuse(_ client: UInt32) {
        counter(.refusedConnections).add(1)
        closeClient(client)
    }

    /// The head as the backend gets it, in a buffer of its own.
    private mutating func writeRequest(
        _ head: UnsafeBytes, _ client: ClientConnection
    ) -> Buffer? {
        writeRequest(head, client, size: BufferPool.smallSize)
            ?? writeRequest(head, client, size: BufferPool.largeSize)
    }

    private mutating func writeRequest(
        _ head: UnsafeBytes, _ client: ClientConnection, size: Int
    ) -> Buffer? {
        guard var buffer = buffers.lend(size) else { return nil }
        var writer = ByteWriter(
            UnsafeMutableRawBufferPointer(start: buffer.base, count: buffer.capacity))
        if let cookie = table.pools[Int(client.pool)].cookie {
            requestHead.pointee.writeForwarded(
                head.span, to: &writer, forwarding: client.forwarding, cookie: cookie.name.span,
                edit: cookie.edit)
        } else {
            requestHead.pointee.writeForwarded(
                head.span, to: &writer, forwarding: client.forwarding)
        }
        if writer.overflowed {
            buffers.takeBack(buffer)
            return nil
        }
        buffer.end = writer.count
        return buffer
    }

    /// Keeps the bytes behind what was used, in the client's input buffer.
    private mutating func keepUnused(
        _ client: UInt32, _ bytes: UnsafeRawPointer, used: Int, count: Int
    ) -> Bool {
        let record = clients[client]
        if var input = record.pointee.input {
            input.start += used
            if input.count == 0 {
                buffers.takeBack(input)
                record.pointee.input = nil
            } else {
                record.pointee.input = input
            }
            return true
        }
        if used == count { return true }
        return keep(bytes + used, count: count - used, in: &record.pointee.input)
    }

    // MARK: Sending

    /// Sends the request to the backend that the exchange is attached to.
    mutating func sendRequest(_ exchange: UInt32) {
        let record = exchanges[exchange]
        guard let request = record.pointee.request else { return }
        let server = record.pointee.server
        counter(record.pointee.backend, .requests).add(1)
        guard write(request.bytes, count: request.count, to: servers[server].stream) else {
            answerNeverBegan(exchange)
            return
        }
        if record.pointee.requestEnded {
            waitFor(exchange, .answer)
            // It may have answered, or closed, before it was asked.
            if servers[server].pointee.stream.isReadable { yield(record.pointee.client) }
        } else {
            // Part of the body is not held here, so the request cannot be sent twice.
            buffers.takeBack(request)
            record.pointee.request = nil
            advanceExchange(exchange)
        }
    }

    private func bytesWaiting(_ client: UInt32, _ server: UInt32) -> Int {
        (clients[client].pointee.stream.output?.count ?? 0)
            + (servers[server].pointee.stream.output?.count ?? 0)
    }

    /// Goes on with an exchange after something changed at either side.
    mutating func advanceExchange(_ exchange: UInt32) {
        let record = exchanges[exchange]
        let (client, server) = (record.pointee.client, record.pointee.server)
        guard server != none, servers[server].pointee.phase == .exchanging else { return }
        let waited = bytesWaiting(client, server)
        guard flush(clients[client].stream) else {
            closeClient(client)
            return
        }
        if !flush(servers[server].stream) { record.pointee.requestBroke = true }
        record.pointee.flushed = bytesWaiting(client, server) != waited
        if !record.pointee.requestEnded, !record.pointee.requestBroke {
            guard pumpRequestBody(exchange) else { return }
        }
        if record.pointee.answerBegan {
            pumpAnswerBody(exchange)
        } else if servers[server].pointee.stream.isReadable {
            readAnswer(exchange)
        } else if record.pointee.requestBroke {
            answerNeverBegan(exchange)
        }
    }
}
