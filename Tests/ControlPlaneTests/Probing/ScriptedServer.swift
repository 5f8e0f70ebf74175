import NIOCore
import NIOPosix
import Primitives
import Synchronization

/// How a server of a test behaves on each connection.
enum Script: Sendable {
    /// Reads and says nothing.
    case silent
    case closesAtOnce
    /// Says this when the connection opens, and goes on listening.
    case greets([UInt8])
    /// Says this to the first bytes that come, and closes if it is to.
    case answers([UInt8], thenCloses: Bool = false)
    /// Says this to the first bytes, and then one more byte each 20 ms for ever.
    case drips([UInt8])
    /// Says this to the first bytes, and then as much as it is let.
    case floods([UInt8])

    static func answers(_ text: String, thenCloses: Bool = false) -> Script {
        .answers(Array(text.utf8), thenCloses: thenCloses)
    }
    static func drips(_ text: String) -> Script { .drips(Array(text.utf8)) }
    static func floods(_ text: String) -> Script { .floods(Array(text.utf8)) }
}

/// A server that follows a script.
final class ScriptedServer: Sendable {
    let port: UInt16
    private let channel: any Channel
    private let book: Book

    /// What happened on all connections.
    fileprivate final class Book: Sendable {
        let received = Mutex<[UInt8]>([])
        let sent = Atomic<Int>(0)
        let open = Atomic<Int>(0)
    }

    /// - Parameter port: 0 for one that the kernel chooses.
    init(ip: IPAddress, port: UInt16 = 0, _ script: Script) async throws {
        let book = Book()
        self.book = book
        channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(ScriptHandler(script, book))
                }
            }
            .bind(host: ip.description, port: Int(port)).get()
        self.port = UInt16(channel.localAddress?.port ?? 0)
    }

    /// All that came.
    var received: String { String(decoding: book.received.withLock { $0 }, as: UTF8.self) }
    /// How many bytes the kernel took.
    var sent: Int { book.sent.load(ordering: .relaxed) }
    /// How many connections are open.
    var connections: Int { book.open.load(ordering: .relaxed) }

    func stop() async {
        try? await channel.close().get()
    }

    private final class ScriptHandler: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private let script: Script
        private let book: Book
        private var hasAnswered = false
        private static let block = ByteBuffer(repeating: UInt8(ascii: "x"), count: 64 * 1024)

        init(_ script: Script, _ book: Book) {
            self.script = script
            self.book = book
        }

        func channelActive(context: ChannelHandlerContext) {
            book.open.add(1, ordering: .relaxed)
            switch script {
            case .closesAtOnce: context.close(promise: nil)
            case .greets(let bytes): send(ByteBuffer(bytes: bytes), context)
            case .silent, .answers, .drips, .floods: break
            }
        }

        func channelInactive(context: ChannelHandlerContext) {
            book.open.subtract(1, ordering: .relaxed)
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let bytes = unwrapInboundIn(data).readableBytesView
            book.received.withLock { $0 += bytes.prefix(max(0, 64 * 1024 - $0.count)) }
            guard !hasAnswered else { return }
            hasAnswered = true
            switch script {
            case .answers(let bytes, let closes):
                send(ByteBuffer(bytes: bytes), context)
                if closes { context.close(promise: nil) }
            case .drips(let bytes):
                send(ByteBuffer(bytes: bytes), context)
                drip(NIOLoopBound(context, eventLoop: context.eventLoop))
            case .floods(let bytes):
                send(ByteBuffer(bytes: bytes), context)
                flood(NIOLoopBound(context, eventLoop: context.eventLoop))
            case .silent, .closesAtOnce, .greets: break
            }
        }

        private func send(_ bytes: ByteBuffer, _ context: ChannelHandlerContext) {
            context.writeAndFlush(wrapOutboundOut(bytes), promise: nil)
            book.sent.add(bytes.readableBytes, ordering: .relaxed)
        }

        private func drip(_ context: NIOLoopBound<ChannelHandlerContext>) {
            let bound = NIOLoopBound(self, eventLoop: context.value.eventLoop)
            context.value.eventLoop.scheduleTask(in: .milliseconds(20)) {
                guard context.value.channel.isActive else { return }
                bound.value.send(ByteBuffer(string: "x"), context.value)
                bound.value.drip(context)
            }
        }

        /// One block after another, as the kernel takes them.
        private func flood(_ context: NIOLoopBound<ChannelHandlerContext>) {
            let bound = NIOLoopBound(self, eventLoop: context.value.eventLoop)
            context.value.writeAndFlush(wrapOutboundOut(Self.block)).whenSuccess {
                bound.value.book.sent.add(Self.block.readableBytes, ordering: .relaxed)
                bound.value.flood(context)
            }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            context.close(promise: nil)
        }
    }
}
