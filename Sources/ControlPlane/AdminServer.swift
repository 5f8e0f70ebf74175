package import Foundation
import Gossip
import HTTPTypes
import Hummingbird
import Linux
import Logging
import NIOCore
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
        router.get("/v1/pools") { _, _ in try json(await control.status().pools) }
        router.post("/v1/keys/rotate") { _, _ in
            if let reason = await control.whyNotRotated() {
                return Response(status: .conflict, body: line(reason))
            }
            return Response(status: .ok, body: line("rotating"))
        }
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
