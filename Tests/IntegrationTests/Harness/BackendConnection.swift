import Foundation
import Synchronization

/// A connection that a `TestBackend` accepted, as its script sees it. Calls wait for at most ten
/// seconds and throw when the other side breaks the connection.
final class BackendConnection: Sendable {
    private let socket: Mutex<BareSocket?>
    private let bytes = Mutex<[UInt8]>([])
    /// How many of the received bytes the script has consumed.
    private let consumed = Mutex(0)

    init(_ socket: BareSocket) {
        var limit = timeval(tv_sec: 10, tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        setsockopt(socket.number, SOL_SOCKET, SO_RCVTIMEO, &limit, size)
        setsockopt(socket.number, SOL_SOCKET, SO_SNDTIMEO, &limit, size)
        self.socket = Mutex(socket)
    }

    private func open() throws -> BareSocket {
        guard let open = socket.withLock({ $0 }) else { throw Failure("closed already") }
        return open
    }

    /// Whether the script has ended, so that nothing more will come.
    var hasEnded: Bool { socket.withLock { $0 == nil } }

    /// Everything that came so far.
    var received: [UInt8] { bytes.withLock { $0 } }

    /// A request's head, its empty line included, and its body as it came; nil at the end.
    func readRequest() throws -> String? {
        guard let head = try readHead() else { return nil }
        let fields = head.lowercased().split(separator: "\r\n")
        if fields.contains("transfer-encoding: chunked") {
            return head + (try read(through: "0\r\n\r\n") ?? "")
        }
        let length = fields.first { $0.hasPrefix("content-length:") }
            .flatMap { Int($0.dropFirst(15).trimmingCharacters(in: .whitespaces)) }
        return head + (try read(length ?? 0))
    }

    /// The bytes through the next empty line; nil when the stream ends before the first of them.
    func readHead() throws -> String? { try read(through: "\r\n\r\n") }

    func read(_ count: Int) throws -> String {
        while unread.count < count {
            guard try receive() else { throw Failure("the stream ended early") }
        }
        return take(count)
    }

    /// The bytes through the next occurrence of `mark`; nil at the end of the stream.
    func read(through mark: String) throws -> String? {
        while true {
            if let end = unread.firstRange(of: mark.utf8)?.upperBound {
                return take(end - unread.startIndex)
            }
            guard try receive() else { return nil }
        }
    }

    /// Everything through the end of the stream.
    func readToEnd() throws -> String {
        while try receive() {}
        return take(unread.count)
    }

    private var unread: ArraySlice<UInt8> {
        let start = consumed.withLock { $0 }
        return bytes.withLock { $0[start...] }
    }

    private func take(_ count: Int) -> String {
        let taken = unread.prefix(count)
        consumed.withLock { $0 += count }
        return String(decoding: taken, as: UTF8.self)
    }

    private func receive() throws -> Bool {
        let socket = try open()
        var count = 0
        let part = [UInt8](unsafeUninitializedCapacity: 65_536) { buffer, initialized in
            count = recv(socket.number, buffer.baseAddress, buffer.count, 0)
            initialized = max(0, count)
        }
        guard count >= 0 else { throw Failure.system("recv") }
        bytes.withLock { $0 += part }
        return count > 0
    }

    func write(_ text: String) throws { try write(Array(text.utf8)) }

    func write(_ data: [UInt8]) throws {
        let socket = try open()
        var sent = 0
        while sent < data.count {
            let count = data.withUnsafeBytes {
                send(
                    socket.number, $0.baseAddress.map { $0 + sent }, data.count - sent,
                    CInt(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw Failure.system("send") }
            sent += count
        }
    }

    func finishWriting() throws { shutdown(try open().number, CInt(SHUT_WR)) }

    /// Ends both directions; what comes later is not read.
    func close() {
        // A call that waits on another thread ends with the shutdown and closes behind itself.
        let last = socket.withLock { socket in
            let last = socket
            socket = nil
            return last
        }
        if let last { shutdown(last.number, CInt(SHUT_RDWR)) }
    }

    /// Breaks the connection at once.
    func reset() throws {
        try open().resetOnClose()
        socket.withLock { $0 = nil }
    }
}
