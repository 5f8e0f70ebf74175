import ConfigurationFile
import Linux
import Logging
import NIOCore
import Primitives

/// Names one source of backends: of which pool, and the how manieth.
struct DiscoverySourceID: Hashable {
    let pool: String
    let index: Int
}

/// What a source of backends last said.
struct DiscoveryReport {
    let backends: [Configuration.Backend]
    /// Nil while it is only what was written down before this process started.
    let status: DiscoveryStatus?
}

/// Sources of backends as control lives with them.
extension Control {
    nonisolated var discoverySources: [(id: DiscoverySourceID, source: DiscoverySource)] {
        configuration.shared.pools.flatMap { pool in
            pool.discover.enumerated().map { index, source in
                (DiscoverySourceID(pool: pool.name, index: index), DiscoverySource(source))
            }
        }
    }

    /// A source of backends was asked, or read.
    func discovered(_ update: DiscoveryUpdate, by id: DiscoverySourceID) {
        let last = discovery[id]?.backends
        guard update.status.lastSuccess != nil || !update.backends.isEmpty else {
            // It never answered; what was written down before stays.
            discovery[id] = DiscoveryReport(backends: last ?? [], status: update.status)
            return
        }
        let backends = update.backends.map(Configuration.Backend.init)
        discovery[id] = DiscoveryReport(backends: backends, status: update.status)
        guard backends != last else { return }
        apply(roster.setDiscovered(backends, pool: id.pool, source: id.index))
        saveSources()
    }

    /// Takes up what the sources had when a former control process ran: they may not answer now.
    func restoreDiscovered() {
        let known = SourceFile.read(stateDirectory: configuration.node.state)
        for (id, source) in discoverySources {
            guard let backends = known[id.pool]?["\(source)"] else { continue }
            discovery[id] = DiscoveryReport(backends: backends, status: nil)
            applyFirst(roster.setDiscovered(backends, pool: id.pool, source: id.index))
        }
    }

    /// Waits until every source of backends has said something, or had its time: a node without
    /// them would answer that nobody serves.
    func awaitSources() async {
        let deadline = Clock.now() + Self.sourceTime
        while discoverySources.contains(where: { discovery[$0.id] == nil }),
            Clock.now() < deadline, !Task.isCancelled
        {
            try? await Task.sleep(for: .milliseconds(20))
        }
    }

    /// How long the first answer of a source may take before the node serves without it.
    private static let sourceTime = Duration.seconds(5)

    private func saveSources() {
        guard !isSavingSources else { return }
        isSavingSources = true
        loop.scheduleTask(in: .seconds(1)) { [weak self] in
            self?.assumeIsolated { $0.saveSourcesNow() }
        }
    }

    private func saveSourcesNow() {
        isSavingSources = false
        var sources: SourceFile.Sources = [:]
        for (id, source) in discoverySources {
            guard let report = discovery[id] else { continue }
            sources[id.pool, default: [:]]["\(source)"] = report.backends
        }
        do {
            try SourceFile.write(sources, stateDirectory: configuration.node.state)
        } catch {
            logger.error("cannot write down what was discovered: \(error)")
        }
    }

    func sourceDocuments(of pool: String, at now: Instant) -> [SourceDocument] {
        discoverySources.filter { $0.id.pool == pool }.map { id, source in
            let report = discovery[id]
            return SourceDocument(
                source: "\(source)", backends: report?.backends.count,
                failure: report?.status?.failure,
                ageSeconds: report?.status?.lastSuccess.map { (now - $0).inSeconds })
        }
    }
}
