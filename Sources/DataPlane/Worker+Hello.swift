import Balancing
import ClientHello
import EventLoop
import Linux
import Primitives
import SharedState

/// TLS pass-through: a client's first message is read for the server name before its connection is
/// relayed as it is.
extension Worker {
    /// Reads on, and begins to relay once the hello is whole.
    mutating func readHello(_ client: UInt32) {
        let record = clients[client]
        if record.pointee.input == nil {
            guard let buffer = buffers.lend(BufferPool.smallSize) else {
                refuseHello(client)
                return
            }
            record.pointee.input = buffer
        }
        while record.pointee.stream.isReadable, var input = record.pointee.input {
            guard input.room > 0 else {
                refuseHello(client)
                return
            }
            let outcome = readMore(record.stream, into: &input)
            record.pointee.input = input
            switch outcome {
            case .bytes(0), .failed:
                closeClient(client)
                return
            case .wouldBlock: return
            case .bytes(let count):
                counter(.bytesFromClients).add(UInt64(count))
                guard input.count >= record.pointee.helloLength else { continue }
                if judgeHello(client, input) { return }
            }
        }
    }

    /// Acts on what was read so far; false when more must come.
    private mutating func judgeHello(_ client: UInt32, _ input: Buffer) -> Bool {
        let record = clients[client]
        let bytes = UnsafeBytes(at: input.bytes, count: input.count)
        var reader = ClientHelloReader()
        switch reader.read(bytes.span) {
        case .incomplete(let count):
            record.pointee.helloLength = count
            return false
        case .notTLS, .malformed: refuseHello(client)
        case .hello(let hello):
            record.pointee.phase = .tunnel
            if table.pools[Int(record.pointee.pool)].hashKey == .serverName,
                let hash = hash(of: hello, in: bytes)
            {
                record.pointee.addressHash = hash
            }
            beginTunnel(client)
        }
        return true
    }

    /// The hash of the server name, in lower case; nil for a client that names none.
    private func hash(of hello: ClientHello, in bytes: UnsafeBytes) -> UInt64? {
        guard let name = hello.serverName else { return nil }
        var copy = InlineArray<255, UInt8>(repeating: 0)
        var span = copy.mutableSpan
        guard let count = name.copy(from: bytes.span, to: &span) else { return nil }
        for index in 0..<count where (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(copy[index]) {
            copy[index] |= 0x20
        }
        return HashChoice.hash(of: copy.span.extracting(0..<count))
    }

    /// Whoever speaks no TLS, or not properly, is cut off: there is no language to answer in.
    private mutating func refuseHello(_ client: UInt32) {
        counter(.refusedConnections).add(1)
        closeClient(client)
    }
}
