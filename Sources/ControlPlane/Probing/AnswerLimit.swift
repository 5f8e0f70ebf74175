import Health
import NIOCore

/// The handler next to the socket of a probe: closes the connection as soon as the outcome is known,
/// and sees to it that an answer has an end.
final class AnswerLimit: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    /// How much of an answer is looked at.
    static let bytesMax = 64 * 1024

    /// How many bytes may come over the wire: besides what is looked at, a handshake, heads, and
    /// the framing of both. Only a hostile server sends more.
    private static let wireBytesMax = 4 * bytesMax

    private let outcome: ProbeOutcome
    private var received = 0

    init(_ outcome: ProbeOutcome) {
        self.outcome = outcome
    }

    func handlerAdded(context: ChannelHandlerContext) {
        // Closing from here goes past the TLS handler, which would wait for the peer's good-bye.
        let here = NIOLoopBound(context, eventLoop: context.eventLoop)
        outcome.futureResult.hop(to: context.eventLoop).whenComplete { _ in
            here.value.close(promise: nil)
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        received += unwrapInboundIn(data).readableBytes
        guard received <= Self.wireBytesMax else {
            return outcome.fail(ProbeFailure(.other("the answer is too long")))
        }
        context.fireChannelRead(data)
    }

    func channelInactive(context: ChannelHandlerContext) {
        // Handlers that can make something of the end of an answer come first.
        context.fireChannelInactive()
        outcome.fail(ProbeFailure(.reset))
    }
}
