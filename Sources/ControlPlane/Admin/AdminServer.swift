package import Foundation
import Gossip
import HTTPTypes
import Hummingbird
import Linux
import Logging
import NIOCore
import Primitives
import ServiceLifecycle

/// The admin API: HTTP with JSON on the node's Unix socket.
struct AdminServer: Service {
    let path: String
    let control: Control
    let group: any EventLoopGroup
    let logger: Logger
    let onServing: @Sendable () -> Void

    func run() async throws {
        var quiet = logger
        quiet.logLevel = .error
        // The process creates files for its own user only, so the socket is private from the start:
        // whoever may open it may administer the node.
        let application = Application(
            router: router(),
            configuration: ApplicationConfiguration(
                address: .unixDomainSocket(path: path), serverName: nil),
            onServerRunning: { _ in onServing() },
            eventLoopGroupProvider: .shared(group), logger: quiet)
        do {
            try await application.run()
        } catch let error as IOError {
            let errno = Errno(rawValue: error.errnoCode)
            throw StartFailure("cannot serve the admin API on \(path): \(errno.message)")
        }
    }

    private func router() -> Router<BasicRequestContext> {
        let router = Router()
        let control = control
        router.get("/v1/status") { _, _ in try json(await control.status()) }
        router.get("/v1/nodes") { _, _ in try json(await control.status().nodes) }
        router.get("/v1/workers") { _, _ in try json(await control.workerDocuments) }
        router.get("/v1/pools") { _, _ in try json(await control.status().pools) }
        router.post("/v1/keys/rotate") { _, _ in
            if let reason = await control.whyNotRotated() {
                return Response(status: .conflict, body: line(reason))
            }
            return Response(status: .ok, body: line("rotating"))
        }
        addBackendRoutes(to: router)
        router.get("/metrics") { _, _ in
            let text = MetricsText(await control.status()).text
            return Response(
                status: .ok, headers: [.contentType: "text/plain; version=0.0.4"],
                body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
        }
        router.get("/alive") { _, _ in Response(status: .ok, body: line("alive")) }
        router.get("/ready") { _, _ in
            if let reason = await control.whyNotReady {
                return Response(status: .serviceUnavailable, body: line(reason))
            }
            let timedOut = await control.readiness == .timedOut
            return Response(
                status: .ok, body: line(timedOut ? "ready, without having synced" : "ready"))
        }
        return router
    }
}

extension AdminServer {
    /// Backends that come, change and go, in the whole cluster.
    private func addBackendRoutes(to router: Router<BasicRequestContext>) {
        let control = control
        let path: RouterPath = "/v1/pools/:pool/backends/:address"
        router.put(path) { request, context in
            try await backendAnswer(request, context) { key, body in
                try await control.register(key, BackendRequest.read(body))
            }
        }
        router.patch(path) { request, context in
            try await backendAnswer(request, context) { key, body in
                try await control.change(key, BackendRequest.read(body))
            }
        }
        router.delete(path) { request, context in
            try await backendAnswer(request, context) { key, _ in try await control.remove(key) }
        }
    }
}

/// Carries out a request about a backend, and says how that ended.
private func backendAnswer(
    _ request: Request, _ context: BasicRequestContext,
    _ body: (BackendKey, [UInt8]) async throws -> Void
) async throws -> Response {
    guard let pool = context.parameters.get("pool")?.removingPercentEncoding,
        let text = context.parameters.get("address")?.removingPercentEncoding,
        let address = SocketAddress(text), address.port > 0
    else {
        return Response(
            status: .badRequest,
            body: line("a backend is named by its address and port, such as 192.0.2.1:80"))
    }
    do {
        let bytes = try await request.body.collect(upTo: BackendRequest.bytesMax)
        try await body(BackendKey(pool: pool, address: address), Array(bytes.readableBytesView))
        return Response(status: .ok, body: line("done"))
    } catch let error as InvalidBackendRequest {
        return Response(status: .badRequest, body: line(error.reason))
    } catch let error as Control.BackendRefusal {
        return Response(
            status: error.kind == .unknown ? .notFound : .conflict, body: line(error.reason))
    } catch is NIOTooManyBytesError {
        return Response(
            status: .contentTooLarge,
            body: line("the body has more than \(BackendRequest.bytesMax) bytes"))
    }
}

private func line(_ text: String) -> ResponseBody {
    ResponseBody(byteBuffer: ByteBuffer(string: text + "\n"))
}

private func json(_ document: some Encodable) throws -> Response {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.keyEncodingStrategy = .convertToKebabCase
    let data = try encoder.encode(document)
    return Response(
        status: .ok, headers: [.contentType: "application/json"],
        body: ResponseBody(byteBuffer: ByteBuffer(bytes: data + Data("\n".utf8))))
}

extension JSONEncoder.KeyEncodingStrategy {
    /// `clusterConnections` becomes `cluster-connections`, as keys of the configuration are spelt.
    static var convertToKebabCase: Self {
        .custom { path in KebabKey(stringValue: path.last?.stringValue.kebabCased ?? "") }
    }
}

extension JSONDecoder.KeyDecodingStrategy {
    /// The inverse of what the admin API does to keys.
    package static var convertFromKebabCase: Self {
        .custom { path in KebabKey(stringValue: path.last?.stringValue.camelCased ?? "") }
    }
}

private struct KebabKey: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
}

extension String {
    var kebabCased: String {
        reduce(into: "") { result, character in
            if character.isUppercase { result += "-" }
            result += character.lowercased()
        }
    }

    fileprivate var camelCased: String {
        let words = split(separator: "-")
        return words.dropFirst().reduce(String(words.first ?? "")) { $0 + $1.capitalized }
    }
}
