package import ConfigurationFile
import Foundation
import Wire

/// The body of a request that registers or changes a backend. What is left out stays as it was.
package struct BackendRequest: Codable, Hashable, Sendable {
    package var weight: Int?
    package var state: Configuration.Backend.State?
    package var backup: Bool?
    package var maxConnections: Int?
    /// A time-to-live in seconds: without another request within it, the backend is gone.
    package var ttl: Int?

    package init(
        weight: Int? = nil, state: Configuration.Backend.State? = nil, backup: Bool? = nil,
        maxConnections: Int? = nil, ttl: Int? = nil
    ) {
        self.weight = weight
        self.state = state
        self.backup = backup
        self.maxConnections = maxConnections
        self.ttl = ttl
    }

    /// The longest body.
    static let bytesMax = 4_096

    /// Reads a body; an empty one says nothing.
    ///
    /// - Throws: `InvalidBackendRequest`, which says what is wrong.
    static func read(_ body: [UInt8]) throws(InvalidBackendRequest) -> BackendRequest {
        guard !body.isEmpty else { return BackendRequest() }
        guard let object = try? JSONSerialization.jsonObject(with: Data(body)),
            let fields = object as? [String: Any]
        else { throw InvalidBackendRequest(reason: "the body is no JSON object") }
        let known = ["weight", "state", "backup", "max-connections", "ttl"]
        if let other = fields.keys.sorted().first(where: { !known.contains($0) }) {
            throw InvalidBackendRequest(
                reason: "unknown key '\(other)'; known: \(known.joined(separator: ", "))")
        }
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromKebabCase
        let request: BackendRequest
        do {
            request = try decoder.decode(BackendRequest.self, from: Data(body))
        } catch {
            throw InvalidBackendRequest(
                reason: "weight, max-connections and ttl are whole numbers, backup is true or "
                    + "false, state is ready, drain or maintenance")
        }
        try check("weight", request.weight, 0...Int(SharedBackend.weightMax))
        try check(
            "max-connections", request.maxConnections, 1...Int(SharedBackend.maxConnectionsMax))
        try check("ttl", request.ttl, 1...Int(SharedBackend.timeToLiveMax))
        return request
    }

    private static func check(
        _ key: String, _ value: Int?, _ range: ClosedRange<Int>
    ) throws(InvalidBackendRequest) {
        guard let value, !range.contains(value) else { return }
        throw InvalidBackendRequest(
            reason: "\(key): \(value) is not from \(range.lowerBound) to \(range.upperBound)")
    }

    /// Puts what is said here into what the cluster is told.
    func change(_ backend: inout SharedBackend) {
        if let weight { backend.weight = weight }
        if let state { backend.state = SharedBackend.State(state) }
        if let backup { backend.isBackup = backup }
        if let maxConnections { backend.maxConnections = maxConnections }
        if let ttl { backend.timeToLive = ttl }
    }
}

/// What is wrong with a request, in one sentence.
package struct InvalidBackendRequest: Error {
    package let reason: String
}
