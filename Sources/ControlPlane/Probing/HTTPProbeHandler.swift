import Health
import NIOCore
import NIOHTTP1

/// An HTTP/1.1 probe: one request on a fresh connection. The status decides, and, if a text is
/// expected, whether it is in the beginning of the body. No redirect is followed.
final class HTTPProbeHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    private let request: Probe.HTTPRequest
    private let authority: String
    private let outcome: ProbeOutcome
    private var body: [UInt8] = []
    private var search: ByteSearch

    private init(_ request: Probe.HTTPRequest, authority: String, outcome: ProbeOutcome) {
        self.request = request
        self.authority = authority
        self.outcome = outcome
        search = ByteSearch(for: Array((request.expectedBody ?? "").utf8))
    }

    /// Adds what the probe needs to the end of the channel's pipeline.
    ///
    /// - Parameter authority: the `Host` if the request has none.
    static func add(
        to channel: any Channel, request: Probe.HTTPRequest, authority: String,
        outcome: ProbeOutcome
    ) throws {
        var limits = NIOHTTPDecoderLimitConfiguration()
        limits.maxHeaderListSize = AnswerLimit.bytesMax
        try channel.pipeline.syncOperations.addHTTPClientHandlers(
            decoderLimitConfiguration: limits)
        try channel.pipeline.syncOperations.addHandler(
            HTTPProbeHandler(request, authority: authority, outcome: outcome))
    }

    func channelActive(context: ChannelHandlerContext) {
        let head = HTTPRequestHead(
            version: .http1_1, method: HTTPMethod(rawValue: request.method), uri: request.path,
            headers: headers)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        let outcome = outcome
        context.writeAndFlush(wrapOutboundOut(.end(nil))).whenFailure { outcome.fail($0) }
    }

    private var headers: HTTPHeaders {
        var headers = HTTPHeaders()
        for header in request.headers { headers.add(name: header.name, value: header.value) }
        let own = [
            ("Host", request.host ?? authority), ("User-Agent", "skein-check"), ("Accept", "*/*"),
        ]
        for (name, value) in own where !headers.contains(name: name) {
            headers.add(name: name, value: value)
        }
        headers.replaceOrAdd(name: "Connection", value: "close")
        if HTTPMethod(rawValue: request.method).mayHaveBody {
            headers.replaceOrAdd(name: "Content-Length", value: "0")
        }
        return headers
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): judge(UInt16(clamping: head.status.code))
        case .body(let bytes): judge(bytes)
        case .end: outcome.fail(ProbeFailure(.bodyMismatch))
        }
    }

    private func judge(_ status: UInt16) {
        if !request.successCodes.contains(status) {
            outcome.fail(ProbeFailure(.status(status)))
        } else if request.expectedBody?.isEmpty ?? true {
            outcome.succeed()
        }
    }

    private func judge(_ bytes: ByteBuffer) {
        body += bytes.readableBytesView.prefix(AnswerLimit.bytesMax - body.count)
        if search.isFound(in: body) {
            outcome.succeed()
        } else if body.count == AnswerLimit.bytesMax {
            outcome.fail(ProbeFailure(.bodyMismatch))
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        outcome.fail(error)
    }
}

extension HTTPMethod {
    /// Whether a request without a body says so (RFC 9110 section 8.6).
    fileprivate var mayHaveBody: Bool {
        switch self {
        case .POST, .PUT, .PATCH: true
        default: false
        }
    }
}
