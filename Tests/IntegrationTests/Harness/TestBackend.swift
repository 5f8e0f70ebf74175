import Foundation
import Synchronization

/// A server on a loopback address that plays a script on every connection, each on a thread of its
/// own, and keeps every byte that it received.
final class TestBackend: Sendable {
    typealias Script = @Sendable (BackendConnection) throws -> Void

    let endpoint: Endpoint
    private let listener: BareSocket
    private let accepted = Mutex<[BackendConnection]>([])
    private let isStopped = Mutex(false)

    fileprivate init(at wanted: Endpoint, script: @escaping Script) throws {
        let listener = try BareSocket(.stream)
        try listener.bind(to: wanted)
        guard listen(listener.number, 512) == 0 else { throw Failure.system("listen") }
        self.listener = listener
        endpoint = try listener.localEndpoint()
        Thread.detachNewThread { [self] in serve(script) }
    }

    private func serve(_ script: @escaping Script) {
        while let socket = listener.accept() {
            let connection = BackendConnection(socket)
            let isWanted = isStopped.withLock { stopped in
                if !stopped { accepted.withLock { $0.append(connection) } }
                return !stopped
            }
            guard isWanted else { return }
            Thread.detachNewThread {
                // A connection that the other side broke ends its script, and nothing else.
                try? script(connection)
                connection.close()
            }
        }
    }

    /// Every connection that came, in order, those that ended included.
    var connections: [BackendConnection] { accepted.withLock { $0 } }

    /// What all connections received together.
    var received: String {
        connections.map { String(decoding: $0.received, as: UTF8.self) }.joined()
    }

    /// Refuses new connections and breaks those that are open.
    func stop() {
        isStopped.withLock { $0 = true }
        shutdown(listener.number, CInt(SHUT_RDWR))
        for connection in connections { connection.close() }
    }
}

extension Stage {
    /// Starts a backend at an endpoint, or at a fresh one.
    func startBackend(
        at endpoint: Endpoint? = nil, _ script: @escaping TestBackend.Script
    ) throws -> TestBackend {
        let wanted = endpoint ?? Endpoint(host: Endpoint.freshHost(), port: 0)
        let backend = try TestBackend(at: wanted, script: script)
        atEnd { backend.stop() }
        return backend
    }

    /// Starts a backend that gives every request the same answer, and keeps connections.
    func startBackend(
        at endpoint: Endpoint? = nil, answering answer: String
    ) throws -> TestBackend {
        try startBackend(at: endpoint) { connection in
            while try connection.readRequest() != nil { try connection.write(answer) }
        }
    }

    /// Starts a backend that answers every request with `text`.
    func startBackend(at endpoint: Endpoint? = nil, saying text: String) throws -> TestBackend {
        try startBackend(at: endpoint, answering: Answer.ok(text))
    }
}

/// Answers as a backend writes them.
enum Answer {
    /// - Parameter fields: further fields, each with its line end.
    static func ok(_ body: String, fields: String = "") -> String {
        "HTTP/1.1 200 OK\r\n\(fields)Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }
}
