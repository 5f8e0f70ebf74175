import Logging
import NIOCore
import NIOPosix
import Primitives
import Synchronization
import Testing

@testable import ControlPlane

/// The event loops of the tests.
let testGroup = MultiThreadedEventLoopGroup.singleton

/// What a discovery reported so far.
final class Observed: Sendable {
    struct Entry: Sendable {
        let update: DiscoveryUpdate
        let time: ContinuousClock.Instant
    }

    private let log = Mutex<[Entry]>([])

    var entries: [Entry] { log.withLock { $0 } }
    var latest: DiscoveryUpdate? { entries.last?.update }
    /// The addresses of the latest update.
    var addresses: [String]? { latest?.backends.map(\.address.description) }
    var news: [DiscoveryNews] { entries.flatMap(\.update.news) }

    func note(_ update: DiscoveryUpdate) {
        log.withLock { $0.append(Entry(update: update, time: .now)) }
    }

    /// Waits until the latest addresses are these.
    func sees(_ expected: [String]) async throws {
        do {
            try await until("\(expected)") { addresses == expected }
        } catch {
            throw Failure("\(error), but \(String(describing: latest))")
        }
    }

    /// Runs a discovery while `body` does.
    static func following<Result: Sendable>(
        _ source: DiscoverySource, _ body: @Sendable (Observed) async throws -> Result
    ) async throws -> Result {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let observed = Observed()
        let discovery = Discovery(source: source, group: testGroup, logger: logger)
        return try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { await discovery.run { observed.note($0) } }
            defer { tasks.cancelAll() }
            return try await body(observed)
        }
    }
}
