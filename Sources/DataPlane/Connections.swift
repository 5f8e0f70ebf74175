import EventLoop
import HTTP1
import Linux
import Primitives

/// No record: the end of a list, or a link that is not there.
let none = UInt32.max

/// One side of a proxied stream: the socket, what it is ready for, and what waits to be written.
struct Stream: BitwiseCopyable {
    var descriptor: CInt
    /// Whether a read may succeed. Readiness is told once, so it is kept until a read finds less
    /// than it asked for.
    var isReadable = false
    /// Whether a write may succeed.
    var isWritable = false
    /// The peer has sent its last byte, though not all may have been read.
    var peerFinished = false
    /// The end of the stream was read.
    var readEnded = false
    /// Our own direction was shut down.
    var writesEnded = false
    /// Bytes that the socket did not take yet. While there are any, nothing more is read for it.
    var output: Buffer?
    /// The most to read in one go; grows while the other side takes all of it.
    var readSize = Stream.readSizeMin

    static let readSizeMin = 16 * 1024
    static let readSizeMax = 256 * 1024

    init(descriptor: CInt) { self.descriptor = descriptor }

    mutating func note(_ readiness: Readiness) {
        if readiness.contains(.readable) { isReadable = true }
        if readiness.contains(.writable) { isWritable = true }
        if readiness.contains(.peerFinished) {
            peerFinished = true
            isReadable = true
        }
        // What is wrong, or left to read, comes out at the next call on the socket.
        if readiness.contains(.failed) {
            isReadable = true
            isWritable = true
        }
    }
}

/// A connection that a client opened.
struct ClientConnection: BitwiseCopyable {
    enum Phase: UInt8 {
        /// Within the first message of a TLS connection that is passed through.
        case hello
        /// Between requests, or within a request's head.
        case reading
        /// A request is being served; `exchange` says how far.
        case exchanging
        /// The last answer is being written; then the connection closes.
        case finishing
        /// Our side is closed; what the client still sends is thrown away, so that it reads our
        /// last answer instead of a reset.
        case lingering
        /// A TCP listener's connection, relayed as it comes.
        case tunnel
    }

    var stream: Stream
    var phase: Phase
    /// Bytes read and not used yet: part of a head, or a request sent before its turn.
    var input: Buffer?
    var search = HeadSearch()
    var exchange = none
    var pool: UInt32
    /// The hash of its address, or of the server name that it asked for, for pools that choose by
    /// it.
    var addressHash: UInt64
    /// How many bytes must be there before a TLS hello is worth looking at again.
    var helloLength = 0
    var forwarding: Forwarding
    /// In nanoseconds, by the table that the connection began with.
    var clientTimeout: Int64
    var requestHeaderTimeout: Int64
    var idleTimeout: Int64
    /// Whether the request-header time-out runs already.
    var headBegan = false
    var lingeredBytes = 0
    /// Whether it waits for its turn in the worker's list of continuations.
    var isQueued = false
}

/// A connection to a backend.
struct ServerConnection: BitwiseCopyable {
    enum Phase: UInt8 {
        case connecting
        case exchanging
        /// Kept open in its backend's list, for the next request.
        case idle
        case tunnel
    }

    var stream: Stream
    var phase: Phase
    /// The backend's slot in the node memory.
    var backend: UInt32
    /// The part of an answer's head that has come so far.
    var input: Buffer?
    var search = HeadSearch()
    var exchange = none
    var nextIdle = none
    var previousIdle = none
    /// Whether an earlier request was served on it, so that the backend may be closing it.
    var isReused = false
}

/// One request and its answer, or one tunnel: what ties a client to a server for a while.
struct Exchange: BitwiseCopyable {
    /// Whose move it is: which time-out runs, and who is to blame when it ends.
    enum Awaiting: UInt8 {
        /// A backend with room for it.
        case room
        case connect
        case answer
        case clientBody
        case clientReading
        case serverBody
        case tunnel
    }

    var client: UInt32
    var server = none
    var pool: UInt32
    /// The backend in whose counters this exchange is open; `none` before one was chosen.
    var backend = none
    var awaiting = Awaiting.connect
    /// The hash of what the pool's algorithm goes by, if it goes by a hash.
    var hash: UInt64 = 0
    /// The backend that the client sticks to, by its cookie; `none` without one that is known.
    var sticksTo = none
    /// The backend that it is counted at while it waits for room, and its neighbours there.
    var waitsFor = none
    var nextWaiting = none
    var previousWaiting = none
    var attempts: UInt8 = 0
    var startedAt: Instant

    /// The head as the backend gets it, and the body bytes that came with it. Kept until the
    /// answer begins, so that it can be sent again.
    var request: Buffer?
    /// Whether sending the request twice would do no harm, and `request` holds all of it.
    var isReplayable = false
    var requestBody = BodySource.none
    /// Whether bytes that waited were written at the last look.
    var flushed = false
    /// The backend takes no more of the request; it may still have answered.
    var requestBroke = false
    var method = HTTPMethod.other
    var clientMinor: UInt8 = 1
    var clientKeepsAlive = true
    var clientExpectsContinue = false

    var interimAnswers: UInt8 = 0
    /// The head of the final answer was passed on.
    var answerBegan = false
    /// The backend sent more than its answer, so its connection cannot be trusted again.
    var answerOverran = false
    var answerBody = BodySource.none
    var answerEncoding = BodyEncoding.verbatim
    var serverKeepsAlive = false
    /// Whether the client was told that the connection stays open.
    var saidKeepAlive = true

    var requestEnded: Bool { requestBody.isEnded }
}

/// How much of a body is still to come, and how it is framed.
enum BodySource: BitwiseCopyable {
    case none
    case length(UInt64)
    case chunked(ChunkedDecoder)
    case untilClose

    init(_ framing: BodyFraming) {
        self =
            switch framing {
            case .none: .none
            case .length(let length): .length(length)
            case .chunked: .chunked(ChunkedDecoder())
            case .untilClose: .untilClose
            }
    }

    var isEnded: Bool {
        switch self {
        case .none: true
        case .length(let remaining): remaining == 0
        case .chunked, .untilClose: false
        }
    }
}

/// How body bytes are written to the receiving side.
enum BodyEncoding: UInt8, BitwiseCopyable {
    case verbatim
    case chunked
}
