import Health
import NIOCore
import NIOHPACK
import NIOHTTP2

/// A gRPC probe: `grpc.health.v1.Health/Check` over HTTP/2, as the gRPC project describes it in
/// "GRPC Health Checking Protocol" and "gRPC over HTTP2".
enum GRPCProbe {
    /// Adds what the probe needs to the end of the channel's pipeline.
    ///
    /// - Parameter authority: the `:authority` if the request has none.
    static func add(
        to channel: any Channel, request: Probe.GRPCRequest, authority: String,
        outcome: ProbeOutcome
    ) throws {
        let multiplexer = try channel.pipeline.syncOperations.configureHTTP2Pipeline(
            mode: .client, connectionConfiguration: .init(), streamConfiguration: .init()
        ) { pushed in
            // Pushes were not asked for.
            pushed.close()
        }
        try channel.pipeline.syncOperations.addHandler(
            CallOpening(multiplexer, outcome: outcome) { stream in
                try stream.pipeline.syncOperations.addHandler(
                    HealthCall(request, authority: authority, outcome: outcome))
            })
    }
}

/// Opens the stream of the call when the connection is there.
private final class CallOpening: ChannelInboundHandler {
    typealias InboundIn = HTTP2Frame

    private let multiplexer: NIOHTTP2Handler.StreamMultiplexer
    private let outcome: ProbeOutcome
    private let setUp: @Sendable (any Channel) throws -> Void

    init(
        _ multiplexer: NIOHTTP2Handler.StreamMultiplexer, outcome: ProbeOutcome,
        setUp: @escaping @Sendable (any Channel) throws -> Void
    ) {
        self.multiplexer = multiplexer
        self.outcome = outcome
        self.setUp = setUp
    }

    func channelActive(context: ChannelHandlerContext) {
        let opened = context.eventLoop.makePromise(of: (any Channel).self)
        let (outcome, setUp) = (outcome, setUp)
        opened.futureResult.whenFailure { outcome.fail($0) }
        multiplexer.createStreamChannel(promise: opened) { stream in
            stream.eventLoop.makeCompletedFuture { try setUp(stream) }
        }
        context.fireChannelActive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        outcome.fail(error)
    }
}

/// The call itself, on its stream.
private final class HealthCall: ChannelInboundHandler {
    typealias InboundIn = HTTP2Frame.FramePayload
    typealias OutboundOut = HTTP2Frame.FramePayload

    private let request: Probe.GRPCRequest
    private let authority: String
    private let outcome: ProbeOutcome
    private var message: [UInt8] = []
    private var status: UInt8?
    private var isAnswered = false

    init(_ request: Probe.GRPCRequest, authority: String, outcome: ProbeOutcome) {
        self.request = request
        self.authority = authority
        self.outcome = outcome
    }

    func channelActive(context: ChannelHandlerContext) {
        let headers: HPACKHeaders = [
            ":method": "POST", ":scheme": request.tls == nil ? "http" : "https",
            ":path": "/grpc.health.v1.Health/Check", ":authority": request.host ?? authority,
            "content-type": "application/grpc", "te": "trailers", "user-agent": "skein-check",
        ]
        context.write(
            wrapOutboundOut(.headers(HTTP2Frame.FramePayload.Headers(headers: headers))),
            promise: nil)
        let body = ByteBuffer(bytes: HealthMessages.request(service: request.service))
        let data = HTTP2Frame.FramePayload.Data(data: .byteBuffer(body), endStream: true)
        let outcome = outcome
        context.writeAndFlush(wrapOutboundOut(.data(data))).whenFailure { outcome.fail($0) }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .headers(let headers): take(headers.headers, isEnd: headers.endStream)
        case .data(let data): take(data)
        case .rstStream: outcome.fail(ProbeFailure(.reset))
        default: break
        }
    }

    private func take(_ headers: HPACKHeaders, isEnd: Bool) {
        if !isAnswered, let code = headers.first(name: ":status").flatMap(UInt16.init) {
            // An informational answer is followed by the real one.
            guard code >= 200 else { return }
            guard code == 200 else { return outcome.fail(ProbeFailure(.status(code))) }
            isAnswered = true
        }
        if let text = headers.first(name: "grpc-status") { status = UInt8(text) ?? 2 }
        if isEnd { judge() }
    }

    private func take(_ data: HTTP2Frame.FramePayload.Data) {
        if case .byteBuffer(let bytes) = data.data {
            let room = HealthMessages.responseBytesMax - message.count
            guard bytes.readableBytes <= room else {
                return outcome.fail(ProbeFailure(.malformed))
            }
            message += bytes.readableBytesView
        }
        if data.endStream { judge() }
    }

    /// The call has ended.
    private func judge() {
        guard let status else { return outcome.fail(ProbeFailure(.malformed)) }
        guard status == 0 else { return outcome.fail(ProbeFailure(.grpcStatus(status))) }
        switch HealthMessages.servingStatus(in: message) {
        case .serving: outcome.succeed()
        case let other?: outcome.fail(ProbeFailure(.notServing(other)))
        case nil: outcome.fail(ProbeFailure(.malformed))
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        outcome.fail(ProbeFailure(.reset))
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        outcome.fail(error)
    }
}
