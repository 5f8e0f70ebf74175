/// Why an exchange ends without its backend's answer, and what the client is told instead.
enum Failure {
    case noBackend
    case queueFull
    case noRoomInTime
    case connectFailed
    case connectTimedOut
    case serverFailed
    case answerMalformed
    case answerTimedOut
    case clientTimedOut

    var status: Int {
        switch self {
        case .noBackend, .queueFull, .noRoomInTime: 503
        case .connectFailed, .serverFailed, .answerMalformed: 502
        case .connectTimedOut, .answerTimedOut: 504
        case .clientTimedOut: 408
        }
    }

    /// One sentence for the body of the answer.
    var text: StaticString {
        switch self {
        case .noBackend: "no backend is up"
        case .queueFull: "every backend is at its most connections, and too many requests wait"
        case .noRoomInTime: "every backend stayed at its most connections for too long"
        case .connectFailed: "the backend could not be connected to"
        case .connectTimedOut: "connecting to the backend took too long"
        case .serverFailed: "the backend closed the connection without an answer"
        case .answerMalformed: "the backend's answer is malformed"
        case .answerTimedOut: "the backend took too long to answer"
        case .clientTimedOut: "the request took too long to arrive"
        }
    }
}
