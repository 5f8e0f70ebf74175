import EventLoop
import HTTP1
import Linux
import Primitives
import SharedState

/// The backend's side of HTTP: reading answers and passing them on.
extension Worker {
    mutating func serverReady(_ server: UInt32, _ readiness: Readiness) {
        let record = servers[server]
        record.pointee.stream.note(readiness)
        switch record.pointee.phase {
        case .connecting:
            if !readiness.isDisjoint(with: [.writable, .failed]) { connectEnded(server) }
        case .exchanging:
            advanceExchange(record.pointee.exchange)
        case .idle:
            // Between answers a backend has nothing to say but that it closes.
            if record.pointee.stream.isReadable { closeServer(server) }
        case .tunnel:
            advanceTunnel(record.pointee.exchange)
        }
    }

    /// Reads the head of an answer, and passes on what came.
    mutating func readAnswer(_ exchange: UInt32) {
        let record = exchanges[exchange]
        let server = servers[record.pointee.server]
        if server.pointee.input != nil {
            readMoreOfAnswer(exchange)
            return
        }
        switch read(server.stream, limit: BufferPool.smallSize) {
        case .bytes(0), .failed: answerNeverBegan(exchange)
        case .wouldBlock: return
        case .bytes(let count): parseAnswer(exchange, UnsafeRawPointer(readScratch), count: count)
        }
    }

    /// Adds to an answer's head whose beginning waits in the input buffer.
    private mutating func readMoreOfAnswer(_ exchange: UInt32) {
        let server = servers[exchanges[exchange].pointee.server]
        while server.pointee.stream.isReadable, var input = server.pointee.input {
            let outcome = readMore(server.stream, into: &input)
            server.pointee.input = input
            switch outcome {
            case .bytes(0), .failed:
                answerNeverBegan(exchange)
                return
            case .wouldBlock: return
            case .bytes:
                let bytes = UnsafeBytes(at: input.bytes, count: input.count)
                if server.pointee.search.isWorthParsing(bytes.span, limits: headLimits) {
                    parseAnswer(exchange, input.bytes, count: input.count)
                    return
                }
            }
        }
    }

    /// Parses one head after the other: interim ones (1xx) come before the final one.
    private mutating func parseAnswer(
        _ exchange: UInt32, _ bytes: UnsafeRawPointer, count: Int
    ) {
        let record = exchanges[exchange]
        var offset = 0
        while true {
            let rest = UnsafeBytes(at: bytes + offset, count: count - offset)
            let length: Int
            do throws(HTTPParseError) {
                guard
                    let parsed = try answerHead.pointee.parse(
                        rest.span, answering: record.pointee.method, limits: headLimits)
                else {
                    keepAnswer(exchange, bytes, used: offset, count: count)
                    return
                }
                length = parsed
            } catch {
                answerMalformed(exchange)
                return
            }
            let head = UnsafeBytes(at: bytes + offset, count: length)
            guard answerHead.pointee.isInterim else {
                passOnAnswer(exchange, head, bytes + offset + length, count - offset - length)
                return
            }
            record.pointee.interimAnswers += 1
            guard !answerHead.pointee.isSwitchingProtocols,
                record.pointee.interimAnswers <= Self.interimAnswersMax
            else {
                answerMalformed(exchange)
                return
            }
            guard passOnInterim(exchange, head) else {
                closeClient(record.pointee.client)
                return
            }
            offset += length
            if offset == count {
                keepAnswer(exchange, bytes, used: offset, count: count)
                return
            }
        }
    }

    /// Keeps the unparsed end of what was read, and goes on reading when there may be more.
    private mutating func keepAnswer(
        _ exchange: UInt32, _ bytes: UnsafeRawPointer, used: Int, count: Int
    ) {
        let record = exchanges[exchange]
        let server = servers[record.pointee.server]
        if var input = server.pointee.input {
            input.start += used
            server.pointee.input = input.count == 0 ? nil : input
            if input.count == 0 { buffers.takeBack(input) }
        } else if used < count {
            guard keep(bytes + used, count: count - used, in: &server.pointee.input) else {
                fail(exchange, .serverFailed)
                return
            }
        }
        server.pointee.search = HeadSearch()
        if let input = server.pointee.input {
            let rest = UnsafeBytes(at: input.bytes, count: input.count)
            _ = server.pointee.search.isWorthParsing(rest.span, limits: headLimits)
        }
        if server.pointee.stream.isReadable { readAnswer(exchange) }
    }

    /// The most interim answers to one request; there is a use for one or two.
    private static let interimAnswersMax = 16

    /// Passes an interim answer on to a client that can make sense of it.
    ///
    /// - Returns: false when the client's connection broke or too much waits for it.
    private mutating func passOnInterim(
        _ exchange: UInt32, _ head: UnsafeBytes
    ) -> Bool {
        let record = exchanges[exchange]
        let isContinue = answerHead.pointee.status == 100
        guard record.pointee.clientMinor == 1, !isContinue || record.pointee.clientExpectsContinue
        else { return true }
        var writer = ByteWriter(
            UnsafeMutableRawBufferPointer(start: writeScratch, count: Self.writeScratchSize))
        answerHead.pointee.writeForwarded(
            head.span, to: &writer,
            forwarding: ResponseForwarding(
                of: answerHead.pointee, clientMinorVersion: 1, keepAlive: true))
        let client = clients[record.pointee.client]
        let pending = client.pointee.stream.output?.count ?? 0
        guard !writer.overflowed, pending < BufferPool.smallSize else { return false }
        return write(writeScratch, count: writer.count, to: client.stream)
    }

    /// Writes the final answer's head and the part of its body that came with it.
    private mutating func passOnAnswer(
        _ exchange: UInt32, _ head: UnsafeBytes, _ rest: UnsafeRawPointer, _ count: Int
    ) {
        let record = exchanges[exchange]
        let client = record.pointee.client
        noteAnswer(exchange)
        let forwarding = ResponseForwarding(
            of: answerHead.pointee, clientMinorVersion: record.pointee.clientMinor,
            keepAlive: record.pointee.saidKeepAlive)
        record.pointee.saidKeepAlive = forwarding.keepAlive
        record.pointee.answerEncoding = forwarding.framing == .chunked ? .chunked : .verbatim
        var writer = ByteWriter(
            UnsafeMutableRawBufferPointer(start: writeScratch, count: Self.writeScratchSize))
        writeAnswer(exchange, head, forwarding, to: &writer)
        if writer.overflowed {
            fail(exchange, .answerMalformed)
            return
        }
        record.pointee.answerBegan = true
        var total = writer.count
        // A small body goes out with the head, in one packet.
        if count > 0, case .length(let length) = record.pointee.answerBody, length > 0 {
            let part = Int(min(UInt64(count), length))
            (writeScratch + total).copyMemory(from: rest, byteCount: part)
            total += part
            record.pointee.answerBody = .length(length - UInt64(part))
            if part < count { record.pointee.answerOverran = true }
        } else if count > 0 {
            guard let written = reframeFirst(exchange, rest, count, after: total) else { return }
            total += written
        }
        counter(.bytesToClients).add(UInt64(total))
        guard write(writeScratch, count: total, to: clients[client].stream) else {
            closeClient(client)
            return
        }
        releaseAnswerInput(exchange)
        pumpAnswerBody(exchange)
    }

    /// Counts the answer and takes from its head what the exchange needs to know.
    private mutating func noteAnswer(_ exchange: UInt32) {
        let record = exchanges[exchange]
        let head = answerHead
        let slot = record.pointee.backend
        noteStatus(head.pointee.status, of: slot, since: record.pointee.startedAt)
        record.pointee.answerBody = BodySource(head.pointee.framing)
        record.pointee.serverKeepsAlive = head.pointee.keepAlive
        // What is left of an unfinished request would be taken for the next one.
        record.pointee.saidKeepAlive =
            record.pointee.clientKeepsAlive && record.pointee.requestEnded && drainDeadline == nil
        if let request = record.pointee.request {
            buffers.takeBack(request)
            record.pointee.request = nil
        }
    }

    /// Re-frames body bytes that came with the head, behind it in the scratch buffer.
    ///
    /// - Returns: how many bytes were written; nil when the exchange ended because of them.
    private mutating func reframeFirst(
        _ exchange: UInt32, _ rest: UnsafeRawPointer, _ count: Int, after head: Int
    ) -> Int? {
        let record = exchanges[exchange]
        switch record.pointee.answerBody {
        case .none, .length:
            record.pointee.answerOverran = true
            return 0
        case .untilClose:
            return reframeUntilClose(
                rest, count: count, as: record.pointee.answerEncoding, at: head)
        case .chunked(var decoder):
            do throws(HTTPParseError) {
                let part = try reframe(
                    rest, count: count, &decoder, as: record.pointee.answerEncoding, at: head)
                record.pointee.answerBody = part.ended ? .none : .chunked(decoder)
                if part.used < count { record.pointee.answerOverran = true }
                return part.written
            } catch {
                record.pointee.answerBegan = false
                answerMalformed(exchange)
                return nil
            }
        }
    }

    private mutating func releaseAnswerInput(_ exchange: UInt32) {
        let server = servers[exchanges[exchange].pointee.server]
        if let input = server.pointee.input {
            buffers.takeBack(input)
            server.pointee.input = nil
        }
        server.pointee.search = HeadSearch()
    }

    private mutating func answerMalformed(_ exchange: UInt32) {
        noteBrokenAnswer(exchange)
        fail(exchange, .answerMalformed)
    }
}
