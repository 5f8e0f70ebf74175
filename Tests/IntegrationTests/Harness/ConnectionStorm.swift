import Foundation
import Synchronization

/// Clients that open one connection after the other, each for one request, and note how it went.
final class ConnectionStorm: Sendable {
    enum Outcome: Equatable, Sendable {
        case served
        /// No connection came about.
        case refused(String)
        /// The connection ended before its answer was whole.
        case broken(String)
        case answered(String)
    }

    struct Attempt: Sendable {
        let start: ContinuousClock.Instant
        let end: ContinuousClock.Instant
        let outcome: Outcome
    }

    private let endpoint: Endpoint
    private let attempts = Mutex<[Attempt]>([])
    private let isStopped = Mutex(false)
    private let running: Mutex<Int>

    /// - Parameter clients: how many there are, each with one connection at a time.
    init(on endpoint: Endpoint, clients: Int) {
        self.endpoint = endpoint
        running = Mutex(clients)
        for _ in 0..<clients {
            Thread.detachNewThread { [self] in
                while !isStopped.withLock({ $0 }) {
                    let attempt = attempt()
                    attempts.withLock { $0.append(attempt) }
                }
                running.withLock { $0 -= 1 }
            }
        }
    }

    var servedCount: Int { attempts.withLock { $0.count { $0.outcome == .served } } }

    /// Waits until that many more requests were served.
    func serves(_ count: Int) async throws {
        let before = servedCount
        try await until("\(count) more requests are served") {
            servedCount >= before + count
        }
    }

    /// Ends the storm and returns every attempt.
    func stop() async throws -> [Attempt] {
        isStopped.withLock { $0 = true }
        try await until("the last request ends") { running.withLock { $0 } == 0 }
        return attempts.withLock { $0 }
    }

    private func attempt() -> Attempt {
        let start = ContinuousClock.now
        let outcome: Outcome
        do {
            outcome = try request()
        } catch {
            outcome = .refused("\(error)")
        }
        return Attempt(start: start, end: ContinuousClock.now, outcome: outcome)
    }

    private func request() throws -> Outcome {
        let socket = try BareSocket(.stream)
        var limit = timeval(tv_sec: 5, tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        setsockopt(socket.number, SOL_SOCKET, SO_RCVTIMEO, &limit, size)
        setsockopt(socket.number, SOL_SOCKET, SO_SNDTIMEO, &limit, size)
        guard endpoint.withAddress({ connect(socket.number, $0, $1) }) == 0 else {
            throw Failure.system("connect")
        }
        let request = Array("GET /name HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".utf8)
        guard send(socket.number, request, request.count, CInt(MSG_NOSIGNAL)) == request.count
        else { return .broken("\(Failure.system("send"))") }
        var answer: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = recv(socket.number, &buffer, buffer.count, 0)
            guard count >= 0 else { return .broken("\(Failure.system("recv"))") }
            if count == 0 { break }
            answer += buffer[..<count]
        }
        if answer.isEmpty { return .broken("no answer") }
        return answer.starts(with: Array("HTTP/1.1 200 ".utf8))
            ? .served : .answered(answer.prefix(100).text)
    }
}

extension [ConnectionStorm.Attempt] {
    /// Those that went wrong although nothing that ended in one of the spans excuses it.
    func inexcusable(
        except spans: [(start: ContinuousClock.Instant, end: ContinuousClock.Instant)]
    ) -> [ConnectionStorm.Attempt] {
        filter { attempt in
            switch attempt.outcome {
            case .served: false
            case .refused, .answered: true
            case .broken: !spans.contains { attempt.start <= $0.end && attempt.end >= $0.start }
            }
        }
    }
}
