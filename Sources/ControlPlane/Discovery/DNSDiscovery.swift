import Linux
package import Logging
package import NIOCore
import Primitives

/// Follows a DNS source: looks it up again whenever the answers expire, and tells what changed.
///
/// A failure never empties a pool: while the servers fail, the last known backends stay, for ever;
/// while they say that there is nothing, for the source's `hold`.
package struct DNSDiscovery: Sendable {
    /// Lookups at the same time.
    private static let lookupsMax = 8

    private let source: DNSSource
    private let resolver: Resolver
    private let logger: Logger

    package init(source: DNSSource, group: any EventLoopGroup, logger: Logger) {
        self.init(
            source: source, resolver: Resolver(servers: source.resolvers, group: group),
            logger: logger)
    }

    package init(source: DNSSource, resolver: Resolver, logger: Logger) {
        self.source = source
        self.resolver = resolver
        self.logger = logger
    }

    /// Runs until the task is cancelled.
    ///
    /// - Parameters:
    ///   - seed: Of the jitter.
    ///   - report: Told the outcome of every round, whether there is news or not.
    package func run(
        seed: UInt64, report: @Sendable (DiscoveryUpdate) async -> Void
    ) async {
        var state = DNSDiscoveryState(source: source, seed: seed)
        while true {
            await makeRound(&state, \.rootLookups)
            await makeRound(&state, \.targetLookups)
            guard !Task.isCancelled else { return }
            let (update, pause) = state.finish(now: Clock.now())
            logger.tell(update.news, of: "\(source)")
            await report(update)
            do { try await Task.sleep(for: pause) } catch { return }
        }
    }

    private func makeRound(
        _ state: inout DNSDiscoveryState, _ lookups: KeyPath<DNSDiscoveryState, [Lookup]>
    ) async {
        let due = state[keyPath: lookups]
        await withTaskGroup(of: (Lookup, LookupResult).self) { tasks in
            for (index, lookup) in due.enumerated() {
                if index >= Self.lookupsMax, let (lookup, result) = await tasks.next() {
                    state.absorb(lookup, result, now: Clock.now())
                }
                tasks.addTask { [resolver] in (lookup, await Self.look(lookup, resolver)) }
            }
            for await (lookup, result) in tasks {
                state.absorb(lookup, result, now: Clock.now())
            }
        }
    }

    private static func look(_ lookup: Lookup, _ resolver: Resolver) async -> LookupResult {
        do {
            return LookupResult(try await resolver.resolve(lookup.name, lookup.type))
        } catch {
            return LookupResult(error)
        }
    }
}

extension Logger {
    /// Writes the news of a source, each in a line.
    func tell(_ news: [DiscoveryNews], of source: String) {
        func text(_ backends: [DiscoveredBackend]) -> String {
            let shown = backends.prefix(10).map(\.address.description).joined(separator: ", ")
            return backends.count > 10 ? "\(shown) and \(backends.count - 10) more" : shown
        }
        for item in news {
            switch item {
            case .changed(let added, let removed):
                let parts =
                    (added.isEmpty ? [] : ["now with \(text(added))"])
                    + (removed.isEmpty ? [] : ["now without \(text(removed))"])
                info("discovery of \(source): \(parts.joined(separator: "; "))")
            case .failing(let reason):
                warning("discovery of \(source): \(reason); the last known backends stay")
            case .recovered:
                info("discovery of \(source): works again")
            }
        }
    }
}
