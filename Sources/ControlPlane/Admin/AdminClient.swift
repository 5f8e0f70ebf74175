import AsyncHTTPClient
package import Foundation
import Linux
import NIOCore
import NIOHTTP1

/// Asks a running node over its admin socket.
package struct AdminClient: Sendable {
    /// Why there is no answer, as one line for the person who asked.
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    private let socket: String

    /// The most bytes of an answer: the status of 16,384 backends with room to spare.
    private static let answerBytesMax = 64 << 20

    package init(socket: String) {
        self.socket = socket
    }

    /// The answer to GET `path`, as it came.
    package func get(_ path: String) async throws(Failure) -> Data {
        try await ask(.GET, path)
    }

    /// The answer to POST `path`, as it came.
    package func post(_ path: String) async throws(Failure) -> Data {
        try await ask(.POST, path)
    }

    /// Tells the cluster that a backend is there.
    package func register(
        _ address: String, in pool: String, _ request: BackendRequest
    ) async throws(Failure) {
        _ = try await ask(.PUT, Self.path(address, pool), Self.body(request))
    }

    /// Has the cluster use a backend in another way.
    package func change(
        _ address: String, in pool: String, _ request: BackendRequest
    ) async throws(Failure) {
        _ = try await ask(.PATCH, Self.path(address, pool), Self.body(request))
    }

    /// Tells the cluster that a backend is gone.
    package func remove(_ address: String, from pool: String) async throws(Failure) {
        _ = try await ask(.DELETE, Self.path(address, pool))
    }

    private static func path(_ address: String, _ pool: String) -> String {
        func escaped(_ text: String) -> String {
            text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? text
        }
        return "/v1/pools/\(escaped(pool))/backends/\(escaped(address))"
    }

    private static func body(_ request: BackendRequest) -> Data? {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToKebabCase
        return try? encoder.encode(request)
    }

    private func ask(
        _ method: HTTPMethod, _ path: String, _ body: Data? = nil
    ) async throws(Failure) -> Data {
        // Found out at once here; the HTTP client would try again until its time is over.
        if let errno = UnixSocket.failure(socket) {
            let advice =
                errno == .accessDenied
                ? "ask as the user of the node" : "is 'skein run' started? else name --admin SOCKET"
            throw Failure(
                description: "\(socket): no node answers there: \(errno.message); \(advice)")
        }
        do {
            return try await request(method, path, body)
        } catch let failure as Failure {
            throw failure
        } catch {
            throw Failure(description: "\(socket): no node answers there (\(reason(error)))")
        }
    }

    /// The answer to GET `path`, read as `type`.
    package func get<Document: Decodable>(
        _ path: String, as type: Document.Type
    ) async throws(Failure) -> Document {
        let data = try await get(path)
        do {
            let decoder = JSONDecoder()
            decoder.keyDecodingStrategy = .convertFromKebabCase
            return try decoder.decode(type, from: data)
        } catch {
            throw Failure(description: "\(socket): the answer to \(path) is of another version")
        }
    }

    private func request(
        _ method: HTTPMethod, _ path: String, _ body: Data?
    ) async throws -> Data {
        guard let url = URL(httpURLWithSocketPath: socket, uri: path) else {
            throw Failure(description: "\(socket): not a path of a socket")
        }
        var request = HTTPClientRequest(url: url.absoluteString)
        request.method = method
        request.headers.add(name: "Connection", value: "close")
        if let sent = body { request.body = .bytes(ByteBuffer(bytes: sent)) }
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(5))
        let answer = try await response.body.collect(upTo: Self.answerBytesMax)
        if [.conflict, .badRequest, .notFound].contains(response.status) {
            // The node says why it does not do it.
            let reason = String(buffer: answer).trimmingCharacters(in: .whitespacesAndNewlines)
            throw Failure(description: reason)
        }
        guard response.status == .ok else {
            throw Failure(description: "\(socket): \(path): \(response.status)")
        }
        return Data(answer.readableBytesView)
    }

    private func reason(_ error: any Error) -> String {
        if let error = error as? IOError { return String(cString: strerror(error.errnoCode)) }
        if let error = error as? HTTPClientError { return error.shortDescription }
        return "\(error)"
    }
}
