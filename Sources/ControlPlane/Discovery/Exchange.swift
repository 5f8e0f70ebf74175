import DNSCodec
import Linux
import NIOCore
import NIOPosix
import Primitives

/// Asks one name server one thing, over a socket of its own: so the kernel chooses a fresh random
/// port for each question, and passes on what comes from that server only (RFC 5452 section 9.2).
struct Exchange: Sendable {
    enum Transport: Sendable {
        case datagram
        case stream
    }

    /// How an exchange ends that did not fail.
    enum Reply: Sendable {
        case answer(Message)
        /// Ask again over a stream.
        case truncated
    }

    let group: any EventLoopGroup

    /// - Throws: `ServerFault`, or `CancellationError` when the task was cancelled.
    func ask(
        _ query: Message, at server: Primitives.SocketAddress, over transport: Transport,
        timeout: Duration
    ) async throws -> Reply {
        let address = try NIOCore.SocketAddress(
            ipAddress: server.ip.description, port: Int(server.port))
        let loop = group.next()
        let promise = loop.makePromise(of: Reply.self)
        // The first to complete the promise decides; whatever comes later is of no consequence.
        let alarm = loop.scheduleTask(in: TimeAmount(timeout)) {
            promise.fail(ServerFault.silent(timeout))
        }
        promise.futureResult.whenComplete { _ in alarm.cancel() }
        connect(loop, to: address, over: transport) { channel in
            promise.futureResult.whenComplete { _ in channel.close(promise: nil) }
            return channel.eventLoop.makeCompletedFuture {
                let pipeline = channel.pipeline.syncOperations
                switch transport {
                case .datagram: try pipeline.addHandler(DatagramAnswers(query, promise))
                case .stream: try pipeline.addHandler(StreamAnswer(query, promise))
                }
            }
        }.whenFailure { promise.fail(ServerFault($0)) }
        return try await withTaskCancellationHandler {
            try await promise.futureResult.get()
        } onCancel: {
            promise.fail(CancellationError())
        }
    }

    private func connect(
        _ loop: any EventLoop, to address: NIOCore.SocketAddress, over transport: Transport,
        initializer: @escaping @Sendable (any Channel) -> EventLoopFuture<Void>
    ) -> EventLoopFuture<any Channel> {
        switch transport {
        case .datagram:
            DatagramBootstrap(group: loop)
                .channelOption(
                    .recvAllocator,
                    value: FixedSizeRecvByteBufferAllocator(capacity: DatagramAnswers.bytesMax)
                )
                .channelInitializer(initializer).connect(to: address)
        case .stream:
            ClientBootstrap(group: loop).channelInitializer(initializer).connect(to: address)
        }
    }
}

extension ServerFault {
    /// What an error of the network library means.
    init(_ error: any Error) {
        switch error {
        case let fault as ServerFault: self = fault
        case let error as NIOConnectionError where !error.connectionErrors.isEmpty:
            self.init(error.connectionErrors[0].error)
        case let error as IOError: self = .unreachable(Errno(rawValue: error.errnoCode).message)
        default: self = .unreachable("\(error)")
        }
    }
}

/// Sends a query in a datagram and waits for its answer, past all that is none.
private final class DatagramAnswers: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>
    typealias OutboundOut = ByteBuffer

    /// More than we say that we can take; what is longer still is cut here and then malformed.
    static let bytesMax = 4_096
    /// Datagrams that are no answer and yet from the server's address: a few are late or a
    /// mistake, many are an attempt to guess the id.
    private static let foreignMax = 100

    private let query: Message
    private let promise: EventLoopPromise<Exchange.Reply>
    private var foreignCount = 0

    init(_ query: Message, _ promise: EventLoopPromise<Exchange.Reply>) {
        self.query = query
        self.promise = promise
    }

    func channelActive(context: ChannelHandlerContext) {
        let bytes = ByteBuffer(bytes: query.encoded(limit: Message.plainBytesMax))
        context.writeAndFlush(wrapOutboundOut(bytes), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = Array(unwrapInboundIn(data).data.readableBytesView)
        switch AnswerFilter(bytes, for: query) {
        case .foreign:
            foreignCount += 1
            if foreignCount >= Self.foreignMax { promise.fail(ServerFault.flooded) }
        case .truncated: promise.succeed(.truncated)
        case .malformed(let error): promise.fail(ServerFault.malformed(error))
        case .answer(let message): promise.succeed(.answer(message))
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // As a rule that nobody listens there: the kernel learned it from an ICMP message.
        promise.fail(ServerFault(error))
    }

    func channelInactive(context: ChannelHandlerContext) {
        promise.fail(ServerFault.closed)
    }
}

/// Sends a query over a stream and reads one answer, each behind its length (RFC 7766 section 8).
private final class StreamAnswer: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let query: Message
    private let promise: EventLoopPromise<Exchange.Reply>
    /// At most one message and one read.
    private var received = ByteBuffer()

    init(_ query: Message, _ promise: EventLoopPromise<Exchange.Reply>) {
        self.query = query
        self.promise = promise
    }

    func channelActive(context: ChannelHandlerContext) {
        let bytes = query.encoded()
        var buffer = ByteBuffer()
        buffer.writeInteger(UInt16(bytes.count))
        buffer.writeBytes(bytes)
        context.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        received.writeImmutableBuffer(unwrapInboundIn(data))
        guard let length = received.getInteger(at: received.readerIndex, as: UInt16.self),
            let bytes = received.getBytes(at: received.readerIndex + 2, length: Int(length))
        else { return }
        switch AnswerFilter(bytes, for: query) {
        case .foreign: promise.fail(ServerFault.malformed(nil))
        case .truncated: promise.fail(ServerFault.malformed(.truncated))
        case .malformed(let error): promise.fail(ServerFault.malformed(error))
        case .answer(let message): promise.succeed(.answer(message))
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        promise.fail(ServerFault(error))
    }

    func channelInactive(context: ChannelHandlerContext) {
        promise.fail(ServerFault.closed)
    }
}
