import Foundation
import Testing

/// An instant until which something may take.
struct Deadline: Sendable {
    private let instant: ContinuousClock.Instant

    init(in limit: Duration) { instant = ContinuousClock.now + limit }

    var hasPassed: Bool { ContinuousClock.now >= instant }

    /// The time left, rounded up, for system calls that count milliseconds.
    var milliseconds: CInt {
        let left = max(.zero, instant - ContinuousClock.now)
        let (seconds, attoseconds) = left.components
        return CInt(clamping: seconds * 1000 + attoseconds / 1_000_000_000_000_000 + 1)
    }
}

/// What went wrong in the test's own machinery, or did not happen in time.
struct Failure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }

    /// The error of the system call that failed last.
    static func system(_ call: String) -> Failure {
        Failure("\(call): \(String(cString: strerror(errno)))")
    }
}

/// Asks again and again until there is an answer.
///
/// - Throws: `Failure` when there is none within `limit`, with what was asked for.
func awaited<Answer>(
    _ what: String, within limit: Duration = .seconds(10),
    _ question: () async throws -> Answer?
) async throws -> Answer {
    let deadline = Deadline(in: limit)
    while true {
        if let answer = try await question() { return answer }
        guard !deadline.hasPassed else { throw Failure("not within \(limit): \(what)") }
        try await Task.sleep(for: .milliseconds(20))
    }
}

/// Waits until a condition holds.
func until(
    _ what: String, within limit: Duration = .seconds(10), _ holds: () async throws -> Bool
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

extension Trait where Self == TimeLimitTrait {
    /// Everything in here has deadlines of its own; this one ends a test that forgot one. It is
    /// long because it counts while a test waits for its turn.
    static var bounded: Self { .timeLimit(.minutes(4)) }
}
