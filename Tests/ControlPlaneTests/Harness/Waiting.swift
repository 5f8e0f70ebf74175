import Foundation
import Testing

/// What went wrong in the test's own machinery, or did not happen in time.
struct Failure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

/// Asks again and again until there is an answer; a `Failure` when there is none in time.
func awaited<Answer>(
    _ what: String, within limit: Duration = .seconds(20),
    _ question: () async throws -> Answer?
) async throws -> Answer {
    let end = ContinuousClock.now + limit
    while true {
        if let answer = try await question() { return answer }
        guard ContinuousClock.now < end else { throw Failure("not within \(limit): \(what)") }
        try await Task.sleep(for: .milliseconds(20))
    }
}

/// Waits until a condition holds.
func until(
    _ what: String, within limit: Duration = .seconds(20), _ holds: () async throws -> Bool
) async throws {
    try await awaited(what, within: limit) { try await holds() ? () : nil }
}

/// What `body` returned, and how long it took.
func timed<Result>(
    _ body: () async throws -> Result
) async rethrows -> (result: Result, time: Duration) {
    let start = ContinuousClock.now
    let result = try await body()
    return (result, ContinuousClock.now - start)
}

/// A fresh folder, removed afterwards.
func withFolder<Result>(_ body: (String) async throws -> Result) async throws -> Result {
    let folder = FileManager.default.temporaryDirectory
        .appending(path: "skein-discovery-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try await body(folder.path)
}

/// Writes a file in place, as an editor does.
func write(_ text: String, to path: String) throws {
    try text.write(toFile: path, atomically: false, encoding: .utf8)
}
