import Foundation
import Synchronization

/// A backend that answers with its name, notes every request, and can be made to misbehave; health
/// checks and the requests of clients apart from each other.
final class RecordingBackend: Sendable {
    /// How requests are treated from now on.
    enum Manner: Equatable, Sendable {
        /// With its name.
        case answers
        /// With a status that is no success.
        case fails(Int)
        /// With its name, after a while.
        case answersAfter(Duration)
        /// With its name, but not before `letGo()`, whatever the manner is then.
        case holds
        /// The connection is closed without an answer.
        case breaks
        /// One byte of an answer a tenth of a second.
        case drips
        /// An answer without an end.
        case floods
    }

    struct Request: Sendable {
        /// The request line and the fields, as they came.
        let head: String

        var target: Substring { head.split(separator: " ").dropFirst().first ?? "" }
        /// Skein's checks say who they are.
        var isCheck: Bool { values("user-agent") == ["skein-check"] }

        /// The values of all fields of that name.
        func values(_ name: String) -> [String] {
            head.split(separator: "\r\n").dropFirst()
                .filter { $0.lowercased().hasPrefix(name.lowercased() + ":") }
                .map { String($0.dropFirst(name.utf8.count + 1).drop { $0 == " " }) }
        }
    }

    private struct State {
        var traffic = Manner.answers
        var checks = Manner.answers
        var fields = ""
        var requests: [Request] = []
        /// How often those that were held have been let go.
        var releases = 0
        var inHand = 0
        var peak = 0
    }

    let name: String
    let endpoint: Endpoint
    private let state: SharedState
    private let backend: TestBackend

    /// The connections' threads outlive what they were started by.
    private final class SharedState: Sendable {
        let state = Mutex(State())
    }

    fileprivate init(stage: Stage, name: String, at endpoint: Endpoint?, _ traffic: Manner) throws {
        let shared = SharedState()
        shared.state.withLock { $0.traffic = traffic }
        state = shared
        self.name = name
        backend = try stage.startBackend(at: endpoint) { connection in
            while let head = try connection.readRequest() {
                try Self.treat(Request(head: head), on: connection, as: name, shared)
            }
        }
        self.endpoint = backend.endpoint
    }

    // MARK: What it is told

    /// How requests of clients are treated.
    var traffic: Manner {
        get { state.state.withLock { $0.traffic } }
        set { state.state.withLock { $0.traffic = newValue } }
    }

    /// How health checks are treated.
    var checks: Manner {
        get { state.state.withLock { $0.checks } }
        set { state.state.withLock { $0.checks = newValue } }
    }

    /// Fields of every answer to a client, each with its line end.
    var fields: String {
        get { state.state.withLock { $0.fields } }
        set { state.state.withLock { $0.fields = newValue } }
    }

    /// Answers all requests that it holds.
    func letGo() { state.state.withLock { $0.releases += 1 } }

    /// Refuses connections and breaks those that are open, for good.
    func stop() { backend.stop() }

    // MARK: What it saw

    /// All requests of clients, in the order they came.
    var requests: [Request] { all.filter { !$0.isCheck } }

    /// All health checks, in the order they came.
    var checkRequests: [Request] { all.filter(\.isCheck) }

    var requestCount: Int { requests.count }
    var checkCount: Int { checkRequests.count }

    /// The most requests of clients that it had in hand at a time.
    var peak: Int { state.state.withLock { $0.peak } }

    /// How many requests of clients it has in hand now.
    var inHand: Int { state.state.withLock { $0.inHand } }

    func forgetPeak() { state.state.withLock { $0.peak = $0.inHand } }

    private var all: [Request] { state.state.withLock { $0.requests } }

    // MARK: Answering

    private static func treat(
        _ request: Request, on connection: BackendConnection, as name: String, _ shared: SharedState
    ) throws {
        let isCheck = request.isCheck
        shared.state.withLock { state in
            state.requests.append(request)
            if !isCheck {
                state.inHand += 1
                state.peak = max(state.peak, state.inHand)
            }
        }
        let (manner, fields, releases) = shared.state.withLock { state in
            isCheck
                ? (state.checks, "", state.releases)
                : (state.traffic, state.fields, state.releases)
        }
        if case .answersAfter(let time) = manner { Thread.sleep(forTimeInterval: time.seconds) }
        if manner == .holds {
            while shared.state.withLock({ $0.releases == releases }), !connection.hasEnded {
                Thread.sleep(forTimeInterval: 0.005)
            }
        }
        // The answer lets the next request come before this thread goes on.
        if !isCheck { shared.state.withLock { $0.inHand -= 1 } }
        switch manner {
        case .answers, .answersAfter, .holds:
            try connection.write(Answer.ok(name, fields: fields))
        case .fails(let status):
            try connection.write("HTTP/1.1 \(status) No\r\n\(fields)Content-Length: 0\r\n\r\n")
        case .breaks: connection.close()
        case .drips: try drip(Answer.ok(name), connection)
        case .floods:
            try connection.write("HTTP/1.1 200 OK\r\nContent-Length: 100000000000\r\n\r\n")
            let part = [UInt8](repeating: UInt8(ascii: "x"), count: 65_536)
            while true { try connection.write(part) }
        }
    }

    private static func drip(_ answer: String, _ connection: BackendConnection) throws {
        for byte in answer.utf8 {
            try connection.write([byte])
            Thread.sleep(forTimeInterval: 0.1)
        }
    }
}

extension Duration {
    var seconds: Double {
        Double(components.seconds) + Double(components.attoseconds) / 1e18
    }
}

extension Stage {
    /// Starts a recording backend at an endpoint, or at a fresh one.
    func startRecorder(
        _ name: String, at endpoint: Endpoint? = nil, _ traffic: RecordingBackend.Manner = .answers
    ) throws -> RecordingBackend {
        try RecordingBackend(stage: self, name: name, at: endpoint, traffic)
    }

    /// Starts recording backends with these names.
    func startRecorders(_ names: String...) throws -> [RecordingBackend] {
        try names.map { try startRecorder($0) }
    }
}
