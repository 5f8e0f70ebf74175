import DNSCodec
import NIOCore
import NIOPosix
import Primitives
import Synchronization
import Testing

/// A name server that answers as its test wants, however wrong, over UDP and TCP on one port.
final class FakeNameServer: Sendable {
    enum Transport: Hashable, Sendable {
        case datagram
        case stream
    }

    /// A question as it came.
    struct Asked: Sendable {
        let query: Message
        let transport: Transport
        let port: Int
        let time: ContinuousClock.Instant

        var question: Question { query.questions[0] }
        var name: String { question.name.description }
    }

    /// What the server does with a question.
    struct Reaction: Sendable {
        /// Datagrams, or what goes into the stream one after the other, as they are.
        var bytes: [[UInt8]] = []
        /// Datagrams to the asker from another address.
        var strays: [[UInt8]] = []
        /// Whether the stream ends after that.
        var closes = false

        static let silence = Reaction()

        static func answer(_ message: Message) -> Reaction { Reaction(bytes: [message.encoded()]) }

        /// An answer in a stream, behind its length.
        static func framed(_ message: Message) -> Reaction {
            let bytes = message.encoded()
            return Reaction(
                bytes: [[UInt8(bytes.count >> 8), UInt8(bytes.count & 0xFF)] + bytes])
        }
    }

    let address: Primitives.SocketAddress
    private let channels: [any Channel]
    private let log: Mutex<[Asked]>

    /// Every question that came.
    var asked: [Asked] { log.withLock { $0 } }

    private init(
        address: Primitives.SocketAddress, channels: [any Channel], log: consuming Mutex<[Asked]>
    ) {
        self.address = address
        self.channels = channels
        self.log = log
    }

    /// Runs a server while `body` does. `react` may be called on any thread.
    static func serving<Result>(
        _ react: @escaping @Sendable (Asked) -> Reaction,
        _ body: (FakeNameServer) async throws -> Result
    ) async throws -> Result {
        let server = try await start(react)
        let outcome: Swift.Result<Result, any Error>
        do {
            outcome = .success(try await body(server))
        } catch {
            outcome = .failure(error)
        }
        await server.stop()
        return try outcome.get()
    }

    private static func start(
        _ react: @escaping @Sendable (Asked) -> Reaction
    ) async throws -> FakeNameServer {
        let group = MultiThreadedEventLoopGroup.singleton
        let host = LoopbackHost.fresh()
        let server = ServerBox()
        let answer: @Sendable ([UInt8], Transport, Int?) -> Reaction = { bytes, transport, port in
            guard let query = try? Message(decoding: bytes.span), query.questions.count == 1 else {
                Issue.record("not a query: \(bytes)")
                return .silence
            }
            let asked = Asked(
                query: query, transport: transport, port: port ?? 0, time: .now)
            server.value?.log.withLock { $0.append(asked) }
            return react(asked)
        }
        let stray = try await DatagramBootstrap(group: group)
            .bind(host: LoopbackHost.fresh(), port: 0).get()
        let datagrams = try await DatagramBootstrap(group: group)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        DatagramHandler(stray: stray, answer: answer))
                }
            }
            .bind(host: host, port: 0).get()
        let port = datagrams.localAddress?.port ?? 0
        let streams = try await ServerBootstrap(group: group)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(StreamHandler(answer: answer))
                }
            }
            .bind(host: host, port: port).get()
        guard let address = Primitives.SocketAddress("\(host):\(port)") else {
            throw Failure("no address: \(host):\(port)")
        }
        let started = FakeNameServer(
            address: address, channels: [stray, datagrams, streams], log: Mutex([]))
        server.value = started
        return started
    }

    private func stop() async {
        for channel in channels { try? await channel.close().get() }
    }

    /// The server, for handlers that are there before it is.
    private final class ServerBox: Sendable {
        private let server = Mutex<FakeNameServer?>(nil)

        var value: FakeNameServer? {
            get { server.withLock { $0 } }
            set { server.withLock { $0 = newValue } }
        }
    }

    private final class DatagramHandler: ChannelInboundHandler {
        typealias InboundIn = AddressedEnvelope<ByteBuffer>
        typealias OutboundOut = AddressedEnvelope<ByteBuffer>

        private let stray: any Channel
        private let answer: @Sendable ([UInt8], Transport, Int?) -> Reaction

        init(
            stray: any Channel, answer: @escaping @Sendable ([UInt8], Transport, Int?) -> Reaction
        ) {
            self.stray = stray
            self.answer = answer
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let envelope = unwrapInboundIn(data)
            let asker = envelope.remoteAddress
            let reaction = answer(
                Array(envelope.data.readableBytesView), .datagram, asker.port)
            for bytes in reaction.strays {
                stray.writeAndFlush(
                    AddressedEnvelope(remoteAddress: asker, data: ByteBuffer(bytes: bytes)),
                    promise: nil)
            }
            for bytes in reaction.bytes {
                context.writeAndFlush(
                    wrapOutboundOut(
                        AddressedEnvelope(remoteAddress: asker, data: ByteBuffer(bytes: bytes))),
                    promise: nil)
            }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            // The asker did not wait for the answer.
        }
    }

    private final class StreamHandler: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private var received = ByteBuffer()
        private let answer: @Sendable ([UInt8], Transport, Int?) -> Reaction

        init(answer: @escaping @Sendable ([UInt8], Transport, Int?) -> Reaction) {
            self.answer = answer
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            received.writeImmutableBuffer(unwrapInboundIn(data))
            guard let slice = received.readLengthPrefixedSlice(as: UInt16.self) else { return }
            let reaction = answer(
                Array(slice.readableBytesView), .stream, context.channel.remoteAddress?.port)
            for bytes in reaction.bytes {
                context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: bytes)), promise: nil)
            }
            if reaction.closes { context.close(promise: nil) }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            context.close(promise: nil)
        }
    }
}
