import EventLoop
import HTTP1
import Linux
import Primitives

/// How an attempt to move bytes from one stream to another ended.
enum Relayed {
    /// Nothing more can be moved before one of the sockets becomes ready.
    case waiting
    /// More can be moved at once, but others come first.
    case yielded
    case limitReached
    case sourceEnded
    case sourceFailed
    case sinkFailed
}

/// Moving bytes between sockets.
extension Worker {
    /// The most bytes that one stream moves before others have their turn.
    static let turnBytesMax = 1 << 20

    /// Writes bytes, and keeps what the socket does not take in the stream's output buffer.
    ///
    /// - Returns: false when the connection is broken or there is no memory for the rest.
    mutating func write(
        _ bytes: UnsafeRawPointer, count: Int, to stream: UnsafeMutablePointer<Stream>
    ) -> Bool {
        var sent = 0
        if stream.pointee.output == nil {
            switch Socket.send(to: stream.pointee.descriptor, from: bytes, count: count) {
            case .bytes(let number): sent = number
            case .wouldBlock: break
            case .failed: return false
            }
            if sent == count { return true }
            stream.pointee.isWritable = false
        }
        return keep(bytes + sent, count: count - sent, in: &stream.pointee.output)
    }

    /// Adds bytes to a buffer that is borrowed, or exchanged for a larger one, when needed.
    mutating func keep(
        _ bytes: UnsafeRawPointer, count: Int, in place: inout Buffer?
    ) -> Bool {
        if var buffer = place {
            if count > buffer.room { buffer.compact() }
            if count <= buffer.room {
                buffer.append(bytes, count: count)
                place = buffer
                return true
            }
        }
        let held = place?.count ?? 0
        guard var larger = buffers.lend(held + count) else { return false }
        if let buffer = place {
            larger.append(buffer.bytes, count: held)
            buffers.takeBack(buffer)
        }
        larger.append(bytes, count: count)
        place = larger
        return true
    }

    /// Writes what waits in the output buffer; false when the connection is broken.
    mutating func flush(_ stream: UnsafeMutablePointer<Stream>) -> Bool {
        guard stream.pointee.isWritable, var output = stream.pointee.output else { return true }
        switch Socket.send(
            to: stream.pointee.descriptor, from: output.bytes, count: output.count)
        {
        case .failed: return false
        case .wouldBlock: stream.pointee.isWritable = false
        case .bytes(let sent):
            output.start += sent
            if output.count == 0 {
                buffers.takeBack(output)
                stream.pointee.output = nil
            } else {
                stream.pointee.output = output
                stream.pointee.isWritable = false
            }
        }
        return true
    }

    /// Reads up to `limit` bytes into the scratch buffer.
    mutating func read(_ stream: UnsafeMutablePointer<Stream>, limit: Int) -> Transfer {
        receive(stream, into: readScratch, limit: limit)
    }

    /// Reads behind what a buffer holds already; there must be room.
    mutating func readMore(
        _ stream: UnsafeMutablePointer<Stream>, into buffer: inout Buffer
    ) -> Transfer {
        buffer.compact()
        let outcome = receive(stream, into: buffer.base + buffer.end, limit: buffer.room)
        if case .bytes(let count) = outcome { buffer.end += count }
        return outcome
    }

    /// Reads, and notes what the outcome says of readiness.
    private func receive(
        _ stream: UnsafeMutablePointer<Stream>, into memory: UnsafeMutableRawPointer, limit: Int
    ) -> Transfer {
        let outcome = Socket.receive(
            from: stream.pointee.descriptor, into: memory, count: limit)
        switch outcome {
        case .bytes(0):
            stream.pointee.readEnded = true
            stream.pointee.isReadable = false
        case .bytes(let count):
            // A short read emptied the socket, unless the end of the stream is next.
            if count < limit, !stream.pointee.peerFinished { stream.pointee.isReadable = false }
        case .wouldBlock:
            stream.pointee.isReadable = false
        case .failed:
            break
        }
        return outcome
    }

    /// Moves at most `limit` bytes as they are, and takes what was moved off the limit.
    mutating func relay(
        from source: UnsafeMutablePointer<Stream>, to sink: UnsafeMutablePointer<Stream>,
        limit: inout UInt64
    ) -> Relayed {
        var turn = Self.turnBytesMax
        while limit > 0 {
            if source.pointee.readEnded { return .sourceEnded }
            guard sink.pointee.output == nil, source.pointee.isReadable else { return .waiting }
            guard turn > 0 else { return .yielded }
            let wanted = Int(min(UInt64(readSize(source)), limit))
            let spliced = wanted >= Self.spliceMin
            switch spliced ? fillPipe(source, limit: wanted) : read(source, limit: wanted) {
            case .bytes(0): return .sourceEnded
            case .wouldBlock: return .waiting
            case .failed: return .sourceFailed
            case .bytes(let count):
                limit -= UInt64(count)
                turn -= count
                guard
                    spliced
                        ? drainPipe(count, to: sink) : write(readScratch, count: count, to: sink)
                else { return .sinkFailed }
                // What a splice brings depends on how the bytes lie in memory, not on how many
                // there are.
                let full = spliced ? count >= wanted / 2 : count == wanted
                adaptReadSize(source, full: full, taken: sink.pointee.output == nil)
            }
        }
        return .limitReached
    }

    /// Lets others have their turn before the client's stream goes on.
    mutating func yield(_ client: UInt32) {
        guard !clients[client].pointee.isQueued else { return }
        clients[client].pointee.isQueued = true
        continuations.append(
            Token(.client, index: client, generation: clients.generation(of: client)))
    }

    /// Streams that move this much at a time are spliced: below it, copying costs less than the
    /// second pair of calls.
    private static let spliceMin = 64 * 1024

    private func fillPipe(_ source: UnsafeMutablePointer<Stream>, limit: Int) -> Transfer {
        let outcome = pipe.fill(from: source.pointee.descriptor, count: limit)
        switch outcome {
        case .bytes(0):
            source.pointee.readEnded = true
            source.pointee.isReadable = false
        case .wouldBlock: source.pointee.isReadable = false
        case .bytes, .failed: break
        }
        return outcome
    }

    /// Moves what was put into the pipe to the sink; what that does not take goes to its output
    /// buffer, so that the pipe is empty again.
    private mutating func drainPipe(
        _ count: Int, to sink: UnsafeMutablePointer<Stream>
    ) -> Bool {
        var rest = count
        var isBroken = false
        var isFull = false
        while rest > 0, !isBroken, !isFull {
            switch pipe.drain(to: sink.pointee.descriptor, count: rest) {
            case .bytes(let moved): rest -= moved
            case .wouldBlock: isFull = true
            case .failed: isBroken = true
            }
        }
        guard rest > 0 else { return true }
        pipe.read(into: readScratch, count: rest)
        if isBroken { return false }
        sink.pointee.isWritable = false
        return keep(readScratch, count: rest, in: &sink.pointee.output)
    }

    /// How much to read at a time: little when buffers are getting scarce, because what the other
    /// side does not take must be kept.
    func readSize(_ source: UnsafeMutablePointer<Stream>) -> Int {
        buffers.bytesLent > limits.bufferBytes / 2
            ? Stream.readSizeMin : source.pointee.readSize
    }

    /// Larger reads cost fewer calls, but what the sink does not take must be copied.
    func adaptReadSize(_ source: UnsafeMutablePointer<Stream>, full: Bool, taken: Bool) {
        let size = source.pointee.readSize
        if !taken {
            source.pointee.readSize = max(size / 2, Stream.readSizeMin)
        } else if full {
            source.pointee.readSize = min(size * 2, Stream.readSizeMax)
        }
    }
}

extension UnsafeMutablePointer<ClientConnection> {
    var stream: UnsafeMutablePointer<Stream> {
        let offset = MemoryLayout<ClientConnection>.offset(of: \.stream).unsafelyUnwrapped
        return (UnsafeMutableRawPointer(self) + offset).assumingMemoryBound(to: Stream.self)
    }
}

extension UnsafeMutablePointer<ServerConnection> {
    var stream: UnsafeMutablePointer<Stream> {
        let offset = MemoryLayout<ServerConnection>.offset(of: \.stream).unsafelyUnwrapped
        return (UnsafeMutableRawPointer(self) + offset).assumingMemoryBound(to: Stream.self)
    }
}
