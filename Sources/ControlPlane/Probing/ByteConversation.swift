import Health
import NIOCore

/// What a protocol of plain bytes says to a server, and how it judges the answer.
protocol ByteConversation: Sendable {
    /// What is sent as soon as the connection is open.
    var opening: [UInt8] { get }
    /// Whether it is a success that the opening was sent, whatever the answer.
    var isContentWithoutAnswer: Bool { get }

    /// Judges all that the server has sent so far; nil to wait for more.
    ///
    /// - Parameters:
    ///   - answer: at most `AnswerLimit.bytesMax` bytes.
    ///   - isWhole: no more will come, or no more is read.
    mutating func judge(_ answer: [UInt8], isWhole: Bool) -> Judgement?
}

/// What an answer says about the server.
enum Judgement: Hashable {
    /// All is well; the bytes are sent before the connection is closed.
    case success(farewell: [UInt8] = [])
    case failure(FailureReason)
}

/// Holds a conversation on a connection.
final class ConversationHandler<Conversation: ByteConversation>: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private var conversation: Conversation
    private let outcome: ProbeOutcome
    private var answer: [UInt8] = []

    init(_ conversation: Conversation, outcome: ProbeOutcome) {
        self.conversation = conversation
        self.outcome = outcome
    }

    func channelActive(context: ChannelHandlerContext) {
        guard !conversation.opening.isEmpty else {
            if conversation.isContentWithoutAnswer { outcome.succeed() }
            return
        }
        let sent = context.writeAndFlush(
            wrapOutboundOut(ByteBuffer(bytes: conversation.opening)))
        let outcome = outcome
        sent.whenFailure { outcome.fail($0) }
        if conversation.isContentWithoutAnswer { sent.whenSuccess { outcome.succeed() } }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let room = AnswerLimit.bytesMax - answer.count
        answer += unwrapInboundIn(data).readableBytesView.prefix(room)
        let isFull = answer.count == AnswerLimit.bytesMax
        settle(context, conversation.judge(answer, isWhole: isFull))
    }

    func channelInactive(context: ChannelHandlerContext) {
        if !answer.isEmpty { settle(context, conversation.judge(answer, isWhole: true)) }
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        outcome.fail(error)
    }

    private func settle(_ context: ChannelHandlerContext, _ judgement: Judgement?) {
        switch judgement {
        case .success(let farewell):
            if !farewell.isEmpty {
                context.writeAndFlush(
                    wrapOutboundOut(ByteBuffer(bytes: farewell)), promise: nil)
            }
            outcome.succeed()
        case .failure(let reason): outcome.fail(ProbeFailure(reason))
        case nil: break
        }
    }
}
