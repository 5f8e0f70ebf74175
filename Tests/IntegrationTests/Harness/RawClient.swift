import Foundation

/// A client over a plain socket: sends any bytes, and reads with a deadline.
final class RawClient {
    /// How the other side ended the connection.
    enum Ending: Equatable {
        case closed
        case reset
        case stillOpen
    }

    private let socket: BareSocket
    private var buffer: [UInt8] = []
    private static let limit = Duration.seconds(10)

    private init(_ socket: BareSocket) { self.socket = socket }

    /// - Parameters:
    ///   - host: the address to come from.
    ///   - receiveBuffer: how many bytes the kernel may take in for a client that does not read.
    static func connect(
        to endpoint: Endpoint, from host: String? = nil, receiveBuffer: CInt? = nil
    ) async throws -> RawClient {
        let socket = try BareSocket(.stream)
        if let receiveBuffer { try socket.set(SOL_SOCKET, SO_RCVBUF, receiveBuffer) }
        if let host { try socket.bind(to: Endpoint(host: host, port: 0)) }
        let flags = fcntl(socket.number, F_GETFL)
        _ = fcntl(socket.number, F_SETFL, flags | O_NONBLOCK)
        if endpoint.withAddress({ Foundation.connect(socket.number, $0, $1) }) != 0 {
            guard errno == EINPROGRESS else { throw Failure.system("connect to \(endpoint)") }
            guard await Readiness.wait(socket.number, for: POLLOUT, until: Deadline(in: limit))
            else { throw Failure("connect to \(endpoint): no answer") }
            var code: CInt = 0
            var size = socklen_t(MemoryLayout<CInt>.size)
            getsockopt(socket.number, SOL_SOCKET, SO_ERROR, &code, &size)
            errno = code
            guard code == 0 else { throw Failure.system("connect to \(endpoint)") }
        }
        return RawClient(socket)
    }

    // MARK: Sending

    func send(_ text: String) async throws { try await send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) async throws {
        guard try await send(bytes, within: Self.limit) == bytes.count else {
            throw Failure("the other side takes no more bytes")
        }
    }

    /// Sends what is taken within `limit`, and tells how many bytes that was.
    func send(_ bytes: [UInt8], within limit: Duration) async throws -> Int {
        let deadline = Deadline(in: limit)
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes {
                Foundation.send(
                    socket.number, $0.baseAddress.map { $0 + sent }, bytes.count - sent,
                    CInt(MSG_NOSIGNAL))
            }
            if count >= 0 {
                sent += count
            } else if errno != EAGAIN {
                throw Failure.system("send")
            } else if await !Readiness.wait(socket.number, for: POLLOUT, until: deadline) {
                break
            }
        }
        return sent
    }

    func finishWriting() { shutdown(socket.number, CInt(SHUT_WR)) }

    /// Has the connection reset when this client goes away.
    func resetOnClose() throws { try socket.resetOnClose() }

    var localEndpoint: Endpoint { get throws { try socket.localEndpoint() } }

    // MARK: Reading

    /// Whether the other side has sent something, or ended the connection.
    var hasInput: Bool { Readiness.isReady(socket.number, for: POLLIN) }

    private enum Received { case bytes, ended, reset, nothing }

    private func receive(until deadline: Deadline) async -> Received {
        while true {
            var count = 0
            let part = [UInt8](unsafeUninitializedCapacity: 65_536) { bytes, initialized in
                count = recv(socket.number, bytes.baseAddress, bytes.count, 0)
                initialized = max(0, count)
            }
            if count > 0 {
                buffer += part
                return .bytes
            }
            if count == 0 { return .ended }
            guard errno == EAGAIN else { return .reset }
            guard await Readiness.wait(socket.number, for: POLLIN, until: deadline) else {
                return .nothing
            }
        }
    }

    private func receiveMore(_ what: String, until deadline: Deadline) async throws {
        let received = await receive(until: deadline)
        guard received == .bytes else {
            throw Failure("\(received) while reading \(what), after \(buffer.prefix(500).text)")
        }
    }

    func read(_ count: Int, within limit: Duration = limit) async throws -> [UInt8] {
        let deadline = Deadline(in: limit)
        while buffer.count < count {
            try await receiveMore("\(count) bytes", until: deadline)
        }
        return take(count)
    }

    func read(through mark: String, within limit: Duration = limit) async throws -> [UInt8] {
        let deadline = Deadline(in: limit)
        while true {
            if let end = buffer.firstRange(of: mark.utf8)?.upperBound { return take(end) }
            try await receiveMore("to \(mark.debugDescription)", until: deadline)
        }
    }

    /// Everything until the other side ends the connection, and how it does.
    func readToEnd(within limit: Duration = limit) async -> (bytes: [UInt8], ending: Ending) {
        let deadline = Deadline(in: limit)
        while true {
            switch await receive(until: deadline) {
            case .bytes: continue
            case .ended: return (take(buffer.count), .closed)
            case .reset: return (take(buffer.count), .reset)
            case .nothing: return (take(buffer.count), .stillOpen)
            }
        }
    }

    private func take(_ count: Int) -> [UInt8] {
        let taken = Array(buffer.prefix(count))
        buffer.removeFirst(count)
        return taken
    }
}

extension Sequence<UInt8> {
    /// The bytes as text, for messages and comparisons.
    var text: String { String(decoding: Array(self), as: UTF8.self) }
}
